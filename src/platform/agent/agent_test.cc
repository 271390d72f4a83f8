// SPDX-License-Identifier: Apache-2.0
// The agent at work: with a maker that can be told to fail, a link that can be cut, and a host that
// dies and comes back with its disk.
#include "platform/agent/agent.h"

#include "base/strings.h"
#include "platform/journal/journal.h"
#include "tests/support/temp_dir.h"

#include <chrono>
#include <condition_variable>
#include <doctest/doctest.h>
#include <fstream>
#include <mutex>
#include <set>

using namespace nephele;
using namespace nephele::agent;

namespace {

constexpr auto patience = std::chrono::seconds(60);

/// The host's disks. They stay when the agent dies.
class FakeDisks : public Maker {
  public:
    Observed ensure(const Desired& desired,
                    const std::function<void(const Observed&)>& report) override {
        std::unique_lock lock(mutex_);
        CHECK(busy_.insert(desired.id).second); // Never twice at a time.
        calls.push_back(format("{}{}@{}", desired.absent ? "-" : "+", desired.id,
                               desired.spec.integer("size")));
        changed_.notify_all();
        changed_.wait_for(lock, patience, [&] { return !held; });
        busy_.erase(desired.id);
        if (!failure.empty()) {
            std::string why = failure;
            if (fail_times > 0 && --fail_times == 0) failure.clear();
            throw EngineFailure(
                permanent ? EngineFailure::Kind::permanent : EngineFailure::Kind::transient, why);
        }
        Observed working;
        working.status = Json::object({{"percent", 50}});
        report(working);
        Observed out;
        out.status = Json::object({{"size", desired.spec.integer("size")}});
        out.phase = desired.absent ? Phase::absent : Phase::ready;
        desired.absent ? disks.erase(desired.id) : disks.insert(desired.id).second;
        changed_.notify_all();
        return out;
    }
    std::vector<std::string> present() override {
        std::lock_guard lock(mutex_);
        ++listings;
        changed_.notify_all();
        return {disks.begin(), disks.end()};
    }
    void remove_stray(const std::string& id) override {
        std::lock_guard lock(mutex_);
        strays.push_back(id);
        disks.erase(id);
        changed_.notify_all();
    }

    template <class F> bool eventually(F&& condition) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, condition);
    }
    template <class F> auto with(F&& change) {
        std::lock_guard lock(mutex_);
        changed_.notify_all();
        return change();
    }

    std::set<std::string> disks;
    std::vector<std::string> calls, strays;
    int listings = 0;
    bool held = false; ///< ensure does not come back
    std::string failure;
    int fail_times = 0; ///< 0: always
    bool permanent = false;

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<std::string> busy_;
};

/// The way to the control plane, which can be cut.
class CutLink : public Link {
  public:
    explicit CutLink(Cloud& cloud) : inner_(in_process_link(cloud)) {}
    std::atomic<bool> cut{false};
    std::atomic<int> full_pulls{0};
    Delta pull(const std::string& host, std::int64_t since, int wait_ms) override {
        check();
        if (since == 0) ++full_pulls;
        return inner_->pull(host, since, wait_ms);
    }
    void report(const std::string& host, const std::vector<Observed>& observed) override {
        check();
        inner_->report(host, observed);
    }
    void hello(const std::string& host, const Json& facts) override {
        check();
        inner_->hello(host, facts);
    }
    void interrupt(const std::string& host) override { inner_->interrupt(host); }

  private:
    void check() {
        if (cut) throw std::runtime_error("connection refused");
    }
    std::unique_ptr<Link> inner_;
};

struct World {
    World() : cloud(Config(), db::Database::open({}), system_clock(), ids), link(cloud) {
        cloud.db().migrate(journal::migrations());
        cloud.db().migrate(migrations());
        hint = cloud.db().listen(journal::channel, [this] {
            std::lock_guard lock(mutex);
            changed.notify_all();
        });
    }
    void start_agent() {
        agent = std::make_unique<Agent>(
            AgentOptions{"h1", dir.file("desired"), 2, retry_ms, resync_ms}, link,
            std::map<std::string, std::shared_ptr<Maker>>{{"disk", disks}}, system_clock(), [] {
                return Json::object({{"cpus", 4}});
            });
        agent->start();
    }
    std::int64_t desire(const std::string& id, int size, const std::string& kind = "disk") {
        return write_as_cloud(cloud, "", [&](Context& c) {
            return agent::desire(c, "h1", kind, id, Json::object({{"size", size}}));
        });
    }
    std::int64_t desire_absent(const std::string& id) {
        return write_as_cloud(
            cloud, "", [&](Context& c) { return agent::desire_absent(c, "h1", "disk", id); });
    }
    bool reached(const std::string& id, std::int64_t generation) {
        return cloud.db().read(
            [&](db::Tx& tx) { return agent::reached(tx, "h1", "disk", id, generation); });
    }
    std::optional<Observed> observed(const std::string& id, const std::string& kind = "disk") {
        return cloud.db().read([&](db::Tx& tx) { return agent::observed(tx, "h1", kind, id); });
    }
    /// Asks again after each change that is journaled.
    template <class F> bool eventually(F&& condition) {
        auto until = std::chrono::steady_clock::now() + patience;
        std::unique_lock lock(mutex);
        while (std::chrono::steady_clock::now() < until) {
            lock.unlock();
            bool is_so = condition();
            lock.lock();
            if (is_so) return true;
            changed.wait_for(lock, std::chrono::milliseconds(20));
        }
        return false;
    }

