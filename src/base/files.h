// SPDX-License-Identifier: Apache-2.0
// Small files, written so that a crash leaves the old or the new text. Failures are
// std::system_error that name the file; what they mean is the caller's business.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace nephele::files {

/// Nothing when there is no such file. At most `limit` bytes.
std::optional<std::string> read(const std::string& path, std::size_t limit = 1 << 20);
/// Replaces the file; its bytes are durable, its name is once the folder is synced.
void replace(const std::string& path, std::string_view text, unsigned mode = 0600);
void sync_folder(const std::string& path);
/// replace() and its folder synced.
void replace_durably(const std::string& path, std::string_view text, unsigned mode = 0600);
/// With all folders above it.
void make_folders(const std::string& path, unsigned mode = 0700);

} // namespace nephele::files
