// SPDX-License-Identifier: Apache-2.0
// What tools/bench cannot see from outside: validations of one token a second in the process, and
// CPU milliseconds of one password hash at the configured cost. Prints one JSON object.
#include "main/services.h"
#include "platform/crypto/password.h"
#include "services/keystone/client.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_cloud.h"

#include <cstdio>
#include <ctime>
#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::test;

namespace {
double cpu_ms() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

std::string log_in(TestCloud& cloud) {
    Json domain = Json::object({{"id", "default"}});
    Json user = Json::object({{"name", "admin"}, {"domain", domain}, {"password", "bench"}});
    Json identity = Json::object(
        {{"methods", Json::array({"password"})}, {"password", Json::object({{"user", user}})}});
    Json scope = Json::object({{"project", Json::object({{"name", "admin"}, {"domain", domain}})}});
    auto answer = cloud.post(
        "/identity/v3/auth/tokens", "",
        Json::object({{"auth", Json::object({{"identity", identity}, {"scope", scope}})}}));
    REQUIRE(answer.status == 201);
    return answer.headers.get("X-Subject-Token");
}
} // namespace

TEST_CASE("token validation in the process, and the cost of a hash") {
    TempDir directory("token-bench");
    TestCloud cloud(all_services(),
                    {"data.directory=\"" + directory.path() + "\"", "log.level=\"error\"",
                     "keystone.admin_password=\"bench\""},
                    false, keystone::client::bootstrap_node);
    std::string token = log_in(cloud);
    const int rounds = 200'000;
    double before = cpu_ms();
    int valid = 0;
    for (int i = 0; i < rounds; ++i)
        valid += cloud.cloud().authenticator->authenticate(token).has_value();
    double each = (cpu_ms() - before) / rounds;
    REQUIRE(valid == rounds);
    password::Options options;
    before = cpu_ms();
    password::hash(password::Password("bench"), options);
    std::printf("RESULT {\"validations_a_second\": %.0f, \"hash_ms\": %.2f}\n", 1000 / each,
                cpu_ms() - before);
}