    test::TempDir dir{"agent"};
    SeededIds ids{5};
    Cloud cloud;
    std::mutex mutex;
    std::condition_variable changed;
    std::shared_ptr<void> hint;
    CutLink link;
    std::shared_ptr<FakeDisks> disks = std::make_shared<FakeDisks>();
    std::int64_t retry_ms = 1, resync_ms = 3'600'000;
    std::unique_ptr<Agent> agent;
};

} // namespace

TEST_CASE_FIXTURE(World, "what is desired is made, what is not any more goes") {
    auto first = desire("a", 1);
    start_agent();
    CHECK(eventually([&] { return reached("a", first); }));
    CHECK(observed("a")->status.integer("size") == 1);
    auto second = desire("b", 2), bigger = desire("a", 3);
    CHECK(eventually([&] { return reached("b", second) && reached("a", bigger); }));
    CHECK(disks->disks == std::set<std::string>{"a", "b"});
    auto gone = desire_absent("a");
    CHECK(eventually([&] { return reached("a", gone); }));
    CHECK(disks->disks == std::set<std::string>{"b"});
    CHECK(cloud.db().read([](db::Tx& tx) { return hosts(tx)[0].facts.integer("cpus"); }) == 4);
}

TEST_CASE_FIXTURE(World, "a transient failure is reported and tried again") {
    disks->failure = "the pool is busy";
    disks->fail_times = 3;
    auto generation = desire("a", 1);
    start_agent();
    CHECK(eventually([&] { return reached("a", generation); }));
    CHECK(disks->with([&] { return disks->calls.size(); }) == 4);
    CHECK(observed("a")->error == "");
}

TEST_CASE_FIXTURE(World, "a permanent failure is not tried again until told so") {
    disks->failure = "no such pool";
    disks->permanent = true;
    auto generation = desire("a", 1);
    start_agent();
    CHECK(eventually([&] {
        auto o = observed("a");
        return o && o->phase == Phase::failed;
    }));
    CHECK(observed("a")->permanent);
    CHECK_THROWS_AS(reached("a", generation), EngineFailure);
    CHECK(disks->with([&] { return disks->calls.size(); }) == 1);
    disks->with([&] {
        disks->failure.clear();
        return 0;
    });
    auto next = desire("a", 2);
    CHECK(eventually([&] { return reached("a", next); }));
    CHECK(disks->with([&] { return disks->calls.size(); }) == 2);
}

TEST_CASE_FIXTURE(World, "a kind without a maker fails for good, with the way out") {
    desire("x", 1, "tape");
    start_agent();
    CHECK(eventually([&] { return observed("x", "tape").has_value(); }));
    CHECK(observed("x", "tape")->permanent);
    CHECK(observed("x", "tape")->error.find("has nothing that makes a tape") != std::string::npos);
}

TEST_CASE_FIXTURE(World, "a generation that comes while an older one is made wins") {
    disks->held = true;
    desire("a", 1);
    start_agent();
    CHECK(disks->eventually([&] { return disks->calls.size() == 1; }));
    desire("a", 2);
    auto newest = desire("a", 3);
    disks->with([&] { return disks->held = false; });
    CHECK(eventually([&] { return reached("a", newest); }));
    CHECK(observed("a")->status.integer("size") == 3);
    auto calls = disks->with([&] { return disks->calls; });
    CHECK(calls.front() == "+a@1");
    CHECK(calls.back() == "+a@3");
}

TEST_CASE_FIXTURE(World, "without a control plane the host is kept as last told, over a restart") {
    auto first = desire("a", 1), second = desire("b", 2);
    start_agent();
    CHECK(eventually([&] { return reached("a", first) && reached("b", second); }));
    agent.reset();

    // The host boots without its disks, and nobody is there to tell.
    link.cut = true;
    disks->disks.clear();
    disks->calls.clear();
    start_agent();
    CHECK(disks->eventually([&] { return disks->disks.size() == 2; }));

    // Meanwhile the world moves on; once it is back the agent follows.
    auto gone = desire_absent("a"), third = desire("c", 3);
    link.cut = false;
    CHECK(eventually([&] { return reached("a", gone) && reached("c", third); }));
    CHECK(disks->with([&] { return disks->disks; }) == std::set<std::string>{"b", "c"});
}

