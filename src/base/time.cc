// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <cstdio>
#include <ctime>

namespace nephele {
namespace {
// Days since 1970-01-01 of a proleptic Gregorian date.
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
    year -= month <= 2;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const auto yoe = static_cast<unsigned>(year - era * 400);
    const unsigned doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + static_cast<std::int64_t>(doe) - 719468;
}

struct Date {
    std::int64_t year;
    unsigned month, day;
};

// The inverse of days_from_civil.
Date civil_from_days(std::int64_t days) {
    days += 719468;
    const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    const auto doe = static_cast<unsigned>(days - era * 146097);
    const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const unsigned mp = (5 * doy + 2) / 153;
    const unsigned month = mp < 10 ? mp + 3 : mp - 9;
    return {static_cast<std::int64_t>(yoe) + era * 400 + (month <= 2), month,
            doy - (153 * mp + 2) / 5 + 1};
}

void append_digits(std::string& out, std::int64_t value, int width) {
    char text[24];
    int at = 24;
    do {
        text[--at] = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value > 0 && at > 0);
    while (24 - at < width) text[--at] = '0';
    out.append(text + at, static_cast<std::size_t>(24 - at));
}

std::tm broken_down(Time t) {
    std::time_t seconds = t.us / 1'000'000 - (t.us % 1'000'000 < 0 ? 1 : 0);
    std::tm tm{};
    gmtime_r(&seconds, &tm);
    return tm;
}

// Exactly `count` digits at `at`, which moves past them.
std::optional<int> digits(std::string_view text, std::size_t& at, std::size_t count) {
    if (at + count > text.size()) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        char c = text[at + i];
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    at += count;
    return value;
}

bool take(std::string_view text, std::size_t& at, char c) {
    if (at >= text.size() || text[at] != c) return false;
    ++at;
    return true;
}

// Zone part "", "Z", "+hh:mm", "+hhmm" as seconds east of UTC.
std::optional<int> zone_seconds(std::string_view text, std::size_t at) {
    if (at == text.size()) return 0;
    if (text[at] == 'Z' || text[at] == 'z')
        return at + 1 == text.size() ? std::optional(0) : std::nullopt;
    int sign = text[at] == '-' ? -1 : text[at] == '+' ? 1 : 0;
    if (!sign) return std::nullopt;
    ++at;
    auto hours = digits(text, at, 2);
    take(text, at, ':');
    auto minutes = at < text.size() ? digits(text, at, 2) : std::optional(0);
    if (!hours || !minutes || at != text.size()) return std::nullopt;
    return sign * (*hours * 3600 + *minutes * 60);
}

class SystemClock final : public Clock {
  public:
    Time now() const override {
        timespec ts{};
        clock_gettime(CLOCK_REALTIME, &ts);
        return {ts.tv_sec * 1'000'000 + ts.tv_nsec / 1000};
    }
    std::int64_t monotonic_ns() const override {
        timespec ts{};
        clock_gettime(CLOCK_MONOTONIC, &ts);
        return ts.tv_sec * 1'000'000'000 + ts.tv_nsec;
    }
};
} // namespace

std::string iso_time(Time t, int decimals, std::string_view suffix) {
    std::int64_t seconds = t.us / 1'000'000, fraction = t.us % 1'000'000;
    if (fraction < 0) fraction += 1'000'000, --seconds;
    std::int64_t days = seconds / 86400, of_day = seconds % 86400;
    if (of_day < 0) of_day += 86400, --days;
    const Date date = civil_from_days(days);
    std::string out;
    out.reserve(28 + suffix.size());
    append_digits(out, date.year, 4);
    append_digits(out.append("-"), date.month, 2);
    append_digits(out.append("-"), date.day, 2);
    append_digits(out.append("T"), of_day / 3600, 2);
    append_digits(out.append(":"), of_day / 60 % 60, 2);
    append_digits(out.append(":"), of_day % 60, 2);
    if (decimals > 0) {
        append_digits(out.append("."), fraction, 6);
        out.resize(out.size() - static_cast<std::size_t>(6 - decimals));
    }
    return out.append(suffix);
}

std::optional<Time> parse_time(std::string_view text) {
    std::size_t at = 0;
    auto year = digits(text, at, 4);
    if (!year || !take(text, at, '-')) return std::nullopt;
    auto month = digits(text, at, 2);
    if (!month || !take(text, at, '-')) return std::nullopt;
    auto day = digits(text, at, 2);
    if (!day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
    std::int64_t seconds =
        days_from_civil(*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day)) * 86400;
    if (at == text.size()) return Time{seconds * 1'000'000};
    if (!take(text, at, 'T') && !take(text, at, ' ')) return std::nullopt;
    auto hour = digits(text, at, 2);
    if (!hour || !take(text, at, ':')) return std::nullopt;
    auto minute = digits(text, at, 2);
    if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
    int second = 0;
    std::int64_t micros = 0;
    if (take(text, at, ':')) {
        auto value = digits(text, at, 2);
        if (!value || *value > 60) return std::nullopt;
        second = *value;
        if (take(text, at, '.')) {
            std::int64_t scale = 100'000;
            std::size_t first = at;
            for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
                micros += (text[at] - '0') * scale;
            if (at == first) return std::nullopt;
        }
    }
    auto zone = zone_seconds(text, at);
    if (!zone) return std::nullopt;
    seconds += *hour * 3600 + *minute * 60 + second - *zone;
    return Time{seconds * 1'000'000 + micros};
}

std::string http_date(Time t) {
    std::tm tm = broken_down(t);
    char text[64];
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    return text;
}

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

} // namespace nephele
