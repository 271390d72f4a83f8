// SPDX-License-Identifier: Apache-2.0
#include "platform/log/log.h"

#include <cmath>
#include <cstdio>
#include <doctest/doctest.h>
#include <fstream>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace nephele;

namespace {

/// Logs into a file of its own while it lives, to standard error afterwards.
class LogFile {
  public:
    explicit LogFile(bool json, log::Level level = log::Level::info) {
        char name[] = "/tmp/nephele-log-test-XXXXXX";
        ::close(::mkstemp(name));
        path = name;
        log::configure({level, json, path});
    }
    ~LogFile() {
        log::configure({});
        std::remove(path.c_str());
    }
    static std::vector<std::string> lines_of(const std::string& path) {
        std::ifstream file(path);
        std::vector<std::string> lines;
        for (std::string line; std::getline(file, line);) lines.push_back(line);
        return lines;
    }
    std::vector<std::string> lines() const { return lines_of(path); }
    std::string path;
};

/// A logfmt line without its time, which differs on every run.
std::string after_time(const std::string& line) { return line.substr(line.find(' ') + 1); }

} // namespace

TEST_CASE("logfmt lines quote what needs it") {
    LogFile file(false);
    log::info("server created", {{"server", "abc"}, {"count", 3}, {"ok", true}, {"none", nullptr}});
    log::warning("odd",
                 {{"text", "a=b \"c\"\n"}, {"empty", ""}, {"list", Json::array({1, "x y"})}});
    auto lines = file.lines();
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].starts_with("time=20"));
    CHECK(after_time(lines[0]) ==
          "level=info message=\"server created\" server=abc count=3 ok=true none=null");
    CHECK(after_time(lines[1]) == R"(level=warning message=odd text="a=b \"c\"\n" empty="" )"
                                  R"(list="[1,\"x y\"]")");
}

TEST_CASE("JSON lines are JSON") {
    LogFile file(true);
    log::error("failed", {{"cause", "disk \"full\""}, {"detail", Json::object({{"n", 1}})}});
    auto lines = file.lines();
    REQUIRE(lines.size() == 1);
    Json line = Json::parse(lines[0]);
    CHECK(line.text("level") == "error");
    CHECK(line.text("message") == "failed");
    CHECK(line.text("cause") == "disk \"full\"");
    CHECK(line.at("detail").integer("n") == 1);
    CHECK_FALSE(line.has("request_id"));
}

TEST_CASE("lines below the level are not written") {
    LogFile file(false, log::Level::warning);
    log::debug("a");
    log::info("b");
    log::warning("c");
    log::error("d");
    CHECK(file.lines().size() == 2);
}

TEST_CASE("the request id is on every line of its scope, and scopes nest") {
    LogFile file(true);
    {
        log::RequestScope outer("req-1");
        log::info("a");
        {
            log::RequestScope inner("req-2");
            log::info("b");
        }
        log::info("c");
        std::thread([] { log::info("other thread"); }).join();
    }
    log::info("d");
    std::vector<std::string> ids;
    for (auto& line : file.lines()) ids.push_back(Json::parse(line).text("request_id", "-"));
    CHECK(ids == std::vector<std::string>{"req-1", "req-2", "req-1", "-", "-"});
}

TEST_CASE("reopen follows a rotation") {
    LogFile file(false);
    log::info("before");
    const std::string old = file.path + ".1";
    std::rename(file.path.c_str(), old.c_str());
    log::info("still the old file");
    log::reopen();
    log::info("new file");
    CHECK(LogFile::lines_of(old).size() == 2);
    CHECK(file.lines().size() == 1);
    std::remove(old.c_str());
}

TEST_CASE("a value that has no JSON form does not lose the line") {
    LogFile file(false);
    log::info("odd", {{"rate", std::nan("")}});
    REQUIRE(file.lines().size() == 1);
    CHECK(file.lines()[0].find("rate=") != std::string::npos);
}

TEST_CASE("a file that cannot be opened is an error and changes nothing") {
    LogFile file(false);
    CHECK_THROWS_AS(log::configure({log::Level::info, false, "/nonexistent/x.log"}),
                    std::runtime_error);
    log::info("still here");
    CHECK(file.lines().size() == 1);
}

TEST_CASE("lines of several threads do not mix") {
    LogFile file(true);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([] {
            for (int i = 0; i < 100; ++i) log::info(std::string(300, 'x'), {{"i", i}});
        });
    for (auto& thread : threads) thread.join();
    auto lines = file.lines();
    CHECK(lines.size() == 400);
    for (auto& line : lines) CHECK(Json::parse(line).text("message").size() == 300);
}
