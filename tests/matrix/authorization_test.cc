// SPDX-License-Identifier: Apache-2.0
// Every route by every role, kept as a file: a change of who may do what is a change of that file.
// Rewrite it with NEPHELE_WRITE_MATRIX=1 and read the difference.
#include "base/strings.h"
#include "tests/matrix/world.h"

#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::test;

namespace {
constexpr const char* file_name = "tests/matrix/authorization.txt";

std::string read_file(const char* path) {
    std::string out;
    if (FILE* file = std::fopen(path, "r")) {
        char piece[65536];
        for (std::size_t got; (got = std::fread(piece, 1, sizeof piece, file)) > 0;)
            out.append(piece, got);
        std::fclose(file);
    }
    return out;
}

// A body that no handler can act on, so that a route that lets the caller in answers 400 and not
// 2xx.
std::string harmless_body(const Probe& probe) {
    if (probe.route->method == "GET" || probe.route->method == "DELETE" ||
        probe.route->method == "HEAD")
        return "";
    if (!probe.route->action.empty())
        return Json::object({{probe.route->action, Json::object({{"no such field", 1}})}}).dump();
    return "{}";
}

// What a status says of authorization: refused for want of a token or of a right, or let in.
std::string verdict(int status) {
    if (status == 401) return "token?";
    if (status == 403) return "denied";
    return "in";
}
} // namespace

TEST_CASE("who may call which route is what the file says") {
    World world;
    struct Role {
        const char* name;
        std::string token;
    };
    const Role roles[] = {{"none", ""},
                          {"reader", world.cloud.token("own", {"reader"})},
                          {"member", world.cloud.token("own")},
                          {"admin", world.cloud.token("own", {"admin"})},
                          {"service", world.cloud.token("own", {"service"})}};
    std::string table = "# route | none | reader | member | admin | service (absent ids)\n";
    for (auto& probe : world.probes) {
        if (probe.route->options.streamed) continue;
        std::string line = probe.label();
        for (auto& role : roles) {
            auto answer =
                world.ask(probe, world.absent_ids(probe), role.token, harmless_body(probe),
                          harmless_body(probe).empty() ? "" : "application/json");
            CHECK_MESSAGE(answer.status < 500, probe.label()
                                                   << " as " << role.name << ": " << answer.status
                                                   << " " << answer.text);
            line += " | " + verdict(answer.status);
        }
        table += line + "\n";
    }
    if (std::getenv("NEPHELE_WRITE_MATRIX")) {
        FILE* file = std::fopen(file_name, "w");
        REQUIRE(file != nullptr);
        std::fwrite(table.data(), 1, table.size(), file);
        std::fclose(file);
    }
    auto expected = split(read_file(file_name), '\n'), got = split(table, '\n');
    for (auto& line : got)
        CHECK_MESSAGE(std::find(expected.begin(), expected.end(), line) != expected.end(),
                      "not in the file: " << line);
    for (auto& line : expected)
        CHECK_MESSAGE(std::find(got.begin(), got.end(), line) != got.end(),
                      "only in the file: " << line);
}

TEST_CASE("a foreign id answers exactly as an absent one") {
    World world;
    std::string stranger = world.cloud.token("other"), owner = world.cloud.token("own");
    int compared = 0;
    for (auto& probe : world.probes) {
        if (probe.route->method != "GET" || !world.has_own(probe) || probe.route->options.streamed)
            continue;
        if (probe.route->path.find("flavors") != std::string::npos) continue; // belong to nobody
        if (world.ask(probe, world.own_ids(probe), owner, "", "").status >= 300) continue;
        auto foreign = world.ask(probe, world.own_ids(probe), stranger, "", "");
        auto absent = world.ask(probe, world.absent_ids(probe), stranger, "", "");
        CHECK_MESSAGE(foreign.status == absent.status, probe.label() << ": " << foreign.status);
        CHECK_MESSAGE(foreign.status >= 400, probe.label() << ": " << foreign.text);
        ++compared;
    }
    MESSAGE("compared " << compared << " routes");
    CHECK((compared > 0 || world.own.empty()));
}
