// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include "base/time.h"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>

using namespace nephele;

TEST_CASE("a process answers with output, errors and its exit status") {
    auto result = run_process({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"});
    CHECK(result.end == ProcessResult::End::exited);
    CHECK(result.code == 3);
    CHECK(result.output == "out\n");
    CHECK(result.describe() == "exit status 3: err");
    CHECK_FALSE(result.ok());
}

TEST_CASE("arguments reach the program untouched") {
    auto result = run_process({"printf", "%s|", "a b", "$(id)", "'\"", "*"});
    CHECK(result.ok());
    CHECK(result.output == "a b|$(id)|'\"|*|");
}

TEST_CASE("input larger than a pipe is fed while output is read") {
    ProcessOptions options;
    options.input.assign(3'000'000, 'x');
    auto result = run_process({"cat"}, options);
    CHECK(result.ok());
    CHECK(result.output == options.input);
}

TEST_CASE("a program that does not read its input does not hurt us") {
    ProcessOptions options;
    options.input.assign(3'000'000, 'x');
    auto result = run_process({"true"}, options);
    CHECK(result.ok());
}

TEST_CASE("output over the limit is dropped and said so") {
    ProcessOptions options;
    options.output_limit = 1000;
    auto result = run_process({"head", "-c", "200000", "/dev/zero"}, options);
    CHECK(result.ok());
    CHECK(result.output.size() == 1000);
    CHECK(result.truncated);
}

TEST_CASE("the deadline kills the whole group") {
    ProcessOptions options;
    options.timeout_ms = 200;
    auto before = system_clock().monotonic_ns();
    auto result = run_process({"/bin/sh", "-c", "sleep 60 & echo $!; wait"}, options);
    CHECK(result.end == ProcessResult::End::timed_out);
    CHECK(system_clock().monotonic_ns() - before < 10'000'000'000);
    REQUIRE_FALSE(result.output.empty());
    auto state =
        run_process({"ps", "-o", "stat=", "-p", result.output.substr(0, result.output.find('\n'))});
    CHECK((state.output.empty() || state.output[0] == 'Z'));
}

TEST_CASE("a grandchild that keeps the pipes open does not hold the result back") {
    ProcessOptions options;
    options.timeout_ms = 20'000;
    auto before = system_clock().monotonic_ns();
    auto result = run_process({"/bin/sh", "-c", "sleep 15 & echo done"}, options);
    CHECK(result.ok());
    CHECK(result.output == "done\n");
    CHECK(system_clock().monotonic_ns() - before < 10'000'000'000);
}

TEST_CASE("a missing program is reported, not thrown") {
    auto result = run_process({"/nonexistent/program"});
    CHECK(result.end == ProcessResult::End::not_started);
    CHECK(result.code == ENOENT);
}

TEST_CASE("environment entries replace ours") {
    ProcessOptions options;
    options.environment = {"HOME=/somewhere", "NEPHELE_X=a=b"};
    auto result = run_process({"/bin/sh", "-c", "echo $HOME $NEPHELE_X"}, options);
    CHECK(result.output == "/somewhere a=b\n");
}

TEST_CASE("a child runs until it is stopped") {
    auto child = ChildProcess::start({"sleep", "60"});
    REQUIRE(child.running());
    pid_t pid = child.pid();
    child.stop();
    CHECK_FALSE(child.running());
    CHECK(::kill(pid, 0) != 0);
    auto missing = ChildProcess::start({"/nonexistent/program"});
    CHECK_FALSE(missing.running());
    CHECK(missing.start_error() == ENOENT);
}
