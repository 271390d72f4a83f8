// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/tags.h"

#include "base/strings.h"
#include "platform/http/http.h"
#include "platform/xml/xml.h"
#include "services/swift/s3/error.h"
#include "services/swift/s3/xml_writer.h"

#include <set>

namespace nephele::swift::s3 {
namespace {

void check(const Tags& tags, std::size_t most) {
    if (tags.size() > most)
        throw failure(Code::InvalidTag, format("There cannot be more than {} tags.", most));
    std::set<std::string> seen;
    for (const auto& [key, value] : tags) {
        if (key.empty() || !is_utf8(key) || utf8_length(key) > 128 || key.starts_with("aws:"))
            throw failure(Code::InvalidTag, "The TagKey you have provided is invalid");
        if (!is_utf8(value) || utf8_length(value) > 256)
            throw failure(Code::InvalidTag, "The TagValue you have provided is invalid");
        if (!seen.insert(key).second)
            throw failure(Code::InvalidTag,
                          "Cannot provide multiple Tags with the same key: " + key);
    }
}
} // namespace

Tags tags_of_xml(std::string_view document, std::size_t most) {
    const auto root = xml::parse(document);
    const auto* set = root && root->name == "Tagging" ? root->child("TagSet") : nullptr;
    if (!set) throw failure(Code::MalformedXML);
    Tags tags;
    for (const auto* tag : set->all("Tag")) {
        const auto *key = tag->child("Key"), *value = tag->child("Value");
        if (!key || !value) throw failure(Code::MalformedXML);
        tags.emplace_back(key->text, value->text);
    }
    check(tags, most);
    return tags;
}

Tags tags_of_text(std::string_view text) {
    Tags tags = http::parse_query(text);
    check(tags, most_object_tags);
    return tags;
}

std::string tags_text(const Tags& tags) {
    std::string out;
    for (const auto& [key, value] : tags)
        out += (out.empty() ? "" : "&") + percent_encode(key) + "=" + percent_encode(value);
    return out;
}

std::string tags_xml(const Tags& tags) {
    Xml xml("Tagging");
    xml.open("TagSet");
    for (const auto& [key, value] : tags)
        xml.open("Tag").text("Key", key).text("Value", value).close();
    return xml.finish();
}

} // namespace nephele::swift::s3
