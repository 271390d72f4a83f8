// SPDX-License-Identifier: Apache-2.0
#include "services/swift/logic/versions.h"

#include "base/strings.h"
#include "services/swift/logic/listed_etag.h"
#include "services/swift/logic/names.h"

#include <algorithm>

namespace nephele::swift::logic {
namespace {
using namespace std::string_literals;

constexpr std::int64_t last_tick = 999'999'999'999'999;
constexpr std::size_t digits_of_tick = 15;

std::string of(const Metadata& metadata, const char* name) {
    const auto found = metadata.find(name);
    return found == metadata.end() ? "" : found->second;
}
} // namespace

std::string versions_container_name(const std::string& container) {
    return "\0versions\0"s + container;
}

std::string version_prefix(const std::string& object) { return object + '\0'; }

std::string version_name(const std::string& object, Timestamp version) {
    const std::string digits = std::to_string(last_tick - version.ticks);
    return version_prefix(object) +
           std::string(digits_of_tick - std::min(digits_of_tick, digits.size()), '0') + digits;
}

std::optional<Version> parse_version_name(std::string_view name) {
    const auto end = name.rfind('\0');
    if (end == name.npos || end == 0) return std::nullopt;
    const auto inverted = to_int(name.substr(end + 1));
    if (!inverted || *inverted < 0 || *inverted > last_tick) return std::nullopt;
    return Version{std::string(name.substr(0, end)), {last_tick - *inverted, 0}};
}

Versioning versioning_of(const Metadata& container) {
    const std::string enabled = of(container, versions_enabled_header);
    if (enabled.empty()) return Versioning::off;
    return is_true(enabled) ? Versioning::enabled : Versioning::suspended;
}

std::optional<std::pair<std::string, std::string>> symlink_target(const ObjectInfo& info) {
    const auto path = percent_decode(of(info.metadata, symlink_target_header), false);
    if (!path) return std::nullopt;
    const auto slash = path->find('/');
    if (slash == path->npos || slash == 0 || slash + 1 == path->size()) return std::nullopt;
    return std::pair{path->substr(0, slash), path->substr(slash + 1)};
}

ObjectInfo version_link(const ObjectInfo& version, Timestamp id) {
    ObjectInfo link;
    link.content_type = version.content_type;
    link.metadata[version_id_header] = id.text();
    if (const auto at = of(version.metadata, "X-Delete-At"); !at.empty())
        link.metadata["X-Delete-At"] = at;
    ListedEtag listed =
        parse_listed_etag(version.listed_etag.empty() ? version.etag : version.listed_etag);
    listed.parameters["version_id"] = id.text();
    link.listed_etag = listed.text();
    link.listed_bytes = version.listed_bytes.value_or(version.bytes);
    return link;
}

bool is_version_link(const ObjectInfo& info) { return info.metadata.count(version_id_header); }

std::optional<Timestamp> linked_version(const ObjectInfo& info) {
    return Timestamp::parse(of(info.metadata, version_id_header));
}

bool is_delete_marker(std::string_view content_type) {
    return iequals(content_type, delete_marker_type);
}

} // namespace nephele::swift::logic
