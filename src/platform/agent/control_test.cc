// SPDX-License-Identifier: Apache-2.0
// The control plane's side of agents: generations, reports, what is journaled, on both engines.
#include "platform/agent/control.h"

#include "base/strings.h"
#include "platform/journal/journal.h"
#include "tests/support/postgres.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::agent;

namespace {

struct World {
    explicit World(const std::string& url = "sqlite::memory:")
        : cloud(Config(), open(url), clock, ids) {
        cloud.db().migrate(journal::migrations());
        cloud.db().migrate(migrations());
    }
    static std::unique_ptr<db::Database> open(const std::string& url) {
        db::Options options;
        options.url = url;
        return db::Database::open(options);
    }
    template <class F> auto write(F body) { return write_as_cloud(cloud, "req-1", body); }
    std::int64_t desire(const std::string& id, Json spec, bool force = false) {
        return write([&](Context& c) { return agent::desire(c, "h1", "disk", id, spec, force); });
    }
    std::int64_t desire_absent(const std::string& id) {
        return write([&](Context& c) { return agent::desire_absent(c, "h1", "disk", id); });
    }
    void report(const std::string& id, std::int64_t generation, Phase phase,
                const std::string& error = "", bool permanent = false) {
        Observed o{"disk", id,       generation, phase, Json::object({{"path", "/dev/x"}}),
                   error,  permanent};
        write([&](Context& c) { control::save_report(c, "h1", {o}); });
    }
    bool reached(const std::string& id, std::int64_t generation) {
        return cloud.db().read(
            [&](db::Tx& tx) { return agent::reached(tx, "h1", "disk", id, generation); });
    }
    std::optional<Observed> observed(const std::string& id) {
        return cloud.db().read([&](db::Tx& tx) { return agent::observed(tx, "h1", "disk", id); });
    }
    Link::Delta changes(std::int64_t since) {
        return cloud.db().read([&](db::Tx& tx) { return control::changes(tx, "h1", since); });
    }
    /// "create observed.disk h1/a,..." of all journal entries.
    std::string journal() {
        std::vector<std::string> out;
        auto page = cloud.db().read([](db::Tx& tx) { return journal::read(tx, "", 1000); });
        for (auto& r : page.records) out.push_back(format("{} {} {}", r.change, r.kind, r.id));
        return join(out, ",");
    }
    ManualClock clock;
    SeededIds ids{3};
    Cloud cloud;
};

void on_each_engine(const std::function<void(World&)>& body) {
    for (std::string url :
         {std::string("sqlite::memory:"), test::PostgresServer::shared().fresh_database()}) {
        CAPTURE(url);
        World world(url);
        body(world);
    }
}

} // namespace

TEST_CASE("the generation grows with each change of the spec and stays without one") {
    on_each_engine([](World& w) {
        auto first = w.desire("a", Json::object({{"size", 1}}));
        CHECK(w.desire("a", Json::object({{"size", 1}})) == first);
        auto second = w.desire("a", Json::object({{"size", 2}}));
        CHECK(second > first);
        auto forced = w.desire("a", Json::object({{"size", 2}}), true);
        CHECK(forced > second);
        auto absent = w.desire_absent("a");
        CHECK(absent > forced);
        CHECK(w.desire_absent("a") == absent);
        CHECK(w.desire("a", Json::object({{"size", 2}})) > absent);
        CHECK(w.desire_absent("unknown") == 0);
        CHECK(w.reached("unknown", 0));
    });
}

TEST_CASE("a host pulls what changed since it last did") {
    on_each_engine([](World& w) {
        auto nothing = w.changes(0);
        CHECK(nothing.records.empty());
        CHECK(nothing.change > 0);
        w.desire("a", Json::object({{"size", 1}}));
        w.desire("b", Json::object());
        w.write([&](Context& c) { agent::desire(c, "other", "disk", "z", Json::object()); });
        auto all = w.changes(nothing.change);
        REQUIRE(all.records.size() == 2);
        CHECK(all.records[0].id == "a");
        CHECK(all.records[0].spec.integer("size") == 1);
        CHECK(w.changes(all.change).records.empty());
        w.desire_absent("a");
        auto more = w.changes(all.change);
        REQUIRE(more.records.size() == 1);
        CHECK(more.records[0].absent);
        CHECK(more.records[0].spec.integer("size") == 1);
        CHECK(w.changes(0).records.size() == 2);
    });
}

TEST_CASE("a generation is reached when it is ready, not by words about an older one") {
    on_each_engine([](World& w) {
        auto first = w.desire("a", Json::object({{"size", 1}}));
        CHECK_FALSE(w.reached("a", first));
        w.report("a", first, Phase::working);
        CHECK_FALSE(w.reached("a", first));
        w.report("a", first, Phase::ready);
        CHECK(w.reached("a", first));
        auto second = w.desire("a", Json::object({{"size", 2}}));
        CHECK_FALSE(w.reached("a", second));
        w.report("a", second, Phase::failed, "no space yet");
        CHECK_FALSE(w.reached("a", second));
        w.report("a", second, Phase::failed, "the pool is gone", true);
        CHECK_THROWS_WITH_AS(w.reached("a", second), "disk a on host h1: the pool is gone",
                             EngineFailure);
        auto third = w.desire("a", Json::object({{"size", 2}}), true);
        CHECK_FALSE(w.reached("a", third));
        w.report("a", second, Phase::ready);
        w.report("a", third, Phase::ready);
        w.report("a", second, Phase::failed, "late", true);
        CHECK(w.reached("a", third));
        CHECK(w.observed("a")->error == "");
    });
}

