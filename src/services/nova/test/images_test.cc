// SPDX-License-Identifier: Apache-2.0
// createImage and createBackup; what goes wrong on the way leaves the server as it was.
#include "services/nova/test/server_world.h"

using namespace nephele;
using namespace nephele::nova;
using namespace nephele::nova::test;

namespace {
Json one(const char* name, Json value) { return Json::object({{name, std::move(value)}}); }
Json snapshot(const char* name) { return one("createImage", one("name", name)); }
Json backup(const char* name, std::int64_t rotation) {
    return one("createBackup",
               Json::object({{"name", name}, {"backup_type", "daily"}, {"rotation", rotation}}));
}

struct SnapshotWorld : ServerWorld {
    std::string image;
    std::string start() override {
        id = world.create_active("web");
        image = world.act(id, snapshot("copy")).json.text("image_id");
        return operation_of(SnapshotServer::operation);
    }
    void check(const ops::Record& end) override {
        check_invariants();
        auto now = server();
        bool made = end.status == ops::Status::done;
        expect(now && now->vm_state == VmState::active && !now->task_state, "not as it was");
        expect(images().count(image) == (made ? 1 : 0), "an image is left or lost");
        expect(!made || images()[image].status == "active", "the image has no data");
    }
};
} // namespace

TEST_CASE("nova createImage: an image of a server's disk, by what names it") {
    World w;
    std::string id = w.create_active("web");
    Json body = one("createImage", Json::object({{"name", "copy"}, {"metadata", one("k", "v")}}));
    auto made = w.act(id, body);
    INFO(made.text);
    REQUIRE(made.status == 202);
    std::string image = made.json.text("image_id");
    CHECK(images()[image].status == "queued");
    CHECK(w.show(id).text("OS-EXT-STS:task_state") == "image_snapshot_pending");
    CHECK(w.show(id).text("status") == "ACTIVE");
    CHECK(w.act(id, body).status == 409);
    w.settle();
    CHECK(w.show(id).at("OS-EXT-STS:task_state").is_null());
    auto& facts = images()[image];
    CHECK(facts.status == "active");
    CHECK(facts.name == "copy");
    CHECK(facts.disk_format == "qcow2");
    CHECK(facts.min_disk == 1);
    for (auto& [key, value] : std::map<std::string, std::string>{{"image_type", "snapshot"},
                                                                 {"base_image_ref", image_id},
                                                                 {"instance_uuid", id},
                                                                 {"image_state", "available"},
                                                                 {"owner_id", facts.owner},
                                                                 {"k", "v"}})
        CHECK(facts.properties.text(key) == value);
    // Old clients find the id in a header.
    auto old = w.call("POST", "/servers/" + id + "/action", w.member, snapshot("old"), "2.44");
    CHECK(old.status == 202);
    CHECK(old.text.empty());
    CHECK(old.headers.get("Location").find("/images/") != std::string::npos);
    w.settle();
    CHECK(broken_invariants(w.cloud.cloud()).empty());
}

TEST_CASE("nova createImage: wrong bodies, foreign servers") {
    World w;
    std::string id = w.create_active("web");
    CHECK(w.act(id, one("createImage", Json())).status == 400);
    CHECK(w.act(id, snapshot(" ")).status == 400);
    CHECK(w.act(id, one("createImage", one("metadata", Json::object()))).status == 400);
    CHECK(w.act(id, one("createImage", Json::object({{"name", "a"}, {"more", 1}}))).status == 400);
    CHECK(w.act(id, one("createImage", Json::object({{"name", "a"}, {"metadata", one("k", 1)}})))
              .status == 400);
    CHECK(w.act(id, snapshot("a"), w.other).status == 404);
    CHECK(w.act(id, one("createBackup", one("name", "a"))).status == 400);
    CHECK(w.act(id, backup("a", -1)).status == 400);
    w.settle();
    CHECK(images().size() == 1);
}

TEST_CASE("nova createImage: a host or a store that fails leaves the server as it was") {
    World w;
    std::string id = w.create_active("web");
    w.hosts.broken_kinds = {"guest_snapshot"};
    REQUIRE(w.act(id, snapshot("a")).status == 202);
    w.settle();
    CHECK(w.show(id).text("status") == "ACTIVE");
    CHECK(w.show(id).at("OS-EXT-STS:task_state").is_null());
    CHECK(images().size() == 1);
    w.hosts.broken_kinds.clear();
    failing_uploads() = 1;
    REQUIRE(w.act(id, snapshot("b")).status == 202);
    w.settle();
    CHECK(w.show(id).text("status") == "ACTIVE");
    CHECK(images().size() == 1);
    CHECK(broken_invariants(w.cloud.cloud()).empty());
}

TEST_CASE("nova createBackup: only so many are kept, the oldest go") {
    ManualClock clock;
    World w(1, &clock);
    std::string id = w.create_active("web");
    std::vector<std::string> made;
    for (auto* name : {"a", "b", "c"}) {
        clock.advance_ms(60'000);
        auto answer = w.act(id, backup(name, 2));
        REQUIRE(answer.status == 202);
        made.push_back(answer.json.text("image_id"));
        w.settle();
    }
    CHECK(images().count(made[0]) == 0);
    CHECK(images().count(made[1]) == 1);
    CHECK(images()[made[2]].properties.text("backup_type") == "daily");
    CHECK(images()[made[2]].properties.text("image_type") == "backup");
    REQUIRE(w.act(id, backup("d", 0)).status == 202);
    w.settle();
    CHECK(images().size() == 1);
}

TEST_CASE("nova sweep: snapshot") { sweep_all<SnapshotWorld>(15); }
