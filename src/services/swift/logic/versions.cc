// SPDX-License-Identifier: Apache-2.0
#include "services/swift/logic/versions.h"

#include "base/strings.h"
#include "services/swift/logic/large_object.h"
#include "services/swift/logic/listed_etag.h"
#include "services/swift/logic/names.h"

namespace nephele::swift::logic {
namespace {
using namespace std::string_literals;

constexpr std::int64_t last_tick = 999'999'999'999'999;

std::string of(const Metadata& metadata, const char* name) {
    const auto found = metadata.find(name);
    return found == metadata.end() ? "" : found->second;
}

std::string quoted(std::string_view path) { return replace_all(percent_encode(path), "%2F", "/"); }
} // namespace

std::string versions_container_name(const std::string& container) {
    return "\0versions\0"s + container;
}

std::string version_prefix(const std::string& object) { return "\0"s + object + "\0"s; }

std::string version_name(const std::string& object, Timestamp version) {
    return version_prefix(object) + Timestamp{last_tick - version.ticks, 0}.text();
}

std::optional<Version> parse_version_name(std::string_view name) {
    if (name.size() < 3 || name[0] != '\0') return std::nullopt;
    const auto end = name.rfind('\0');
    if (end == 0) return std::nullopt;
    const auto inverted = Timestamp::parse(name.substr(end + 1));
    if (!inverted) return std::nullopt;
    return Version{std::string(name.substr(1, end - 1)), {last_tick - inverted->ticks, 0}};
}

Versioning versioning_of(const Metadata& container) {
    if (of(container, versions_container_header).empty()) return Versioning::off;
    return iequals(of(container, versions_enabled_header), "true") ? Versioning::enabled
                                                                   : Versioning::suspended;
}

std::optional<std::pair<std::string, std::string>> symlink_target(const ObjectInfo& info) {
    const auto path = percent_decode(of(info.metadata, symlink_target_header), false);
    if (!path) return std::nullopt;
    const auto slash = path->find('/');
    if (slash == path->npos || slash == 0 || slash + 1 == path->size()) return std::nullopt;
    return std::pair{path->substr(0, slash), path->substr(slash + 1)};
}

ObjectInfo version_symlink(const std::string& container, const std::string& object,
                           const ObjectInfo& version, Timestamp id) {
    ObjectInfo link;
    const std::string target =
        quote_path(versions_container_name(container) + "/" + version_name(object, id));
    const std::string bytes = std::to_string(
        is_static_large_object(version) ? large_object_bytes(version) : version.bytes);
    link.content_type = version.content_type;
    link.data_timestamp = link.timestamp = id;
    link.metadata = {{symlink_target_header, target},
                     {symlink_etag_header, version.etag},
                     {symlink_bytes_header, bytes},
                     {"X-Object-Sysmeta-Symloop-Extend", "true"},
                     {"X-Object-Sysmeta-Allow-Reserved-Names", "true"},
                     {versions_symlink_header, "true"}};
    ListedEtag listed;
    listed.etag = "d41d8cd98f00b204e9800998ecf8427e"; // of no bytes
    const auto own = parse_listed_etag(version.listed_etag);
    for (const char* name : {"s3_etag", "slo_etag"})
        if (auto value = own.parameter(name); !value.empty()) listed.parameters[name] = value;
    listed.parameters["symlink_target"] = target;
    listed.parameters["symlink_target_etag"] = version.etag;
    listed.parameters["symlink_target_bytes"] = bytes;
    link.listed_etag = listed.text();
    return link;
}

bool is_delete_marker(std::string_view content_type) {
    return iequals(content_type, delete_marker_type);
}

} // namespace nephele::swift::logic
