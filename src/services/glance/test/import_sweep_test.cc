// SPDX-License-Identifier: Apache-2.0
// The import, troubled at every step: whatever happens the image has all its data and its stores
// nothing else, or it has none.
#include "platform/operation/sweep.h"
#include "services/glance/drivers/sandbox.h"
#include "services/glance/ops/operations.h"
#include "services/glance/ops/sandboxed.h"
#include "services/glance/store/images.h"
#include "services/glance/store/locations.h"
#include "services/glance/store/tasks.h"
#include "services/glance/tasks/sweep.h"
#include "services/glance/test/web_origin.h"
#include "services/glance/test/world.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::glance;

namespace {
test::WebOrigin& web() {
    static test::WebOrigin origin;
    origin.pages["/image"] = {200, "data", ""};
    return origin;
}

struct ImportSweep : ops::SweepWorld {
    explicit ImportSweep(std::string method) : method(std::move(method)) {
        auto far = std::make_unique<FakeStore>("fake://far/");
        this->far = far.get();
        state().stores.add({.id = "far", .type = "fake", .driver = std::move(far)});
    }
    std::string method;
    ManualClock manual;
    test::TestCloud test{
        {glance::service()},
        {"glance.import_allowed_ports=[]", "glance.import_allowed_networks=[\"127.0.0.0/8\"]"},
        false,
        {},
        &manual};
    std::string member = test.token("one"), admin = test.admin(), id;
    FakeStore* far;

    State& state() { return test.cloud().state<State>(); }
    Cloud& cloud() override { return test.cloud(); }
    ManualClock& clock() override { return manual; }
    std::vector<ops::Operation> operations() override { return {import_image(), remove_staged()}; }

    void send(const char* part) {
        http::Headers headers;
        headers.set("Content-Type", "application/octet-stream");
        expect(test.raw("PUT", "/image/v2/images/" + id + part, member, "data", headers).status ==
                   204,
               "the data was not taken");
    }
    std::string start() override {
        id = test.post("/image/v2/images", member,
                       Json::parse(R"({"disk_format": "raw", "container_format": "bare"})"))
                 .json.text("id");
        if (method == "glance-direct") send("/stage");
        if (method == "copy-image") send("/file");
        Json how = Json::object({{"name", method}});
        if (method == "web-download") how["uri"] = web().url("/image");
        Json stores = method == "copy-image" ? Json::array({"far"}) : Json::array({"local", "far"});
        auto answer = test.post("/image/v2/images/" + id + "/import", admin,
                                Json::object({{"method", how}, {"stores", stores}}));
        expect(answer.status == 202, "the import was not taken: " + answer.text);
        return cloud().db().read(
            [&](db::Tx& tx) { return ops::of_resource(tx, "image", id).front().id; });
    }
    static void expect(bool good, const std::string& what) {
        if (!good) throw std::runtime_error(what);
    }
    std::size_t objects() {
        std::size_t count = 0;
        for (auto& store : state().stores.all()) count += store->driver->list().size();
        return count;
    }
    void check(const ops::Record& end) override {
        sweep(cloud());
        bool good = end.status == ops::Status::done;
        auto [image, tasks, problems] = cloud().db().read([&](db::Tx& tx) {
            return std::tuple(need(tx, images(), Scope::all(), id), store::tasks_of_image(tx, id),
                              store::transfer_errors(tx).size());
        });
        bool copy = method == "copy-image";
        expect(problems == 0, "a transfer is left");
        expect(!image.properties.has(import_lock), "the lock is left");
        expect(image.properties.text(importing_to) == "", "stores are left as being imported to");
        expect(image.stores() == (good ? "local,far" : copy ? "local" : ""), "wrong stores");
        expect(objects() == image.locations.size(), "objects and locations disagree");
        expect(image.status == (good || copy                ? Status::active
                                : method == "glance-direct" ? Status::uploading
                                                            : Status::queued),
               "wrong status " + text_of_enum(image.status));
        expect(state().staging->list().size() == (image.staged ? 1 : 0), "staged data is left");
        expect(image.staged.has_value() == (!good && method == "glance-direct"),
               "staged or not, and should not");
        expect(tasks.size() == 1 &&
                   tasks[0].status == (good ? TaskStatus::success : TaskStatus::failure),
               "the task does not tell so");
    }
};

void sweep_all(const std::function<std::unique_ptr<ops::SweepWorld>()>& make, int least) {
    auto result = ops::sweep(make);
    for (auto& problem : result.problems) FAIL_CHECK(problem);
    CHECK(result.runs >= least);
}
} // namespace

TEST_CASE("glance.import survives everything") {
    for (auto* method : {"glance-direct", "web-download", "copy-image"}) {
        CAPTURE(method);
        // Real children in one of them: a start of this program each is minutes under sanitizers.
        bool real = std::string(method) == "copy-image";
        auto here = real ? nullptr : run_children_here(inspect_here);
        sweep_all([&] { return std::make_unique<ImportSweep>(method); }, 20);
    }
}

TEST_CASE("glance.import with a store that fails at each call leaves nothing behind") {
    auto here = run_children_here(inspect_here);
    for (auto* method : {"glance-direct", "web-download", "copy-image"})
        for (auto point : {FakeStore::At::create, FakeStore::At::write, FakeStore::At::sync,
                           FakeStore::At::rename, FakeStore::At::remove}) {
            CAPTURE(method);
            CAPTURE(static_cast<int>(point));
            ImportSweep world(method);
            world.far->fail_at(point);
            auto id = world.start();
            auto end = [&] {
                world.test.settle();
                world.manual.advance_ms(60'000);
                return *world.cloud().db().read([&](db::Tx& tx) { return ops::find(tx, id); });
            };
            auto record = end();
            for (int i = 0; i < 50 && record.status != ops::Status::undone; ++i) record = end();
            CHECK(record.status == ops::Status::undone);
            world.far->fail_at(FakeStore::At::nowhere);
            world.check(record);
        }
}
