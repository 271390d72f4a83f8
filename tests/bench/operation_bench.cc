// SPDX-License-Identifier: Apache-2.0
// What a durable operation costs: four steps, one of them waiting for a journal entry, on SQLite in
// the directory given (default: the current one). Prints CPU milliseconds an operation (the whole
// process) and operations a second.
#include "base/strings.h"
#include "platform/journal/journal.h"
#include "platform/log/log.h"
#include "platform/operation/operation.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>

using namespace nephele;

namespace {

struct Build {
    static constexpr const char* operation = "bench.build";
    std::string server, host, volume, port;
    std::int64_t generation = 0;
    static const shape::Shape<Build>& shape() {
        static const auto shape = shape::Shape<Build>()
                                      .field("server", &Build::server)
                                      .field("host", &Build::host)
                                      .field("volume", &Build::volume)
                                      .field("port", &Build::port)
                                      .field("generation", &Build::generation);
        return shape;
    }
};

std::mutex mutex;
std::condition_variable changed;
int waiting = 0, finished = 0;

void up(int& counter) {
    std::lock_guard lock(mutex);
    ++counter;
    changed.notify_one();
}
void wait_until(int& counter, int n) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return counter >= n; });
}

void choose(ops::Step& s, Build& b) {
    b.host = "host-1";
    b.volume = s.new_uuid();
}
void allocate(ops::Step&, Build& b) { ++b.generation; }
bool allocated(ops::Step& s, Build& b) {
    if (s.tx.first("SELECT 1 FROM observed WHERE id = ?", {b.server}, [](const db::Row&) {}))
        return true;
    s.wait_for("observed.guest", "host-1/" + b.server);
    s.tx.on_commit([] { up(waiting); });
    return false;
}
void plug(ops::Step& s, Build& b) { b.port = s.new_uuid(); }
void finish(ops::Step& s, Build&) {
    s.tx.on_commit([] { up(finished); });
}

double cpu_seconds() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

} // namespace

int main(int argc, char** argv) {
    int count = argc > 1 ? std::atoi(argv[1]) : 2000;
    log::configure({log::Level::warning});
    std::string file = std::string(argc > 2 ? argv[2] : ".") + "/operation_bench.db";
    for (const char* suffix : {"", "-wal", "-shm"}) std::remove((file + suffix).c_str());
    db::Options options;
    options.url = "sqlite:" + file;
    Cloud cloud(Config(), db::Database::open(options), system_clock(), system_ids());
    cloud.db().migrate(journal::migrations());
    cloud.db().migrate(ops::migrations());
    cloud.db().migrate({{"bench.001", {"CREATE TABLE observed (id TEXT PRIMARY KEY)"}, {}, {}}});
    ops::Runner runner(cloud, {ops::OperationOf<Build>()
                                   .then("choose", choose)
                                   .then("allocate", allocate)
                                   .until(allocated)
                                   .then("plug", plug)
                                   .then("finish", finish)});
    runner.start();
    auto began = std::chrono::steady_clock::now();
    double cpu = cpu_seconds();
    constexpr int batch = 50;
    for (int done = 0; done < count; done += batch) {
        for (int i = 0; i < batch; ++i)
            write_as_cloud(cloud, "req-bench", [&](Context& context) {
                std::string server = format("server-{}", done + i);
                return ops::start(context, Build{server}, {"server", server, "project", ""});
            });
        wait_until(waiting, done + batch);
        for (int i = 0; i < batch; ++i)
            cloud.db().write([&](db::Tx& tx) {
                std::string server = format("server-{}", done + i);
                tx.exec("INSERT INTO observed (id) VALUES (?)", db::Params{server});
                journal::Entry entry;
                entry.at = cloud.now();
                entry.service = "agent";
                entry.kind = "observed.guest";
                entry.id = "host-1/" + server;
                entry.change = "update";
                journal::append(tx, entry);
            });
    }
    wait_until(finished, count);
    cpu = cpu_seconds() - cpu;
    std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
    runner.stop();
    std::printf("%d operations: %.3f ms CPU each, %.0f a second\n", count, cpu * 1000 / count,
                count / wall.count());
    return 0;
}