TEST_CASE("an observed absence removes the record") {
    on_each_engine([](World& w) {
        auto made = w.desire("a", Json::object());
        w.report("a", made, Phase::ready);
        auto gone = w.desire_absent("a");
        CHECK_FALSE(w.reached("a", gone));
        w.report("a", made, Phase::absent);
        CHECK_FALSE(w.reached("a", gone));
        w.report("a", gone, Phase::absent);
        CHECK(w.reached("a", gone));
        CHECK_FALSE(w.observed("a"));
        CHECK(w.changes(0).records.empty());
        w.report("a", gone, Phase::absent);
        CHECK(w.journal() ==
              "create observed.disk h1/a,update observed.disk h1/a,delete observed.disk h1/a");
        // Made anew it is not taken for the old one.
        CHECK(w.desire("a", Json::object()) > gone);
        CHECK_FALSE(w.observed("a"));
    });
}

TEST_CASE("only news are written and journaled") {
    World w;
    auto g = w.desire("a", Json::object());
    w.report("a", g, Phase::ready);
    w.report("a", g, Phase::ready);
    w.report("a", g, Phase::failed, "lost");
    w.report("a", g, Phase::failed, "lost");
    w.report("never desired", 7, Phase::ready);
    CHECK(w.journal() == "create observed.disk h1/a,update observed.disk h1/a");
}

TEST_CASE("strays are shown until they are gone") {
    World w;
    w.report("stray", 0, Phase::ready, "nobody asked");
    CHECK(w.observed("stray")->error == "nobody asked");
    w.report("stray", 0, Phase::absent);
    CHECK_FALSE(w.observed("stray"));
    auto g = w.desire("a", Json::object());
    w.report("a", g, Phase::ready);
    w.report("a", 0, Phase::absent);
    CHECK(w.observed("a")->phase == Phase::ready);
}

TEST_CASE("hosts say hello, are seen, and say goodbye") {
    World w;
    auto hosts = [&] { return w.cloud.db().read([](db::Tx& tx) { return agent::hosts(tx); }); };
    auto hello = [&](int cpus) {
        w.write([&](Context& c) { control::save_hello(c, "h1", Json::object({{"cpus", cpus}})); });
    };
    hello(4);
    hello(4);
    REQUIRE(hosts().size() == 1);
    CHECK(hosts()[0].connected);
    CHECK(hosts()[0].facts.integer("cpus") == 4);
    w.clock.advance_ms(5000);
    w.write([&](Context& c) { control::save_seen(c, "h1"); });
    CHECK(hosts()[0].last_seen == w.clock.now());
    hello(8);
    w.write([&](Context& c) { control::save_goodbye(c, "h1", c.now); });
    CHECK_FALSE(hosts()[0].connected);
    CHECK(w.journal() == "create host h1,update host h1,update host h1");
}

TEST_CASE("the in-process link notes that the agent lives, but not each time") {
    World w;
    auto link = in_process_link(w.cloud);
    link->hello("h1", Json::object());
    Time said = w.clock.now();
    auto seen = [&] {
        return w.cloud.db().read([](db::Tx& tx) { return agent::hosts(tx)[0].last_seen; });
    };
    w.clock.advance_ms(9'000);
    link->pull("h1", 0, 0);
    CHECK(seen() == said);
    w.clock.advance_ms(2'000);
    link->pull("h1", 0, 0);
    CHECK(seen() == w.clock.now());
}

TEST_CASE("an agent that falls silent is not connected any more, until it is seen again") {
    World w;
    auto connected = [&](const std::string& host) {
        for (auto& state : w.cloud.db().read([](db::Tx& tx) { return agent::hosts(tx); }))
            if (state.host == host) return state.connected;
        return false;
    };
    for (const char* host : {"h1", "h2"})
        w.write([&](Context& c) { control::save_hello(c, host, Json::object()); });
    Time said = w.clock.now();
    w.clock.advance_ms(61'000);
    w.write([&](Context& c) { control::save_seen(c, "h2"); });
    auto sweep = [&] {
        return w.write(
            [&](Context& c) { return control::save_silent(c, w.clock.now().plus_seconds(-60)); });
    };
    CHECK(sweep() == std::vector<std::string>{"h1"});
    CHECK(sweep().empty());
    CHECK_FALSE(connected("h1"));
    CHECK(connected("h2"));
    CHECK(w.cloud.db().read([](db::Tx& tx) { return agent::hosts(tx)[0].last_seen; }) == said);
    w.write([&](Context& c) { control::save_seen(c, "h1"); });
    CHECK(connected("h1"));
    CHECK(w.journal() == "create host h1,create host h2,update host h1,update host h1");
}
