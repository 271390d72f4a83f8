// SPDX-License-Identifier: Apache-2.0
// Small transactions per second: bench_db [file|memory|postgresql] [threads] [rows a thread].
// `file` is written below TMPDIR with full durability; `postgresql` is a private server whose fsync
// the tests' fixture turns off.
#include "platform/db/db.h"

#include "base/strings.h"
#include "base/time.h"
#include "tests/support/postgres.h"

#include <algorithm>
#include <cstdio>
#define DOCTEST_CONFIG_IMPLEMENT // The fixtures know doctest.
#include <doctest/doctest.h>
#include <thread>

using namespace nephele;
using namespace nephele::db;

namespace {

double ms_between(std::int64_t from_ns, std::int64_t to_ns) { return (to_ns - from_ns) / 1e6; }

/// Runs `work(thread, round)` on all threads; prints the rate and the latencies.
void measure(const char* what, int threads, int rounds, const std::function<void(int, int)>& work) {
    const Clock& clock = system_clock();
    std::vector<std::vector<double>> latencies(threads);
    std::vector<std::thread> pool;
    std::int64_t start = clock.monotonic_ns();
    for (int t = 0; t < threads; ++t) {
        pool.emplace_back([&, t] {
            for (int i = 0; i < rounds; ++i) {
                std::int64_t before = clock.monotonic_ns();
                work(t, i);
                latencies[t].push_back(ms_between(before, clock.monotonic_ns()));
            }
        });
    }
    for (auto& thread : pool) thread.join();
    double seconds = ms_between(start, clock.monotonic_ns()) / 1000;
    std::vector<double> all;
    for (auto& part : latencies) all.insert(all.end(), part.begin(), part.end());
    std::sort(all.begin(), all.end());
    std::printf("%-28s %2d threads %9.0f/s  p50 %.2f  p99 %.2f  max %.2f ms\n", what, threads,
                static_cast<double>(all.size()) / seconds, all[all.size() / 2],
                all[all.size() * 99 / 100], all.back());
}

} // namespace

int main(int argc, char** argv) {
    std::string kind = argc > 1 ? argv[1] : "file";
    int threads = argc > 2 ? static_cast<int>(to_int(argv[2]).value_or(32)) : 32;
    int rounds = argc > 3 ? static_cast<int>(to_int(argv[3]).value_or(500)) : 500;
    test::TempDir dir("bench");
    Options options{"sqlite:" + dir.file("bench.db")};
    if (kind == "memory") options.url = "sqlite::memory:";
    if (kind == "postgresql") options.url = test::PostgresServer::shared().fresh_database();
    if (kind == "postgresql") options.readers = threads;
    auto database = Database::open(options);
    database->migrate({{"bench", {"CREATE TABLE t (id TEXT PRIMARY KEY, n BIGINT, body TEXT)"}}});

    std::string body(300, 'x');
    auto id = [](int t, int i) { return format("{}-{}", t, i); };
    measure("insert, a transaction each", threads, rounds, [&](int t, int i) {
        database->write([&](Tx& tx) {
            tx.exec("INSERT INTO t VALUES (?, ?, ?)", Params{id(t, i), std::int64_t{i}, body});
        });
    });
    auto select = [&](int t, int i) {
        database->read(
            [&](Tx& tx) { return tx.count("SELECT n FROM t WHERE id = ?", {id(t, i)}); });
    };
    measure("select by key", threads, rounds, select);
    measure("select by key", 1, rounds, select);
    measure("insert, a transaction each", 1, std::min(rounds, 500), [&](int, int i) {
        database->write([&](Tx& tx) {
            tx.exec("INSERT INTO t VALUES (?, ?, ?)", Params{id(999, i), std::int64_t{i}, body});
        });
    });
    Stats stats = database->stats();
    std::printf("writes %llu in %llu commits, %llu retries\n",
                static_cast<unsigned long long>(stats.writes),
                static_cast<unsigned long long>(stats.commits),
                static_cast<unsigned long long>(stats.retries));
}
