// SPDX-License-Identifier: Apache-2.0
// Learns from doctest whether the running test case has failed.
#include "tests/support/temp_dir.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <doctest/doctest.h>
#include <filesystem>
#include <stdexcept>

namespace nephele::test {

namespace {

std::atomic<bool> case_failed{false};

struct FailureListener : doctest::IReporter {
    explicit FailureListener(const doctest::ContextOptions&) {}
    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {}
    void test_run_end(const doctest::TestRunStats&) override {}
    void test_case_start(const doctest::TestCaseData&) override { case_failed = false; }
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_end(const doctest::CurrentTestCaseStats&) override {}
    void test_case_exception(const doctest::TestCaseException&) override { case_failed = true; }
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData& data) override {
        if (data.m_failed) case_failed = true;
    }
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}
};
REGISTER_LISTENER("temp_dir", 1, FailureListener);

bool keep() {
    const char* wish = std::getenv("NEPHELE_KEEP");
    return wish && std::string(wish) == "1" && (case_failed || std::uncaught_exceptions() > 0);
}

} // namespace

TempDir::TempDir(const std::string& name) {
    const char* base = std::getenv("TMPDIR");
    path_ = std::string(base && *base ? base : "/tmp") + "/nephele-" + name + "-XXXXXX";
    if (!mkdtemp(path_.data()))
        throw std::runtime_error("cannot make " + path_ + ": " + std::strerror(errno));
}

TempDir::~TempDir() {
    if (keep()) {
        std::fprintf(stderr, "kept: %s\n", path_.c_str());
        return;
    }
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

} // namespace nephele::test
