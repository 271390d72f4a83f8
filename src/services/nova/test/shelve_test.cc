// SPDX-License-Identifier: Apache-2.0
// Shelve and unshelve, rescue and unrescue.
#include "services/nova/test/server_world.h"

using namespace nephele;
using namespace nephele::nova;
using namespace nephele::nova::test;

namespace {
Json one(const char* name, Json value) { return Json::object({{name, std::move(value)}}); }
Json action(const char* name) { return one(name, Json()); }

std::size_t claims(World& w) {
    return w.cloud.cloud().db().read([](db::Tx& tx) {
        return static_cast<std::size_t>(
            tx.count("SELECT COUNT(*) FROM placement_allocations", db::Params{}));
    });
}

struct ShelveWorld : ServerWorld {
    std::string start() override {
        id = world.create_active("web");
        world.act(id, action("shelve"));
        return operation_of(ShelveServer::operation);
    }
    void check(const ops::Record& end) override {
        // What comes after it is another operation.
        world.settle();
        check_invariants();
        auto now = server();
        bool good = end.status == ops::Status::done;
        expect(now && !now->task_state, "a task is left");
        // The offloading that follows may have been cancelled as well.
        bool offloaded = now->vm_state == VmState::shelved_offloaded;
        expect(good ? offloaded || now->vm_state == VmState::shelved
                    : now->vm_state == VmState::active,
               "wrong vm_state");
        expect(guests() == (offloaded ? 0 : 1), "wrong number of guests");
        expect(images().size() == (good ? 2 : 1), "an image is left or lost");
        expect(good || world.hosts.guests[*now->host][id].text("power") == "running",
               "the guest is off");
    }
};
struct OffloadWorld : ServerWorld {
    std::string start() override {
        id = world.create_active("web");
        write_as_cloud(cloud(), "", [&](Context& context) {
            Server now = *store::find_server(context.tx, id);
            now.vm_state = VmState::shelved;
            now.shelved_image = image_id;
            start_offload(context, now);
        });
        return operation_of(OffloadServer::operation);
    }
    void check(const ops::Record& end) override {
        check_invariants();
        auto now = server();
        bool good = end.status == ops::Status::done;
        expect(now && !now->task_state, "a task is left");
        expect(good ? now->vm_state == VmState::shelved_offloaded
                    : now->vm_state == VmState::error || now->vm_state == VmState::shelved,
               "wrong vm_state");
        expect(!good || (!now->host && guests() == 0), "something is left on the host");
    }
};
struct UnshelveWorld : ServerWorld {
    std::string start() override {
        id = world.create_active("web");
        world.act(id, action("shelve"));
        world.settle();
        world.act(id, action("unshelve"));
        return operation_of(UnshelveServer::operation);
    }
    void check(const ops::Record& end) override {
        check_invariants();
        auto now = server();
        bool good = end.status == ops::Status::done;
        expect(now && !now->task_state, "a task is left");
        expect(now->vm_state == (good ? VmState::active : VmState::shelved_offloaded),
               "wrong vm_state");
        expect(guests() == (good ? 1 : 0), "wrong number of guests");
        expect(now->host.has_value() == good, "on a host, or on none");
        expect(images().size() == (good ? 1 : 2), "an image is left or lost");
    }
};
struct RescueWorld : ServerWorld {
    std::string start() override {
        id = world.create_active("web");
        world.act(id, action("rescue"));
        return operation_of(RescueServer::operation);
    }
    void check(const ops::Record& end) override {
        check_invariants();
        auto now = server();
        bool good = end.status == ops::Status::done;
        expect(now && !now->task_state, "a task is left");
        expect(now->vm_state == (good ? VmState::rescued : VmState::active), "wrong vm_state");
        auto& spec = world.hosts.guests[*now->host][id];
        expect(spec.text("rescue_image_id") == (good ? image_id : ""),
               "the host was told another thing");
    }
};
struct UnrescueWorld : ServerWorld {
    std::string start() override {
        id = world.create_active("web");
        world.act(id, action("rescue"));
        world.settle();
        world.act(id, action("unrescue"));
        return operation_of(UnrescueServer::operation);
    }
    void check(const ops::Record& end) override {
        check_invariants();
        auto now = server();
        bool good = end.status == ops::Status::done;
        expect(now && !now->task_state, "a task is left");
        expect(now->vm_state == (good ? VmState::active : VmState::error), "wrong vm_state");
    }
};
} // namespace

