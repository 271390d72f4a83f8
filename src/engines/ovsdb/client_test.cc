// SPDX-License-Identifier: Apache-2.0
// The client against a real ovsdb-server with the OVN northbound schema.
#include "engines/ovsdb/client.h"

#include "engines/ovsdb/private_server.h"

#include <chrono>
#include <condition_variable>
#include <doctest/doctest.h>
#include <mutex>
#include <thread>

using namespace nephele;
using namespace nephele::ovsdb;

namespace {

const char* schema = "/usr/share/ovn/ovn-nb.ovsschema";

ClientOptions options_for(const PrivateServer& server) {
    ClientOptions options;
    options.remote = server.remote();
    options.database = "OVN_Northbound";
    options.watches = {{"Logical_Switch", {"name", "ports", "external_ids", "no_such_column"}},
                       {"Logical_Switch_Port", {"name", "addresses", "up", "external_ids"}},
                       {"No_Such_Table", {"name"}}};
    options.prepare = [](Replica& replica) {
        replica.index_entry("Logical_Switch", "external_ids", "id");
        replica.index_references("Logical_Switch", "ports");
    };
    return options;
}

std::size_t switches(const Replica& replica) { return replica.table("Logical_Switch").size(); }

Json::Array new_switch(const std::string& name) {
    return {insert("Logical_Switch",
                   {{"name", Value(name)}, {"external_ids", Value::map(StringMap{{"id", name}})}})};
}

} // namespace

