// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/listing.h"

#include "base/strings.h"
#include "platform/crypto/aws_signature.h"
#include "services/swift/s3/error.h"

namespace nephele::swift::s3 {

std::string ListNames::shown(const std::string& name) const {
    return encoded ? crypto::aws::encoded_path(name) : name;
}

void ListNames::write(Xml& xml) const {
    xml.text("Prefix", shown(prefix));
    if (!delimiter.empty()) xml.text("Delimiter", shown(delimiter));
    if (encoded) xml.text("EncodingType", "url");
}

ListNames read_list_names(const Query& query) {
    const std::string encoding = query.get("encoding-type");
    if (!encoding.empty() && encoding != "url")
        throw invalid_argument("encoding-type", encoding,
                               "Invalid Encoding Method specified in Request");
    return {query.get("prefix"), query.get("delimiter"), encoding == "url"};
}

std::optional<std::string> common_prefix(const ListNames& names, const std::string& key) {
    if (names.delimiter.empty() || !key.starts_with(names.prefix)) return std::nullopt;
    const auto at = key.find(names.delimiter, names.prefix.size());
    if (at == key.npos) return std::nullopt;
    return key.substr(0, at + names.delimiter.size());
}

std::string continuation_token(const std::string& marker) {
    return base64url_encode("v2:" + marker);
}

std::string marker_of_token(const std::string& token) {
    const auto text = base64url_decode(token);
    if (!text || !text->starts_with("v2:"))
        throw invalid_argument("continuation-token", token,
                               "The continuation token provided is incorrect");
    return text->substr(3);
}

} // namespace nephele::swift::s3