TEST_CASE("nova shelve: off its host, and back on any") {
    World w(2);
    std::string id = w.create_active("web");
    std::string host = w.show(id, w.admin).text("OS-EXT-SRV-ATTR:host");
    CHECK(w.act(id, action("unshelve")).status == 409);
    REQUIRE(w.act(id, action("shelve")).status == 202);
    CHECK(w.show(id).text("OS-EXT-STS:task_state") == "shelving");
    w.settle();
    Json shelved = w.show(id, w.admin);
    CHECK(shelved.text("status") == "SHELVED_OFFLOADED");
    CHECK(shelved.at("OS-EXT-SRV-ATTR:host").is_null());
    CHECK(shelved.at("addresses").size() == 1);
    CHECK(w.hosts.guests[host].count(id) == 0);
    CHECK(claims(w) == 0);
    std::string image;
    for (auto& [key, facts] : images())
        if (facts.name == "web-shelved") image = key;
    CHECK(images()[image].status == "active");
    CHECK(w.act(id, action("os-start")).status == 409);
    CHECK(w.act(id, action("shelve")).status == 409);
    // The other host has it now.
    w.hosts.asleep = {host};
    std::string other = host == "h1" ? "h2" : "h1";
    auto to = Json::object({{"host", other}});
    CHECK(w.act(id, one("unshelve", to)).status == 403);
    CHECK(w.act(id, one("unshelve", Json::object({{"availability_zone", "nowhere"}}))).status ==
          400);
    CHECK(w.act(id, one("unshelve", Json::object({{"what", "x"}}))).status == 400);
    REQUIRE(w.act(id, one("unshelve", to), w.admin).status == 202);
    w.settle();
    Json back = w.show(id, w.admin);
    CHECK(back.text("status") == "ACTIVE");
    CHECK(back.text("OS-EXT-SRV-ATTR:host") == other);
    CHECK(back.at("image").text("id") == image_id);
    CHECK(w.hosts.guests[other][id].text("image_id") == image);
    CHECK(images().count(image) == 0);
    CHECK(claims(w) == 3);
    CHECK(broken_invariants(w.cloud.cloud()).empty());
}

TEST_CASE("nova shelve: an unshelve without room leaves it shelved; a delete takes its image") {
    World w(1);
    std::string id = w.create_active("web");
    REQUIRE(w.act(id, action("shelve")).status == 202);
    w.settle();
    w.hosts.broken = {"h1"};
    REQUIRE(w.act(id, action("unshelve")).status == 202);
    w.settle();
    CHECK(w.show(id).text("status") == "SHELVED_OFFLOADED");
    CHECK(w.show(id).at("OS-EXT-STS:task_state").is_null());
    CHECK(images().size() == 2);
    CHECK(claims(w) == 0);
    CHECK(broken_invariants(w.cloud.cloud()).empty());
    CHECK(w.call("DELETE", "/servers/" + id, w.member).status == 204);
    w.settle();
    CHECK(w.show(id).is_null());
    CHECK(images().size() == 1);
    CHECK(broken_invariants(w.cloud.cloud()).empty());
}

TEST_CASE("nova shelve: kept on its host until it is offloaded") {
    World w(1, nullptr, {"nova.shelved_offload_time=-1"});
    std::string id = w.create_active("web");
    CHECK(w.act(id, action("shelveOffload"), w.admin).status == 409);
    for (bool offload : {false, true}) {
        REQUIRE(w.act(id, action("shelve")).status == 202);
        w.settle();
        CHECK(w.show(id).text("status") == "SHELVED");
        CHECK(claims(w) == 3);
        CHECK(w.hosts.guests["h1"][id].text("power") == "stopped");
        CHECK(w.act(id, one("unshelve", one("availability_zone", "nova"))).status == 409);
        if (offload) {
            CHECK(w.act(id, action("shelveOffload")).status == 403);
            REQUIRE(w.act(id, action("shelveOffload"), w.admin).status == 202);
            w.settle();
            CHECK(w.show(id).text("status") == "SHELVED_OFFLOADED");
            CHECK(claims(w) == 0);
        }
        REQUIRE(w.act(id, action("unshelve")).status == 202);
        w.settle();
        CHECK(w.show(id).text("status") == "ACTIVE");
        CHECK(images().size() == 1);
    }
    CHECK(broken_invariants(w.cloud.cloud()).empty());
}

