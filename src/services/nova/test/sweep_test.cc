// SPDX-License-Identifier: Apache-2.0
// Every operation of nova, troubled at every step: fails for a while, fails for good, dies, is
// repeated, is cancelled. Whatever happens, the invariants of `nephele check` hold at the end.
#include "services/nova/test/server_world.h"

using namespace nephele;
using namespace nephele::nova;
using namespace nephele::nova::test;

namespace {
struct CreateWorld : ServerWorld {
    std::string start() override {
        id = world.create("web");
        return operation_of(CreateServer::operation);
    }
    void check(const ops::Record& end) override {
        check_invariants();
        bool made = end.status == ops::Status::done;
        auto now = server();
        expect(now.has_value(), "the server is gone");
        expect(now->vm_state == (made ? VmState::active : VmState::error), "wrong vm_state");
        expect(!now->task_state, "a task is left");
        expect(guests() == (made ? 1 : 0), "wrong number of guests");
        expect(made || (now->fault && !now->host), "no fault, or still on a host");
    }
};

struct DeleteWorld : ServerWorld {
    std::string start() override {
        id = world.create_active("web");
        world.call("DELETE", "/servers/" + id, world.member);
        return operation_of(DeleteServer::operation);
    }
    void check(const ops::Record& end) override {
        check_invariants();
        auto now = server();
        if (end.status == ops::Status::done) {
            expect(!now, "the server is still there");
            expect(guests() == 0, "its guest is still there");
        } else {
            expect(now && now->vm_state == VmState::error && !now->task_state,
                   "a failed delete leaves an ERROR that can be deleted again");
        }
    }
};

struct StopWorld : ServerWorld {
    std::string start() override {
        id = world.create_active("web");
        world.act(id, Json::object({{"os-stop", Json()}}));
        return operation_of(ChangePower::operation);
    }
    void check(const ops::Record& end) override {
        check_invariants();
        auto now = server();
        bool stopped = end.status == ops::Status::done;
        expect(now && !now->task_state, "a task is left");
        expect(now->vm_state == (stopped ? VmState::stopped : VmState::active), "wrong vm_state");
        auto& spec = world.hosts.guests[*now->host][id];
        expect(spec.text("power") == (stopped ? "stopped" : "running"),
               "the host was not told what the server says");
    }
};

struct InterfaceWorld : ServerWorld {
    std::size_t cards() {
        auto now = server();
        return world.hosts.guests[*now->host][id].at("nics").size();
    }
    std::size_t ports() {
        return world.call("GET", "/servers/" + id + "/os-interface", world.member)
            .json.at("interfaceAttachments")
            .size();
    }
};
struct AttachWorld : InterfaceWorld {
    std::string start() override {
        id = world.create_active("web");
        Json body =
            Json::object({{"interfaceAttachment", Json::object({{"net_id", world.network}})}});
        world.call("POST", "/servers/" + id + "/os-interface", world.member, body);
        return operation_of(AttachInterface::operation);
    }
    void check(const ops::Record& end) override {
        check_invariants();
        std::size_t wanted = end.status == ops::Status::done ? 2 : 1;
        expect(ports() == wanted, "wrong number of ports");
        expect(cards() == wanted, "wrong number of cards");
    }
};
struct DetachWorld : InterfaceWorld {
    std::string start() override {
        id = world.create_active("web");
        std::string path = "/servers/" + id + "/os-interface";
        auto all = world.call("GET", path, world.member).json.at("interfaceAttachments");
        world.call("DELETE", path + "/" + all.as_array()[0].text("port_id"), world.member);
        return operation_of(DetachInterface::operation);
    }
    void check(const ops::Record& end) override {
        check_invariants();
        std::size_t wanted = end.status == ops::Status::done ? 0 : 1;
        expect(ports() == wanted, "wrong number of ports");
        expect(cards() == wanted, "wrong number of cards");
    }
};

struct RebuildWorld : ServerWorld {
    std::string start() override {
        id = world.create_active("web");
        world.act(id, Json::object({{"rebuild", Json::object({{"imageRef", image_id}})}}));
        return operation_of(RebuildServer::operation);
    }
    void check(const ops::Record& end) override {
        check_invariants();
        auto now = server();
        bool good = end.status == ops::Status::done;
        expect(now && !now->task_state, "a task is left");
        expect(now->vm_state == (good ? VmState::active : VmState::error), "wrong vm_state");
        expect(!good || world.hosts.guests[*now->host][id].integer("rebuilds") == 1,
               "not rebuilt exactly once");
    }
};

struct ResizeWorld : ServerWorld {
    void resize() {
        id = world.create_active("web");
        Json flavor = Json::object(
            {{"id", "2"}, {"name", "large"}, {"ram", 1024}, {"vcpus", 2}, {"disk", 2}});
        world.call("POST", "/flavors", world.admin, Json::object({{"flavor", flavor}}));
        world.act(id, Json::object({{"resize", Json::object({{"flavorRef", "2"}})}}));
    }
    std::string start() override {
        resize();
        return operation_of(ResizeServer::operation);
    }
    void expect_size(bool large, VmState vm_state) {
        check_invariants();
        auto now = server();
        expect(now && !now->task_state, "a task is left");
        expect(now->vm_state == vm_state, "wrong vm_state");
        expect(now->flavor_id == (large ? "2" : "1"), "wrong flavor");
        auto& spec = world.hosts.guests[*now->host][id];
        expect(spec.integer("vcpus") == (large ? 2 : 1), "the host has another size");
        expect(spec.text("power") == "running", "the guest is off");
    }
    void check(const ops::Record& end) override {
        bool good = end.status == ops::Status::done;
        expect(!good || server()->resize->flavor.id == "1", "the way back is lost");
        expect_size(good, good ? VmState::resized : VmState::active);
    }
};
struct RevertWorld : ResizeWorld {
    std::string start() override {
        resize();
        world.settle();
        world.act(id, Json::object({{"revertResize", Json()}}));
        return operation_of(RevertResize::operation);
    }
    void check(const ops::Record& end) override {
        if (end.status == ops::Status::done) return expect_size(false, VmState::active);
        check_invariants();
        expect(server()->vm_state == VmState::error, "a failed revert is an ERROR");
    }
};
} // namespace

TEST_CASE("nova sweep: create") { sweep_all<CreateWorld>(20); }
TEST_CASE("nova sweep: delete") { sweep_all<DeleteWorld>(10); }
TEST_CASE("nova sweep: change power") { sweep_all<StopWorld>(10); }
TEST_CASE("nova sweep: attach an interface") { sweep_all<AttachWorld>(20); }
TEST_CASE("nova sweep: detach an interface") { sweep_all<DetachWorld>(10); }
TEST_CASE("nova sweep: rebuild") { sweep_all<RebuildWorld>(10); }
TEST_CASE("nova sweep: resize") { sweep_all<ResizeWorld>(20); }
TEST_CASE("nova sweep: revert a resize") { sweep_all<RevertWorld>(10); }
