// SPDX-License-Identifier: Apache-2.0
// Files and folders of this host. Failures are EngineFailure: transient where room or a quota may
// come back, else permanent.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::nova::compute {

bool exists(const std::string& path);
/// With all folders above it.
void make_folder(const std::string& path, unsigned mode = 0755);
/// Nothing when there is no such file. At most `limit` bytes.
std::optional<std::string> read_file(const std::string& path, std::size_t limit = 1 << 20);
/// The last `bytes` of a file; nothing when there is none.
std::optional<std::string> read_tail(const std::string& path, std::size_t bytes);
/// Complete and durable, or not there at all.
void write_file(const std::string& path, std::string_view text, unsigned mode = 0600);
/// A copy that appears only when it is complete; holes stay holes, and file systems that can share
/// blocks do.
void copy_file(const std::string& from, const std::string& to);
/// Sets the time of the last change to now.
void touch(const std::string& path);
/// Since the last change; 0 when there is no such file.
std::int64_t age_seconds(const std::string& path);
/// Replaces what is there.
void move_file(const std::string& from, const std::string& to);
/// A file or a folder with everything in it; links are not followed. Nothing there is fine.
void remove_all(const std::string& path);
std::vector<std::string> names_in(const std::string& folder);

} // namespace nephele::nova::compute