TEST_CASE("nova rescue: from another image, with its own disk beside it") {
    World w(1);
    std::string id = w.create_active("web");
    std::string missing = "0a0a0a0a-0a0a-40a0-8a0a-0a0a0a0a0a0a";
    CHECK(w.act(id, one("rescue", one("rescue_image_ref", missing))).status == 400);
    CHECK(w.act(id, action("unrescue")).status == 409);
    auto answer = w.act(id, one("rescue", one("adminPass", "secret")));
    REQUIRE(answer.status == 200);
    CHECK(answer.json.text("adminPass") == "secret");
    w.settle();
    CHECK(w.show(id).text("status") == "RESCUE");
    auto& spec = w.hosts.guests["h1"][id];
    CHECK(spec.text("rescue_image_id") == image_id);
    CHECK(spec.integer("hard_reboots") == 1);
    CHECK(w.act(id, action("os-stop")).status == 409);
    REQUIRE(w.act(id, action("unrescue")).status == 202);
    w.settle();
    CHECK(w.show(id).text("status") == "ACTIVE");
    CHECK(w.hosts.guests["h1"][id].text("rescue_image_id").empty());
    CHECK(w.act(id, one("changePassword", one("adminPass", "x"))).status == 409);
    CHECK(w.act(id, one("changePassword", Json())).status == 400);
    CHECK(broken_invariants(w.cloud.cloud()).empty());
}

TEST_CASE("nova soft delete: had back in time, or gone") {
    ManualClock clock;
    World w(1, &clock, {"nova.reclaim_instance_interval=600"});
    std::string id = w.create_active("web");
    CHECK(w.act(id, action("restore")).status == 409);
    for (bool restored : {true, false}) {
        CHECK(w.call("DELETE", "/servers/" + id, w.member).status == 204);
        w.settle();
        CHECK(w.show(id).text("status") == "SOFT_DELETED");
        CHECK(w.hosts.guests["h1"][id].text("power") == "stopped");
        CHECK(w.call("GET", "/servers", w.member).json.at("servers").size() == 0);
        CHECK(w.call("GET", "/servers?status=soft_deleted", w.admin).json.at("servers").size() ==
              0); // of another project
        if (!restored) break;
        CHECK(w.act(id, action("restore"), w.other).status == 404);
        CHECK(w.act(id, action("restore")).status == 202);
        w.settle();
        CHECK(w.show(id).text("status") == "ACTIVE");
        CHECK(w.hosts.guests["h1"][id].text("power") == "running");
    }
    w.cloud.node().tasks().run_all();
    w.settle();
    CHECK(w.show(id).text("status") == "SOFT_DELETED");
    std::string forced = w.create_active("again");
    CHECK(w.act(forced, action("forceDelete")).status == 202);
    w.settle();
    CHECK(w.show(forced).is_null());
    clock.advance_ms(601'000);
    w.cloud.node().tasks().run_all();
    w.settle();
    CHECK(w.show(id).is_null());
    CHECK(broken_invariants(w.cloud.cloud()).empty());
}

TEST_CASE("nova sweep: shelve") { sweep_all<ShelveWorld>(20); }
TEST_CASE("nova sweep: offload") { sweep_all<OffloadWorld>(8); }
TEST_CASE("nova sweep: unshelve") { sweep_all<UnshelveWorld>(15); }
TEST_CASE("nova sweep: rescue") { sweep_all<RescueWorld>(10); }
TEST_CASE("nova sweep: unrescue") { sweep_all<UnrescueWorld>(8); }
