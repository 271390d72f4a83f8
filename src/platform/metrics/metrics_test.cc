// SPDX-License-Identifier: Apache-2.0
#include "platform/metrics/metrics.h"

#include <cmath>
#include <doctest/doctest.h>
#include <string>
#include <thread>
#include <vector>

using namespace nephele;

namespace {
/// The lines of the answer that start with `prefix`.
std::string lines_of(std::string_view prefix) {
    const std::string all = metrics::text();
    std::string found;
    for (std::size_t at = 0; at < all.size();) {
        const std::size_t end = all.find('\n', at) + 1;
        if (all.compare(at, prefix.size(), prefix) == 0) found += all.substr(at, end - at);
        at = end;
    }
    return found;
}
} // namespace

TEST_CASE("counters add up for each set of labels") {
    metrics::describe("t_requests_total", "Requests\nanswered.");
    metrics::add("t_requests_total", {{"method", "GET"}, {"status", "200"}});
    metrics::add("t_requests_total", {{"method", "GET"}, {"status", "200"}}, 2);
    metrics::add("t_requests_total", {{"method", "POST"}, {"status", "500"}}, 0.5);
    CHECK(lines_of("t_requests_total") == "t_requests_total{method=\"GET\",status=\"200\"} 3\n"
                                          "t_requests_total{method=\"POST\",status=\"500\"} 0.5\n");
    CHECK(lines_of("# HELP t_requests") == "# HELP t_requests_total Requests\\nanswered.\n");
    CHECK(lines_of("# TYPE t_requests") == "# TYPE t_requests_total counter\n");
}

TEST_CASE("gauges hold the last value, callbacks are asked at each scrape") {
    metrics::set("t_temperature", {}, 3);
    metrics::set("t_temperature", {}, -INFINITY);
    CHECK(lines_of("t_temperature") == "t_temperature -Inf\n");
    int asked = 0;
    metrics::gauge("t_queue", [&] {
        metrics::add("t_asked_total"); // no deadlock
        return ++asked;
    });
    CHECK(lines_of("t_queue") == "t_queue 1\n");
    CHECK(lines_of("t_queue") == "t_queue 2\n");
    metrics::gauge("t_queue", nullptr);
    CHECK(lines_of("t_queue").empty());
    CHECK(lines_of("t_asked") == "t_asked_total 2\n");
}

TEST_CASE("histogram buckets are cumulative and their limits inclusive") {
    for (double seconds : {0.0005, 0.0006, 0.2, 29.0, 31.0})
        metrics::observe("t_seconds", {{"route", "a\"b\\"}}, seconds);
    const std::string all = lines_of("t_seconds");
    auto has = [&](const std::string& line) { return all.find(line + "\n") != std::string::npos; };
    CHECK(has(R"(t_seconds_bucket{route="a\"b\\",le="0.0005"} 1)"));
    CHECK(has(R"(t_seconds_bucket{route="a\"b\\",le="0.001"} 2)"));
    CHECK(has(R"(t_seconds_bucket{route="a\"b\\",le="0.1"} 2)"));
    CHECK(has(R"(t_seconds_bucket{route="a\"b\\",le="0.25"} 3)"));
    CHECK(has(R"(t_seconds_bucket{route="a\"b\\",le="30"} 4)"));
    CHECK(has(R"(t_seconds_bucket{route="a\"b\\",le="+Inf"} 5)"));
    CHECK(has(R"(t_seconds_count{route="a\"b\\"} 5)"));
    CHECK(all.find("t_seconds_sum{route=\"a\\\"b\\\\\"} 60.20") != std::string::npos);
    CHECK(lines_of("# TYPE t_seconds") == "# TYPE t_seconds histogram\n");
}

TEST_CASE("updates from several threads are all counted") {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([] {
            for (int i = 0; i < 1000; ++i) {
                metrics::add("t_parallel_total", {{"n", i % 2 ? "1" : "0"}});
                metrics::observe("t_parallel_seconds", {}, 0.01);
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(lines_of("t_parallel_total") ==
          "t_parallel_total{n=\"0\"} 2000\nt_parallel_total{n=\"1\"} 2000\n");
    CHECK(lines_of("t_parallel_seconds_count") == "t_parallel_seconds_count 4000\n");
}

TEST_CASE("a name that is only described is not written") {
    metrics::describe("t_silent", "Nothing yet.");
    CHECK(lines_of("# HELP t_silent").empty());
}
