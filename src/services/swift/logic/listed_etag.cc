// SPDX-License-Identifier: Apache-2.0
#include "services/swift/logic/listed_etag.h"

#include "base/strings.h"

namespace nephele::swift::logic {

std::string ListedEtag::parameter(const std::string& name) const {
    const auto found = parameters.find(name);
    return found == parameters.end() ? "" : found->second;
}

std::string ListedEtag::text() const {
    std::string out = etag;
    for (const auto& [name, value] : parameters) out += "; " + name + "=" + value;
    return out;
}

std::string ListedEtag::for_s3() const {
    if (auto own = parameter("s3_etag"); !own.empty()) return own;
    // Clients take an etag with a dash for no digest of the bytes.
    if (auto large = parameter("slo_etag"); !large.empty()) return large + "-N";
    if (auto target = parameter("symlink_target_etag"); !target.empty()) return target;
    return etag;
}

std::optional<std::uint64_t> ListedEtag::target_bytes() const {
    const auto bytes = to_int(parameter("symlink_target_bytes"));
    if (!bytes || *bytes < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*bytes);
}

ListedEtag parse_listed_etag(std::string_view text) {
    ListedEtag out;
    bool first = true;
    for (const auto& piece : split(text, ';')) {
        const auto part = trim(piece);
        if (first) {
            out.etag = part;
            first = false;
            continue;
        }
        const auto equals = part.find('=');
        if (equals != part.npos)
            out.parameters[std::string(part.substr(0, equals))] = part.substr(equals + 1);
    }
    return out;
}

} // namespace nephele::swift::logic
