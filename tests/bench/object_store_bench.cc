// SPDX-License-Identifier: Apache-2.0
// The object store's engine alone, no HTTP: object_store_bench DIRECTORY [objects] [rows].
// The directory is made below the one named, on the disk that is to be measured, and removed.
#include "base/process.h"
#include "base/strings.h"
#include "base/time.h"
#include "services/swift/proxy/local_backend.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace nephele;
using namespace nephele::swift;

namespace {

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](timeval t) { return static_cast<double>(t.tv_sec) + t.tv_usec / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Runs `work(n)` for each n below `count` on so many threads; a line with rate, CPU and latency.
void measure(const char* what, int threads, int count, const std::function<void(int)>& work) {
    const Clock& clock = system_clock();
    std::vector<std::vector<double>> latencies(static_cast<std::size_t>(threads));
    std::vector<std::thread> pool;
    std::atomic<int> next{0};
    auto start = clock.monotonic_ns();
    auto cpu = cpu_seconds();
    for (auto& mine : latencies)
        pool.emplace_back([&] {
            for (int n; (n = next++) < count;) {
                auto before = clock.monotonic_ns();
                work(n);
                mine.push_back(static_cast<double>(clock.monotonic_ns() - before) / 1e6);
            }
        });
    for (auto& thread : pool) thread.join();
    auto seconds = static_cast<double>(clock.monotonic_ns() - start) / 1e9;
    cpu = cpu_seconds() - cpu;
    std::vector<double> all;
    for (auto& part : latencies) all.insert(all.end(), part.begin(), part.end());
    std::sort(all.begin(), all.end());
    std::printf("%-26s %2d threads %8.0f/s  cpu %.4f ms  p50 %.2f  p99 %.2f ms\n", what, threads,
                count / seconds, cpu * 1000 / count, all[all.size() / 2],
                all[all.size() * 99 / 100]);
    std::fflush(stdout);
}

std::string name_of(int n) { return format("photos/2026/{}/{}.jpg", n % 1000, n); }

void put(Backend& store, const std::string& name, std::string_view bytes) {
    auto writer = store.put({"a", "c", name}, 0, bytes.size());
    for (std::size_t at = 0; at < bytes.size(); at += 256 << 10)
        writer->write(bytes.substr(at, 256 << 10));
    ObjectInfo info;
    info.timestamp = store.now();
    info.content_type = "application/octet-stream";
    writer->commit(std::move(info));
}

void small_objects(Backend& store, int objects) {
    std::string bytes(4096, 'x');
    std::atomic<int> made{0};
    for (int threads : {1, 16, 64}) {
        int count = threads == 1 ? std::min(objects, 500) : objects;
        measure("PUT 4 KiB", threads, count, [&](int) { put(store, name_of(made++), bytes); });
    }
    for (int threads : {1, 16, 64})
        measure("GET 4 KiB", threads, objects, [&](int n) {
            auto reader = store.open({"a", "c", name_of(n * 7919 % made)});
            char into[4096];
            if (reader->read(0, into, sizeof into) != 4096) std::abort();
        });
    measure("HEAD", 16, objects, [&](int n) { store.head({"a", "c", name_of(n % made)}); });
}

void large_objects(Backend& store) {
    std::string gib(256 << 20, 'y');
    measure("PUT 256 MiB (4 = 1 GiB)", 1, 4, [&](int n) { put(store, format("large{}", n), gib); });
    std::string piece(1 << 20, '\0');
    measure("read 256 MiB (no sendfile)", 1, 4, [&](int n) {
        auto reader = store.open({"a", "c", format("large{}", n)});
        for (std::uint64_t at = 0; at < gib.size();)
            at += reader->read(at, piece.data(), piece.size());
    });
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: object_store_bench DIRECTORY [objects] [rows]\n");
        return 2;
    }
    int objects = argc > 2 ? std::atoi(argv[2]) : 20'000;
    int rows = argc > 3 ? std::atoi(argv[3]) : 1'000'000;
    auto directory = format("{}/object-store-bench-{}", argv[1], ::getpid());
    auto open = [&](bool rebuild) {
        DeviceOptions options;
        options.directory = directory;
        options.rebuild = rebuild;
        return std::make_unique<LocalBackend>(options);
    };
    {
        auto store = open(false);
        store->save_container("a", "c", {}, {}, true, store->now());
        small_objects(*store, objects);
        large_objects(*store);
        store->save_container("a", "many", {}, {}, true, store->now());
        measure("PUT empty (for listings)", 64, rows, [&](int n) {
            auto writer = store->put({"a", "many", name_of(n)}, 0, 0);
            ObjectInfo info;
            info.timestamp = store->now();
            info.content_type = "application/octet-stream";
            writer->commit(std::move(info));
        });
        ListQuery query;
        query.marker = name_of(rows / 2);
        measure("list 10,000 of many", 1, 50, [&](int) { store->objects("a", "many", query); });
        ListQuery folders;
        folders.prefix = "photos/2026/";
        folders.delimiter = "/";
        measure("list 1,000 folders", 1, 50, [&](int) { store->objects("a", "many", folders); });
    }
    measure("open", 1, 1, [&](int) { open(false); });
    measure("open and rebuild", 1, 1, [&](int) { open(true); });
    return run_process({"rm", "-rf", directory}).ok() ? 0 : 1;
}
