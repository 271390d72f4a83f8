// SPDX-License-Identifier: Apache-2.0
#include "services/swift/logic/conditions.h"

#include "base/strings.h"

#include <algorithm>
#include <ctime>

namespace nephele::swift::logic {
namespace {

// A request with more than these wants to hurt (CVE-2011-3192).
constexpr std::size_t most_ranges = 50, most_overlapping = 2, most_descending = 8;

std::string_view bare(std::string_view etag) {
    etag = trim(etag);
    if (etag.rfind("W/", 0) == 0) etag.remove_prefix(2);
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
        etag = etag.substr(1, etag.size() - 2);
    return etag;
}

bool is_burden(const std::vector<Range>& ranges) {
    std::size_t overlapping = 0, descending = 0;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        if (i > 0 && ranges[i].first < ranges[i - 1].first) ++descending;
        for (std::size_t j = 0; j < i; ++j)
            if (ranges[i].first <= ranges[j].last && ranges[j].first <= ranges[i].last) {
                ++overlapping;
                break;
            }
    }
    return overlapping > most_overlapping || descending > most_descending;
}

} // namespace

bool names_etag(std::string_view list, std::string_view etag) {
    for (auto& each : split(std::string(list), ','))
        if (trim(each) == "*" || bare(each) == bare(etag)) return true;
    return false;
}

int check_conditions(const Conditions& asked, std::string_view etag, std::optional<Time> modified) {
    if (!asked.if_none_match.empty() && names_etag(asked.if_none_match, etag)) return 304;
    if (!asked.if_match.empty() && !names_etag(asked.if_match, etag)) return 412;
    if (!modified) return 200;
    if (auto since = parse_http_date(asked.if_modified_since);
        since && modified->seconds() <= since->seconds())
        return 304;
    if (auto since = parse_http_date(asked.if_unmodified_since);
        since && modified->seconds() > since->seconds())
        return 412;
    return 200;
}

std::optional<std::vector<Range>> ranges_of(std::string_view header, std::uint64_t size) {
    if (!starts_with_icase(header, "bytes=")) return std::nullopt;
    std::vector<Range> out;
    auto parts = split(std::string(header.substr(6)), ',');
    if (parts.size() > most_ranges) return out;
    for (auto& raw : parts) {
        auto part = trim(raw);
        auto dash = part.find('-');
        if (dash == std::string_view::npos) return std::nullopt;
        auto first = trim(part.substr(0, dash)), last = trim(part.substr(dash + 1));
        auto from = to_int(first), to = to_int(last);
        if ((!first.empty() && (!from || *from < 0)) || (!last.empty() && (!to || *to < 0)) ||
            (first.empty() && last.empty()))
            return std::nullopt;
        if (first.empty()) {
            auto count = static_cast<std::uint64_t>(*to);
            if (count == 0 || size == 0) continue;
            out.push_back({size - std::min(count, size), size - 1});
            continue;
        }
        auto begin = static_cast<std::uint64_t>(*from);
        if (to && static_cast<std::uint64_t>(*to) < begin) return std::nullopt;
        if (begin >= size) continue;
        out.push_back({begin, to ? std::min(static_cast<std::uint64_t>(*to), size - 1) : size - 1});
    }
    if (is_burden(out)) out.clear();
    return out;
}

std::optional<Time> parse_http_date(std::string_view text) {
    if (text.empty()) return std::nullopt;
    std::string copy(trim(text));
    for (const char* form :
         {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
        std::tm parts{};
        const char* end = ::strptime(copy.c_str(), form, &parts);
        if (end && *end == '\0')
            return Time{static_cast<std::int64_t>(::timegm(&parts)) * 1'000'000};
    }
    return std::nullopt;
}

} // namespace nephele::swift::logic
