// SPDX-License-Identifier: Apache-2.0
// The metrics of this process: one table of families (a name) of series (a set of labels) behind
// one mutex. An update of a known series allocates nothing and holds the mutex for some tens of
// nanoseconds.
#include "platform/metrics/metrics.h"

#include "base/check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace nephele::metrics {
namespace {

constexpr std::array<double, 15> bucket_limits = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
enum class Kind { unknown, counter, gauge, histogram };

struct Series {
    double value = 0; ///< of a histogram: the sum
    std::uint64_t count = 0;
    std::vector<std::uint64_t> buckets; ///< a histogram's only; not cumulative
};

struct Family {
    Kind kind = Kind::unknown;
    std::string help;
    std::unordered_map<std::string, Series> series; ///< by written labels
};

std::mutex mutex;

std::map<std::string, Family, std::less<>>& families() {
    static std::map<std::string, Family, std::less<>> all;
    return all;
}

std::mutex callbacks_mutex; // taken before the other one

std::map<std::string, std::function<double()>, std::less<>>& callbacks() {
    static std::map<std::string, std::function<double()>, std::less<>> all;
    return all;
}

void append_escaped(std::string& out, std::string_view text, bool escape_quotes) {
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || (c == '"' && escape_quotes)) out += '\\';
        out += c;
    }
}

void append_number(std::string& out, double v) {
    if (std::isnan(v)) {
        out += "NaN";
    } else if (std::isinf(v)) {
        out += v > 0 ? "+Inf" : "-Inf";
    } else {
        // 0.0005 rather than 5e-04, but no hundred zeros either.
        const double size = std::fabs(v);
        const bool plain = v == 0 || (size >= 1e-6 && size < 1e15);
        char text[32];
        char* end = (plain ? std::to_chars(text, text + sizeof text, v, std::chars_format::fixed)
                           : std::to_chars(text, text + sizeof text, v))
                        .ptr;
        out.append(text, end);
    }
}

/// `method="GET",status="200"`: the key of a series, written as the answer needs it.
const std::string& written(Labels labels) {
    thread_local std::string text;
    text.clear();
    for (const auto& [name, value] : labels) {
        if (!text.empty()) text += ',';
        text += name;
        text += "=\"";
        append_escaped(text, value, true);
        text += '"';
    }
    return text;
}

template <class Map> auto& entry_of(Map& map, std::string_view key) {
    auto found = map.find(key);
    return found != map.end() ? found->second : map.try_emplace(std::string(key)).first->second;
}

template <class Change>
void change(std::string_view name, Kind kind, Labels labels, Change&& apply) {
    const std::string& key = written(labels);
    const std::lock_guard lock(mutex);
    Family& family = entry_of(families(), name);
    if (family.kind == Kind::unknown) family.kind = kind;
    NEPHELE_CHECK(family.kind == kind); // one name is one kind of metric
    apply(family.series[key]);
}

void append_sample(std::string& out, std::string_view name, std::string_view labels,
                   std::string_view more, double value) {
    out += name;
    if (!labels.empty() || !more.empty()) {
        out += '{';
        out += labels;
        if (!labels.empty() && !more.empty()) out += ',';
        out += more;
        out += '}';
    }
    out += ' ';
    append_number(out, value);
    out += '\n';
}

void append_histogram(std::string& out, const std::string& name, const std::string& labels,
                      const Series& series) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < bucket_limits.size(); ++i) {
        below += series.buckets[i];
        std::string limit = "le=\"";
        append_number(limit, bucket_limits[i]);
        append_sample(out, name + "_bucket", labels, limit + '"', static_cast<double>(below));
    }
    append_sample(out, name + "_bucket", labels, "le=\"+Inf\"", static_cast<double>(series.count));
    append_sample(out, name + "_sum", labels, "", series.value);
    append_sample(out, name + "_count", labels, "", static_cast<double>(series.count));
}

void append_family(std::string& out, const std::string& name, const Family& family) {
    static constexpr const char* kinds[] = {"untyped", "counter", "gauge", "histogram"};
    if (family.series.empty()) return;
    if (!family.help.empty()) {
        out += "# HELP " + name + ' ';
        append_escaped(out, family.help, false);
        out += '\n';
    }
    out += "# TYPE " + name + ' ' + kinds[static_cast<int>(family.kind)] + '\n';
    std::map<std::string_view, const Series*> sorted;
    for (const auto& [labels, series] : family.series) sorted.emplace(labels, &series);
    for (const auto& [labels, series] : sorted) {
        if (family.kind == Kind::histogram)
            append_histogram(out, name, std::string(labels), *series);
        else
            append_sample(out, name, labels, "", series->value);
    }
}

} // namespace

void add(std::string_view name, Labels labels, double amount) {
    change(name, Kind::counter, labels, [&](Series& series) { series.value += amount; });
}

void set(std::string_view name, Labels labels, double value) {
    change(name, Kind::gauge, labels, [&](Series& series) { series.value = value; });
}

void observe(std::string_view name, Labels labels, double seconds) {
    const auto bucket = std::lower_bound(bucket_limits.begin(), bucket_limits.end(), seconds) -
                        bucket_limits.begin();
    change(name, Kind::histogram, labels, [&](Series& series) {
        series.buckets.resize(bucket_limits.size() + 1); // the last: above every limit
        ++series.buckets[static_cast<std::size_t>(bucket)];
        ++series.count;
        series.value += seconds;
    });
}

void gauge(std::string_view name, std::function<double()> value) {
    // Waits for a scrape in progress: once the asking has ended, the callback's owner may go.
    const std::lock_guard asking(callbacks_mutex);
    if (value) {
        entry_of(callbacks(), name) = std::move(value);
        return;
    }
    callbacks().erase(std::string(name));
    const std::lock_guard lock(mutex);
    if (auto family = families().find(name); family != families().end())
        family->second.series.clear();
}

void describe(std::string_view name, std::string_view help) {
    const std::lock_guard lock(mutex);
    entry_of(families(), name).help = help;
}

std::string text() {
    {
        const std::lock_guard asking(callbacks_mutex);
        for (const auto& [name, value] : callbacks()) set(name, {}, value());
    }
    std::string out;
    const std::lock_guard lock(mutex);
    for (const auto& [name, family] : families()) append_family(out, name, family);
    return out;
}

} // namespace nephele::metrics
