// SPDX-License-Identifier: Apache-2.0
// Conditions and ranges of a request against what there is. Pure.
#pragma once
#include "base/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::swift::logic {

/// The conditional headers as they came; empty: not given.
struct Conditions {
    std::string if_match, if_none_match, if_modified_since, if_unmodified_since;
};
/// 200, or 304 or 412. `etag` without quotes; `modified` in whole seconds.
int check_conditions(const Conditions& asked, std::string_view etag, std::optional<Time> modified);
/// True when the list of entity tags holds this one or "*".
bool names_etag(std::string_view list, std::string_view etag);

/// First and last byte, both included.
struct Range {
    std::uint64_t first = 0, last = 0;
    std::uint64_t length() const { return last - first + 1; }
};
/// Nothing when the header asks for no ranges (absent, malformed): everything is sent. Empty when
/// none of those asked for is there, or when they are a burden on purpose: 416.
std::optional<std::vector<Range>> ranges_of(std::string_view header, std::uint64_t size);

/// "Sun, 06 Nov 1994 08:49:37 GMT" and the two older forms.
std::optional<Time> parse_http_date(std::string_view text);

} // namespace nephele::swift::logic
