// SPDX-License-Identifier: Apache-2.0
#include "services/swift/model/timestamp.h"

#include <algorithm>
#include <charconv>

namespace nephele::swift {
namespace {

constexpr std::size_t max_second_digits = 10; // what ten digits hold ends in the year 2286
constexpr std::int64_t ticks_per_second = 100'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string padded(std::uint64_t value, std::size_t width, int base) {
    char digits[24];
    auto end = std::to_chars(digits, digits + sizeof digits, value, base).ptr;
    std::string out(width - std::min(width, static_cast<std::size_t>(end - digits)), '0');
    return out.append(digits, end);
}

// "1700000000.12345": the whole text, or nothing. Decimals after the fifth are dropped.
std::optional<std::int64_t> parse_ticks(std::string_view text) {
    std::size_t at = 0;
    std::int64_t seconds = 0, fraction = 0;
    for (; at < text.size() && is_digit(text[at]); ++at) {
        if (at == max_second_digits) return std::nullopt;
        seconds = seconds * 10 + (text[at] - '0');
    }
    if (at == 0) return std::nullopt;
    if (at < text.size()) {
        if (text[at] != '.' || ++at == text.size()) return std::nullopt;
        for (auto unit = ticks_per_second / 10; at < text.size(); ++at, unit /= 10) {
            if (!is_digit(text[at])) return std::nullopt;
            fraction += (text[at] - '0') * unit;
        }
    }
    return seconds * ticks_per_second + fraction;
}

} // namespace

Timestamp Timestamp::at(Time time) { return {time.us / 10, 0}; }

std::optional<Timestamp> Timestamp::parse(std::string_view text) {
    auto bar = text.find('_');
    auto ticks = parse_ticks(text.substr(0, bar));
    if (!ticks) return std::nullopt;
    Timestamp out{*ticks, 0};
    if (bar == std::string_view::npos) return out;
    auto hex = text.substr(bar + 1);
    auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), out.offset, 16);
    if (hex.empty() || hex.size() > 16 || error != std::errc() || end != hex.data() + hex.size())
        return std::nullopt;
    return out;
}

std::string Timestamp::text() const {
    auto positive = static_cast<std::uint64_t>(std::max<std::int64_t>(ticks, 0));
    return padded(positive / ticks_per_second, max_second_digits, 10) + "." +
           padded(positive % ticks_per_second, 5, 10);
}

std::string Timestamp::internal() const {
    return offset ? text() + "_" + padded(offset, 16, 16) : text();
}

std::string Timestamp::iso() const { return iso_time(time(), 6, ""); }

Time Timestamp::time() const { return {ticks * 10}; }

} // namespace nephele::swift
