// SPDX-License-Identifier: Apache-2.0
// Counters, gauges and histograms, written as Prometheus text by `GET /metrics`.
#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace nephele::metrics {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// Cheap enough for every request. Names as Prometheus wants: nephele_http_requests_total.
void add(std::string_view name, Labels labels = {}, double amount = 1);
void set(std::string_view name, Labels labels, double value);
/// Seconds into buckets 0.5 ms ... 30 s.
void observe(std::string_view name, Labels labels, double seconds);
/// A value asked for at each scrape; an empty function ends the asking and waits for one that runs.
void gauge(std::string_view name, std::function<double()> value);
/// One line of help for a name.
void describe(std::string_view name, std::string_view help);
std::string text();

} // namespace nephele::metrics
