// SPDX-License-Identifier: Apache-2.0
// What all of S3's listings share: prefix, delimiter, names that may come percent-encoded.
#pragma once
#include "services/swift/s3/request.h"
#include "services/swift/s3/xml_writer.h"

namespace nephele::swift::s3 {

struct ListNames {
    std::string prefix, delimiter;
    bool encoded = false;
    std::string shown(const std::string& name) const;
    /// Prefix, Delimiter and EncodingType.
    void write(Xml& xml) const;
};
/// Throws InvalidArgument for an encoding that is not "url".
ListNames read_list_names(const Query& query);
/// What a key is rolled up into: prefix and all up to the next delimiter.
std::optional<std::string> common_prefix(const ListNames& names, const std::string& key);

/// "v2:<marker>" in base64. Throws InvalidArgument.
std::string continuation_token(const std::string& marker);
std::string marker_of_token(const std::string& token);

} // namespace nephele::swift::s3
