// SPDX-License-Identifier: Apache-2.0
// What a container's listing says of an object's etag: "<md5>; s3_etag=...; slo_etag=...;
// symlink_target=...", as upstream keeps it. Pure.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace nephele::swift::logic {

struct ListedEtag {
    std::string etag;
    std::map<std::string, std::string> parameters;

    std::string parameter(const std::string& name) const;
    std::string text() const;
    /// As S3 shows it: that of a multipart upload, of a symlink's target, else the plain one.
    std::string for_s3() const;
    /// Of a symlink's target, when it is known.
    std::optional<std::uint64_t> target_bytes() const;
};
ListedEtag parse_listed_etag(std::string_view text);

} // namespace nephele::swift::logic