TEST_CASE_FIXTURE(World, "reports wait for the control plane, the newest word of each") {
    start_agent();
    CHECK(eventually([&] { return link.full_pulls > 0; }));
    disks->held = true;
    auto generation = desire("a", 1);
    CHECK(disks->eventually([&] { return disks->calls.size() == 1; }));
    link.cut = true;
    disks->with([&] { return disks->held = false; });
    CHECK(disks->eventually([&] { return disks->disks.count("a") > 0; }));
    CHECK_FALSE(reached("a", generation));
    link.cut = false;
    CHECK(eventually([&] { return reached("a", generation); }));
}

TEST_CASE_FIXTURE(World, "an agent that died before its absence was known reports it again") {
    auto made = desire("a", 1);
    start_agent();
    CHECK(eventually([&] { return reached("a", made); }));
    disks->held = true;
    auto gone = desire_absent("a");
    CHECK(disks->eventually([&] { return disks->calls.back() == "-a@1"; }));
    link.cut = true;
    disks->with([&] { return disks->held = false; });
    CHECK(disks->eventually([&] { return disks->disks.empty(); }));
    agent.reset();
    CHECK_FALSE(reached("a", gone));
    link.cut = false;
    start_agent();
    CHECK(eventually([&] { return reached("a", gone); }));
}

TEST_CASE_FIXTURE(World, "a record that vanished from the control plane is forgotten") {
    auto made = desire("a", 1);
    start_agent();
    CHECK(eventually([&] { return reached("a", made); }));
    agent.reset();
    cloud.db().write([](db::Tx& tx) { tx.exec("DELETE FROM agent_desired"); });
    auto other = desire("b", 1);
    start_agent();
    CHECK(eventually([&] { return reached("b", other); }));
    agent.reset();
    // Not on disk either: a host that boots alone does not make it again.
    link.cut = true;
    disks->disks.clear();
    start_agent();
    CHECK(disks->eventually([&] { return disks->disks.count("b") > 0; }));
    CHECK(disks->with([&] { return disks->disks.count("a"); }) == 0);
}

TEST_CASE_FIXTURE(World, "a broken file on disk costs that record alone until the next pull") {
    auto first = desire("a", 1), second = desire("b", 1);
    start_agent();
    CHECK(eventually([&] { return reached("a", first) && reached("b", second); }));
    agent.reset();
    std::ofstream(dir.file("desired/disk+a.json")) << "{\"kind\": \"di";
    disks->disks.clear();
    link.cut = true;
    start_agent();
    CHECK(disks->eventually([&] { return disks->disks.count("b") > 0; }));
    CHECK(disks->with([&] { return disks->disks.count("a"); }) == 0);
    link.cut = false;
    CHECK(disks->eventually([&] { return disks->disks.count("a") > 0; }));
}

TEST_CASE_FIXTURE(World, "strays go when seen twice; what is desired and lost is made again") {
    resync_ms = 2;
    auto made = desire("a", 1);
    disks->disks.insert("stray");
    start_agent();
    CHECK(disks->eventually([&] { return !disks->strays.empty(); }));
    CHECK(disks->with([&] { return disks->strays; }) == std::vector<std::string>{"stray"});
    CHECK(eventually([&] { return reached("a", made) && !observed("stray"); }));
    disks->with([&] { return disks->disks.erase("a"); });
    CHECK(disks->eventually([&] { return disks->disks.count("a") > 0; }));
    CHECK(disks->with([&] { return disks->strays.size(); }) == 1);
}

TEST_CASE_FIXTURE(World, "without a full pull since the start nothing is taken for a stray") {
    resync_ms = 1;
    link.cut = true;
    disks->disks.insert("guest of yesterday");
    start_agent();
    CHECK(disks->eventually([&] { return disks->listings > 5; }));
    CHECK(disks->with([&] { return disks->disks.size(); }) == 1);
    auto generation = desire("guest of yesterday", 1);
    link.cut = false;
    CHECK(eventually([&] { return reached("guest of yesterday", generation); }));
    CHECK(disks->with([&] { return disks->strays.empty(); }));
}

TEST_CASE_FIXTURE(World, "an engine that saw a change has the thing looked at again") {
    auto generation = desire("a", 1);
    start_agent();
    CHECK(eventually([&] { return reached("a", generation); }));
    auto entries = [&] {
        return cloud.db().read(
            [](db::Tx& tx) { return journal::read(tx, "", 1000).records.size(); });
    };
    auto before = entries();
    disks->with([&] { return disks->disks.erase("a"); });
    agent->look_again("disk", "a");
    agent->look_again("disk", "unknown");
    CHECK(disks->eventually([&] { return disks->disks.count("a") > 0; }));
    CHECK(disks->with([&] { return disks->calls.size(); }) == 2);
    // It was ready and is ready: that is no news, and nobody sees it unready meanwhile.
    agent.reset();
    CHECK(entries() == before);
}
