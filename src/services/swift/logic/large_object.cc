// SPDX-License-Identifier: Apache-2.0
#include "services/swift/logic/large_object.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/swift/logic/listed_etag.h"
#include "services/swift/logic/names.h"

namespace nephele::swift::logic {

bool is_static_large_object(const ObjectInfo& info) {
    const auto found = info.metadata.find(slo_marker);
    return found != info.metadata.end() && is_true(found->second);
}

std::uint64_t large_object_bytes(const ObjectInfo& info) {
    const auto found = info.metadata.find(slo_size_header);
    const auto bytes = found == info.metadata.end() ? std::nullopt : to_int(found->second);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(bytes.value_or(0), 0));
}

void describe_large_object(ObjectInfo& info, const std::vector<Segment>& segments,
                           const std::string& manifest) {
    std::uint64_t bytes = 0;
    for (const auto& segment : segments) bytes += segment.length;
    const std::string etag = manifest_etag(segments);
    info.metadata[slo_marker] = "True";
    info.metadata[slo_etag_header] = etag;
    info.metadata[slo_size_header] = std::to_string(bytes);
    ListedEtag listed = parse_listed_etag(info.listed_etag);
    listed.etag = hex_encode(crypto::md5(manifest));
    listed.parameters["slo_etag"] = etag;
    info.listed_etag = listed.text();
    info.listed_bytes = bytes;
}

} // namespace nephele::swift::logic