TEST_CASE("transactions, replica, waiting, refusal and a server that comes back") {
    if (!PrivateServer::available(schema)) {
        MESSAGE("ovsdb-server or the OVN schema is not installed: skipped");
        return;
    }
    PrivateServer server(schema);
    Client client(options_for(server));
    std::mutex mutex;
    std::vector<Change> seen;
    client.on_change([&](const std::vector<Change>& changes) {
        std::lock_guard lock(mutex);
        seen.insert(seen.end(), changes.begin(), changes.end());
    });
    REQUIRE(client.wait_ready(10'000));
    CHECK(client.has_column("Logical_Switch", "name"));
    CHECK_FALSE(client.has_column("Logical_Switch", "no_such_column"));

    SUBCASE("the replica shows a transaction when it returns, named rows are linked") {
        auto results = client.transact(
            {insert("Logical_Switch_Port",
                    {{"name", Value("p1")}, {"addresses", Value::strings({"a", "b"})}}, "port"),
             insert("Logical_Switch",
                    {{"name", Value("n1")}, {"ports", Value::set({NamedUuid{"port"}})}})});
        REQUIRE(results.size() == 2);
        const std::string port = results[0].at("uuid").as_array()[1].as_string();
        client.read([&](const Replica& replica) {
            REQUIRE(replica.row("Logical_Switch_Port", port));
            CHECK(replica.row("Logical_Switch_Port", port)->strings("addresses").size() == 2);
            CHECK(replica.holders("Logical_Switch", "ports", port).size() == 1);
        });
        std::lock_guard lock(mutex);
        CHECK(seen.size() == 2);
    }
    SUBCASE("a refused transaction names the operation and changes nothing") {
        try {
            client.transact(
                {insert("Logical_Switch", {{"name", Value("n1")}}),
                 mutate("Logical_Switch", {}, {{"ports", "insert", Value(Uuid{"bad"})}})});
            FAIL("accepted");
        } catch (const TransactionFailure& failure) {
            CHECK(failure.kind == EngineFailure::Kind::permanent);
            CHECK(failure.operation == 1);
        }
        try {
            client.transact({insert("Logical_Switch", {{"name", Value(3)}})});
            FAIL("accepted");
        } catch (const TransactionFailure& failure) {
            CHECK(failure.kind == EngineFailure::Kind::permanent);
        }
        client.read([](const Replica& replica) { CHECK(switches(replica) == 0); });
    }
    SUBCASE("a requirement on what is there refuses as transient") {
        const Condition named_n1{"name", "==", Value("n1")};
        client.transact({require_none("Logical_Switch", {named_n1}), new_switch("n1")[0]});
        try {
            client.transact({require_none("Logical_Switch", {named_n1}), new_switch("n1")[0]});
            FAIL("accepted");
        } catch (const TransactionFailure& failure) {
            CHECK(failure.error == "timed out");
            CHECK(failure.kind == EngineFailure::Kind::transient);
        }
        client.transact({require("Logical_Switch", {named_n1}, {"name"}, {{{"name", Value("n1")}}}),
                         update("Logical_Switch", {named_n1}, {{"name", Value("n2")}})});
        client.transact({remove("Logical_Switch", {{"name", "==", Value("n2")}})});
        client.read([](const Replica& replica) { CHECK(switches(replica) == 0); });
    }
    SUBCASE("waiting ends when the predicate holds, or in time") {
        CHECK_FALSE(client.wait_until([](const Replica& r) { return switches(r) == 1; }, 50));
        std::thread writer([&] { client.transact(new_switch("n1")); });
        CHECK(client.wait_until([](const Replica& r) { return switches(r) == 1; }, 10'000));
        writer.join();
    }
    SUBCASE("the server dies and comes back") {
        client.transact(new_switch("n1"));
        server.kill();
        CHECK_THROWS_AS(client.transact(new_switch("lost"), 300), EngineFailure);
        CHECK_FALSE(client.ready());
        client.read([](const Replica& replica) { CHECK(switches(replica) == 1); });
        {
            std::lock_guard lock(mutex);
            seen.clear();
        }
        server.start();
        REQUIRE(client.wait_ready(20'000));
        client.transact(new_switch("n2"));
        client.read([](const Replica& replica) {
            CHECK(switches(replica) == 2);
            CHECK(replica.find("Logical_Switch", "external_ids", "id", "n1").size() == 1);
        });
        // What was there before and after is no news.
        std::lock_guard lock(mutex);
        CHECK(seen.size() == 1);
    }
    SUBCASE("many callers at once") {
        std::vector<std::thread> callers;
        for (int caller = 0; caller < 8; ++caller)
            callers.emplace_back([&client, caller] {
                for (int i = 0; i < 25; ++i)
                    client.transact(new_switch(std::to_string(caller * 100 + i)));
            });
        for (auto& caller : callers) caller.join();
        client.read([](const Replica& replica) { CHECK(switches(replica) == 200); });
    }
}

TEST_CASE("a client without a server says why") {
    ClientOptions options;
    options.remote = "unix:/nonexistent/db.sock";
    options.database = "OVN_Northbound";
    Client client(options);
    try {
        client.transact({}, 100);
        FAIL("accepted");
    } catch (const EngineFailure& failure) {
        CHECK(failure.kind == EngineFailure::Kind::transient);
        CHECK(std::string(failure.what()).find("No such file") != std::string::npos);
    }
}

TEST_CASE("a silent server is left after three probes") {
    if (!PrivateServer::available(schema)) {
        MESSAGE("ovsdb-server or the OVN schema is not installed: skipped");
        return;
    }
    PrivateServer server(schema);
    auto options = options_for(server);
    options.probe_ms = 50;
    Client client(options);
    REQUIRE(client.wait_ready(10'000));
    CHECK_FALSE(client.wait_until([](const Replica&) { return false; }, 400));
    CHECK(client.ready()); // It answers our echoes.
    server.freeze(true);
    std::mutex mutex;
    std::condition_variable left;
    bool gone = false;
    client.on_ready([&](bool ready) {
        std::lock_guard lock(mutex);
        gone = gone || !ready;
        left.notify_all();
    });
    {
        std::unique_lock lock(mutex);
        CHECK(left.wait_for(lock, std::chrono::seconds(10), [&] { return gone; }));
    }
    server.freeze(false);
    CHECK(client.wait_ready(20'000));
}
