// SPDX-License-Identifier: Apache-2.0
// An image up and down, and lists: bench_image [MiB] [images in the list]. The client is a child
// process, so that CPU time and memory are the server's own.
#include "services/glance/client.h"
#include "services/glance/service.h"
#include "services/glance/store/images.h"
#include "tests/support/test_cloud.h"

#include "base/strings.h"

#include <arpa/inet.h>
#include <cstdio>
#define DOCTEST_CONFIG_IMPLEMENT // The fixtures know doctest.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace nephele;
using test::TestCloud;

namespace {

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](const timeval& t) { return double(t.tv_sec) + double(t.tv_usec) / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}
long peak_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/// Runs `client` as a process of its own and prints what it cost us.
template <class F> void measure(const char* what, double gib, F client) {
    const Clock& clock = system_clock();
    double cpu = cpu_seconds();
    long before = peak_kib();
    std::int64_t start = clock.monotonic_ns();
    pid_t child = fork();
    if (child == 0) _exit(client() ? 0 : 1);
    int status = 0;
    waitpid(child, &status, 0);
    double seconds = double(clock.monotonic_ns() - start) / 1e9;
    std::printf("%-10s %s  %7.0f MiB/s  %5.2f CPU s a GiB  peak memory +%ld KiB\n", what,
                status == 0 ? "ok" : "FAILED", gib * 1024 / seconds, (cpu_seconds() - cpu) / gib,
                peak_kib() - before);
}

int connected(std::uint16_t port) {
    int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? fd : -1;
}

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        auto count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

std::string head(const char* method, const std::string& id, const std::string& token,
                 const std::string& more) {
    return std::string(method) + " /image/v2/images/" + id + "/file HTTP/1.1\r\nHost: x\r\n" +
           "Connection: close\r\nX-Auth-Token: " + token + "\r\n" + more + "\r\n";
}

bool upload(std::uint16_t port, const std::string& id, const std::string& token,
            std::uint64_t mib) {
    int fd = connected(port);
    std::string piece(1 << 20, 'x');
    bool ok = send_all(fd, head("PUT", id, token,
                                "Content-Type: application/octet-stream\r\nContent-Length: " +
                                    std::to_string(mib << 20) + "\r\n"));
    for (std::uint64_t i = 0; ok && i < mib; ++i) ok = send_all(fd, piece);
    char answer[16] = {};
    return ok && ::recv(fd, answer, 12, MSG_WAITALL) == 12 && std::string_view(answer + 9) == "204";
}

bool download(std::uint16_t port, const std::string& id, const std::string& token,
              std::uint64_t mib) {
    int fd = connected(port);
    if (!send_all(fd, head("GET", id, token, ""))) return false;
    std::string piece(1 << 20, '\0');
    std::uint64_t got = 0;
    for (ssize_t count; (count = ::recv(fd, piece.data(), piece.size(), 0)) > 0;)
        got += static_cast<std::uint64_t>(count);
    return got > mib << 20;
}

void lists(TestCloud& cloud, const std::string& token, int count) {
    write_as_cloud(cloud.cloud(), "bench", [&](Context& context) {
        for (int i = 0; i < count; ++i) {
            glance::Image image;
            image.id = context.new_uuid();
            image.name = "image-" + std::to_string(i);
            image.owner = "bench";
            image.created_at = image.updated_at = context.now;
            image.properties = Json::object({{"os_distro", "debian"}, {"group", "g"}});
            glance::store::insert(context, image);
        }
    });
    for (auto query :
         {"?limit=25", "?limit=1000", "?limit=25&group=g&name=image-7", "?limit=25&group=g",
          "?limit=25&sort=name:asc", "?limit=25&visibility=all"}) {
        constexpr int rounds = 20;
        double cpu = cpu_seconds();
        for (int i = 0; i < rounds; ++i) cloud.get(std::string("/image/v2/images") + query, token);
        std::printf("list of %d %-30s %6.2f CPU ms (with the client's)\n", count, query,
                    (cpu_seconds() - cpu) * 1000 / rounds);
    }
}
} // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == "sandboxed") glance::sandboxed_main(argc, argv);
    auto mib = static_cast<std::uint64_t>(argc > 1 ? to_int(argv[1]).value_or(1024) : 1024);
    int count = argc > 2 ? static_cast<int>(to_int(argv[2]).value_or(10'000)) : 10'000;
    TestCloud cloud({glance::service()});
    std::string token = cloud.token("bench");
    auto made = cloud.post("/image/v2/images", token,
                           Json::object({{"disk_format", "raw"}, {"container_format", "bare"}}));
    std::string id = made.json.text("id");
    double gib = double(mib) / 1024;
    std::uint16_t port = cloud.node().port();
    measure("upload", gib, [&] { return upload(port, id, token, mib); });
    measure("download", gib, [&] { return download(port, id, token, mib); });
    lists(cloud, token, count);
}
