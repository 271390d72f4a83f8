// SPDX-License-Identifier: Apache-2.0
// Names in requests: paths taken apart, header names in title case, values that mean yes.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace nephele::swift::logic {

/// "/v1/account/container/object", decoded; what is missing is empty.
struct Path {
    std::string version, account, container, object;
};

enum class PathFault { none, bad_bytes, bad_version, not_found, bad_url };

struct ParsedPath {
    Path path;
    PathFault fault = PathFault::none;
};
/// From the raw path. NUL bytes are for names that the store makes itself.
ParsedPath parse_path(std::string_view raw);

/// "container/object" of a header like X-Copy-From, percent-encoded, with or without a slash first.
std::optional<std::pair<std::string, std::string>> parse_object_path(std::string_view raw);

/// "x-object-meta-colour" is "X-Object-Meta-Colour".
std::string title_case(std::string_view name);
/// true, 1, yes, on, t, y in any case.
bool is_true(std::string_view text);
/// Every byte but letters, digits and "-._~/" percent-encoded.
std::string quote_path(std::string_view path);
/// "/v1/a/c/o" as clients see it.
std::string url_path(std::string_view account, std::string_view container = "",
                     std::string_view object = "");

/// What a file of this name usually holds.
std::string guess_content_type(std::string_view name);

/// Upstream's limits, the parts of /info that clients look at.
struct Limits {
    std::uint64_t max_file_size = 5368709122;
    std::size_t max_meta_name_length = 128, max_meta_value_length = 256, max_meta_count = 90,
                max_meta_overall_size = 4096, max_header_size = 8192;
    std::size_t max_object_name_length = 1024, max_account_name_length = 256,
                max_container_name_length = 256;
    std::uint64_t container_listing_limit = 10000, account_listing_limit = 10000;
};

} // namespace nephele::swift::logic
