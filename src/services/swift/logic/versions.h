// SPDX-License-Identifier: Apache-2.0
// Object versioning, as both APIs keep it. States of the objects of container "c" are objects of a
// hidden container; what "c" holds is an empty object that names the newest. Names with NUL bytes
// are those that no client can name. Pure.
#pragma once
#include "services/swift/model/records.h"

namespace nephele::swift::logic {

inline constexpr const char* versions_enabled_header = "X-Container-Sysmeta-Versions-Enabled";
/// Of the empty object: which state it stands for.
inline constexpr const char* version_id_header = "X-Object-Sysmeta-Version-Id";
inline constexpr const char* delete_marker_type = "application/x-deleted;swift_versions_deleted=1";

/// "\0versions\0c"
std::string versions_container_name(const std::string& container);
/// "key\0" and the inverted time: the newest comes first.
std::string version_name(const std::string& object, Timestamp version);
/// "key\0", the beginning of all its versions' names.
std::string version_prefix(const std::string& object);
struct Version {
    std::string object;
    Timestamp id;
};
std::optional<Version> parse_version_name(std::string_view name);

/// Off: never turned on, no hidden container.
enum class Versioning { off, enabled, suspended };
Versioning versioning_of(const Metadata& container);

inline constexpr const char* symlink_target_header = "X-Object-Sysmeta-Symlink-Target";
inline constexpr const char* symlink_account_header = "X-Object-Sysmeta-Symlink-Target-Account";

/// Container and object a symlink points to; nothing when it is none.
std::optional<std::pair<std::string, std::string>> symlink_target(const ObjectInfo& info);
/// What clients see stands for this state from now on.
ObjectInfo version_link(const ObjectInfo& version, Timestamp id);
bool is_version_link(const ObjectInfo& info);
/// The state it stands for; nothing when it is no link.
std::optional<Timestamp> linked_version(const ObjectInfo& info);
bool is_delete_marker(std::string_view content_type);

} // namespace nephele::swift::logic
