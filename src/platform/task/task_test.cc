// SPDX-License-Identifier: Apache-2.0
#include "platform/task/task.h"

#include "platform/context/node_instance.h"
#include "platform/journal/journal.h"

#include <chrono>
#include <condition_variable>
#include <doctest/doctest.h>
#include <mutex>
#include <unistd.h>

using namespace nephele;
using namespace nephele::task;

namespace {

constexpr std::int64_t never_ms = 86'400'000;

class Count {
  public:
    void up() {
        std::lock_guard lock(mutex_);
        ++count_;
        changed_.notify_all();
    }
    bool reaches(int n) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return count_ >= n; });
    }
    int now() {
        std::lock_guard lock(mutex_);
        return count_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

struct World {
    World() : cloud(Config(), db::Database::open({}), system_clock(), ids) {
        cloud.db().migrate(journal::migrations());
        cloud.db().migrate(migrations());
    }
    Task task(const std::string& name, std::int64_t every_ms, Count& count,
              std::vector<std::string> nudged_by = {}) {
        return {name, every_ms, std::move(nudged_by), [&count](Cloud&) { count.up(); }, true};
    }
    void journal_entry(const std::string& service, const std::string& kind) {
        cloud.db().write([&](db::Tx& tx) {
            journal::Entry entry;
            entry.at = cloud.now();
            entry.service = service;
            entry.kind = kind;
            entry.id = "x";
            entry.change = "update";
            journal::append(tx, entry);
        });
    }
    void hold_lease(const std::string& name, const std::string& owner, Time until) {
        cloud.db().write([&](db::Tx& tx) {
            tx.exec("INSERT INTO task_leases (name, owner, lease_until) VALUES (?, ?, ?)",
                    db::Params{name, owner, until.us});
        });
    }
    SeededIds ids{11};
    Cloud cloud;
};

} // namespace

TEST_CASE_FIXTURE(World, "a task runs at the start and on its timer") {
    Count often, seldom;
    Tasks tasks(cloud, {task("often", 1, often), task("seldom", never_ms, seldom)});
    tasks.start();
    CHECK(often.reaches(5));
    CHECK(seldom.reaches(1));
    tasks.stop();
    CHECK(seldom.now() == 1);
}

TEST_CASE_FIXTURE(World, "journal entries of its kinds nudge a task, others do not") {
    Count ports, networks, any;
    Tasks tasks(cloud, {task("ports", never_ms, ports, {"neutron/port"}),
                        task("networks", never_ms, networks, {"neutron/network", "nova/server"}),
                        task("any", never_ms, any, {"neutron/*"})});
    tasks.start();
    CHECK(ports.reaches(1));
    CHECK(networks.reaches(1));
    CHECK(any.reaches(1));
    journal_entry("neutron", "port");
    CHECK(ports.reaches(2));
    CHECK(any.reaches(2));
    journal_entry("nova", "server");
    CHECK(networks.reaches(2));
    tasks.stop();
    CHECK(ports.now() == 2);
    CHECK(networks.now() == 2);
}

TEST_CASE_FIXTURE(World, "a nudge during a run leads to another run") {
    Count entered, gate;
    Tasks tasks(cloud, {{"slow",
                         never_ms,
                         {},
                         [&](Cloud&) {
                             entered.up();
                             gate.reaches(1);
                         },
                         false}});
    tasks.start();
    CHECK(entered.reaches(1));
    tasks.nudge("slow");
    tasks.nudge("unknown");
    gate.up();
    CHECK(entered.reaches(2));
}

TEST_CASE_FIXTURE(World, "a failing task is tried again and keeps nobody from running") {
    Count failed, other;
    Tasks tasks(cloud, {{"failing",
                         1,
                         {},
                         [&](Cloud&) {
                             failed.up();
                             throw std::runtime_error("the network is down");
                         },
                         true},
                        task("other", 1, other)});
    tasks.start();
    CHECK(failed.reaches(3));
    CHECK(other.reaches(3));
}

TEST_CASE_FIXTURE(World, "a task of one node runs where its lease is") {
    Count here, there;
    Tasks first(cloud, {task("one", 1, here)}), second(cloud, {task("one", 1, there)});
    first.start();
    CHECK(here.reaches(1));
    second.start();
    int before = here.now();
    CHECK(here.reaches(before + 20));
    CHECK(there.now() == 0);
    // Given back at the end: the other goes on, at the latest when it asks the next time.
    first.stop();
    second.stop();
    Count next;
    Tasks third(cloud, {task("one", 1, next)});
    third.start();
    CHECK(next.reaches(1));
}

TEST_CASE_FIXTURE(World, "a lease of another node is waited for, one of a dead process is not") {
    Count count;
    hold_lease("foreign", "elsewhere/1/token/1", cloud.now().plus_ms(never_ms));
    hold_lease("over", "elsewhere/1/token/1", cloud.now().plus_ms(-1));
    // This process' number with another token: an earlier process of this node.
    hold_lease("dead", cloud.node() + "/" + std::to_string(getpid()) + "/earlier/1",
               cloud.now().plus_ms(never_ms));
    Count foreign, over, dead;
    Tasks tasks(cloud, {task("foreign", 1, foreign), task("over", 1, over), task("dead", 1, dead)});
    tasks.start();
    CHECK(over.reaches(3));
    CHECK(dead.reaches(3));
    CHECK(foreign.now() == 0);
}

TEST_CASE_FIXTURE(World, "owners of leases are known to be dead only for sure") {
    std::string own = new_lease_owner(cloud);
    CHECK_FALSE(is_dead_lease_owner(cloud, own));
    CHECK(own != new_lease_owner(cloud));
    CHECK_FALSE(is_dead_lease_owner(cloud, "elsewhere/999999999/token/1"));
    CHECK(is_dead_lease_owner(cloud, cloud.node() + "/999999999/token/1"));
    CHECK_FALSE(is_dead_lease_owner(cloud, cloud.node() + "/1/token/1"));
    CHECK_FALSE(is_dead_lease_owner(cloud, ""));
    CHECK_FALSE(is_dead_lease_owner(cloud, "garbage"));
}

TEST_CASE_FIXTURE(World, "run_all runs every task once and passes the failure on") {
    Count count;
    Tasks tasks(cloud, {{"failing", 1, {}, [](Cloud&) { throw std::runtime_error("no"); }, true},
                        task("one", never_ms, count)});
    CHECK_THROWS_WITH(tasks.run_all(), "no");
    CHECK(count.now() == 1);
}
