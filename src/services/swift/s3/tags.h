// SPDX-License-Identifier: Apache-2.0
// Tags of objects and buckets, kept as "a=1&b=2". Pure.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nephele::swift::s3 {

using Tags = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t most_object_tags = 10, most_bucket_tags = 50;

/// <Tagging><TagSet>... Throws MalformedXML, InvalidTag.
Tags tags_of_xml(std::string_view document, std::size_t most);
/// x-amz-tagging. Throws InvalidArgument, InvalidTag.
Tags tags_of_text(std::string_view text);
std::string tags_text(const Tags& tags);
std::string tags_xml(const Tags& tags);

} // namespace nephele::swift::s3
