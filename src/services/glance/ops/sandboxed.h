// SPDX-License-Identifier: Apache-2.0
// What this program does when it is started as `nephele sandboxed ROLE ...`: it takes everything
// away from itself and then does one thing with tenants' bytes.
#pragma once
#include "services/glance/logic/inspector.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nephele::glance {

/// The hidden subcommand. Every program that handles uploads (tests too) calls it first in main
/// when its first argument is "sandboxed". Does not return.
[[noreturn]] void sandboxed_main(int argc, char** argv);

// The arguments of each role.
std::vector<std::string> inspect_command(const Declared& declared, const FormatRules& rules);
/// From standard input to standard output; `kind` as formats::archive_of says.
std::vector<std::string> decompress_command(const std::string& kind, std::uint64_t limit);
/// qemu-img convert; formats as qemu names them.
std::vector<std::string> convert_command(const std::string& from, const std::string& from_format,
                                         const std::string& to, const std::string& to_format,
                                         std::uint64_t limit, int cpu_seconds);

/// For run_children_here(): the inspection alone.
int inspect_here(const std::vector<std::string>& command, int descriptor);

} // namespace nephele::glance
