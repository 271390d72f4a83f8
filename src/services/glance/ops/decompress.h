// SPDX-License-Identifier: Apache-2.0
// gzip, zip and xz to plain bytes, in the sandboxed child: from standard input to standard output.
#pragma once
#include <cstdint>
#include <string>

namespace nephele::glance {

/// Exit statuses that say what was wrong with the content.
namespace decompressed {
enum Status : int { whole = 0, damaged = 10, too_large = 11, several_files = 12, unsupported = 13 };
const char* reason(int status); ///< null for others
} // namespace decompressed

int decompress_in_sandbox(const std::string& kind, std::uint64_t limit);

} // namespace nephele::glance
