// SPDX-License-Identifier: Apache-2.0
#include "services/nova/logic/naming.h"
#include "services/nova/logic/quota.h"
#include "services/nova/logic/scheduler.h"
#include "services/nova/logic/server_checks.h"
#include "services/nova/logic/states.h"
#include "services/nova/store/server_filters.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::nova;
using namespace nephele::nova::logic;

TEST_CASE("nova states: what is shown and what is allowed") {
    CHECK(status_of(VmState::active, TaskState::rebooting_hard) == "HARD_REBOOT");
    CHECK(status_of(VmState::active, TaskState::pausing) == "ACTIVE");
    CHECK(status_of(VmState::stopped, {}) == "SHUTOFF");
    Now now{"x", VmState::active, {}, true};
    CHECK_NOTHROW(check_allowed("stop", now));
    CHECK_THROWS_WITH(check_allowed("start", now),
                      "Cannot 'start' instance x while it is in vm_state active");
    now.task_state = TaskState::rebooting;
    CHECK_THROWS_WITH(check_allowed("stop", now),
                      "Cannot 'stop' instance x while it is in task_state rebooting");
    CHECK_NOTHROW(check_allowed("hard reboot", now));
    now = {"x", VmState::error, {}, false};
    CHECK_THROWS_AS(check_allowed("hard reboot", now), Failure);
}

TEST_CASE("nova naming") {
    CHECK(usual_ipv6("0000:0000:0000:0000:0000:babe:220.12.22.2") == "::babe:dc0c:1602");
    CHECK(usual_ipv6("") == "");
    CHECK(name_of_one("web", 0, 1) == "web");
    CHECK(name_of_one("web", 1, 3) == "web-2");
    CHECK(hostname_from("My Server_1.x", "id") == "my-server-1-x");
    CHECK(hostname_from("___", "id") == "server-id");
    CHECK(hostname_from("имя", "id") == "server-id");
    CHECK(hostname_from(std::string(100, 'a'), "id").size() == 63);
    CHECK(is_hostname_allowed("a-1", false));
    CHECK(!is_hostname_allowed("a.b", false));
    CHECK(is_hostname_allowed("a.b", true));
    CHECK(!is_hostname_allowed("-a", true));
    CHECK(instance_name("01234567-89ab-cdef-0000-000000000000") == "instance-0123456789ab");
}

TEST_CASE("nova quotas: what fits, and the words when it does not") {
    Amounts limits{{"instances", 10}, {"cores", 20}, {"ram", -1}};
    Amounts used{{"instances", 2}, {"cores", 18}, {"ram", 4096}};
    CHECK(instances_that_fit(limits, used, 5, 1, 512) == 2);
    CHECK(instances_that_fit(limits, used, 5, 4, 512) == 0);
    CHECK_THROWS_WITH(check_instances(limits, used, 1, 4, 512),
                      "Quota exceeded for cores: Requested 4, but already used 18 of 20 cores");
    CHECK_NOTHROW(check_instances(limits, used, 2, 1, 1 << 20));
}

TEST_CASE("nova scheduler: filters, weighs, explains") {
    auto host = [](const char* name, const char* zone, std::int64_t used) {
        HostChoice h;
        h.provider = h.host = h.node = name;
        h.zone = zone;
        h.capacity = {{"MEMORY_MB", 1000}, {"VCPU", 10}};
        h.used = {{"MEMORY_MB", used}, {"VCPU", 0}};
        return h;
    };
    std::vector<HostChoice> hosts{host("a", "z1", 500), host("b", "z1", 100), host("c", "z2", 0)};
    HostWish wish;
    wish.server_id = "s";
    CHECK(choose_host(hosts, wish, 3, {}).host == "c");
    wish.zone = "z1";
    CHECK(choose_host(hosts, wish, 3, {}).host == "b");
    wish.tried = {"b"};
    CHECK(choose_host(hosts, wish, 3, {}).host == "a");
    hosts[0].up = false;
    try {
        choose_host(hosts, wish, 5, {{"lacks VCPU", 2}});
        FAIL("a host was chosen");
    } catch (const Failure& failure) {
        CHECK(failure.code() == "NoValidHost");
        CHECK(std::string(failure.what()) ==
              "No valid host was found. There are not enough hosts available. 5 hosts considered: "
              "2 x lacks VCPU; 1 x is down; 1 x is not in availability zone z1; 1 x failed to "
              "build this server already.");
        CHECK(failure.details().at("removed").size() == 4);
    }
    hosts[0].up = true;
    hosts[1].failed_builds = 1;
    wish.tried.clear();
    CHECK(choose_host(hosts, wish, 3, {}).host == "a");
    wish.host = "b";
    CHECK(choose_host(hosts, wish, 3, {}).host == "b");
    // Equal hosts are spread by server, always the same for one server.
    std::vector<HostChoice> equal;
    for (auto name : {"e1", "e2", "e3", "e4"}) equal.push_back(host(name, "z", 0));
    std::map<std::string, int> chosen;
    for (int i = 0; i < 100; ++i) {
        HostWish one;
        one.server_id = "server-" + std::to_string(i * 7919);
        ++chosen[choose_host(equal, one, 4, {}).host];
    }
    CHECK(chosen.size() == 4);
}

TEST_CASE("nova checks of new servers") {
    constexpr std::int64_t gib = 1LL << 30;
    CHECK_NOTHROW(check_image({"i", "active", 1, 64, gib, gib}, 1, 64));
    CHECK_THROWS_WITH(check_image({"i", "queued"}, 1, 64), "Image i is not active.");
    CHECK_THROWS_AS(check_image({"i", "active", 0, 65}, 1, 64), Failure);
    CHECK_THROWS_AS(check_image({"i", "active", 2, 0}, 1, 64), Failure);
    CHECK_THROWS_AS(check_image({"i", "active", 0, 0, 1, 2 * gib}, 1, 64), Failure);
    CHECK_NOTHROW(check_image({"i", "active", 2, 0, 1, 2 * gib}, 0, 64));
    auto place = read_zone("z:h:n");
    CHECK(place.zone == "z");
    CHECK(place.host == "h");
    CHECK(read_zone("z::n").host == "n");
    CHECK_THROWS_AS(read_zone("a:b:c:d"), Failure);
    Json own = Json::array({Json::object({{"source_type", "image"},
                                          {"destination_type", "local"},
                                          {"uuid", "i"},
                                          {"boot_index", 0}})});
    CHECK(!needs_volumes(own, "i"));
    CHECK(needs_volumes(own, "j"));
    CHECK(!needs_volumes(Json(), "i"));
}

TEST_CASE("nova filters: patterns become LIKE's") {
    CHECK(store::like_pattern("web") == "%web%");
    CHECK(store::like_pattern("^web$") == "web");
    CHECK(store::like_pattern("^a.*b.c") == "a%b_c%");
    CHECK(store::like_pattern("a\\.b") == "%a.b%");
    CHECK(store::like_pattern("100%_") == "%100\\%\\_%");
    CHECK(!store::like_pattern("(a+)+"));
    CHECK(!store::like_pattern("[a-z]"));
    CHECK(!store::like_pattern("\\d"));
    CHECK(store::like_pattern("a\\$") == "%a$%");
}
