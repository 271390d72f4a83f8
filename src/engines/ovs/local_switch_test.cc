// SPDX-License-Identifier: Apache-2.0
// The switch's database on a real ovsdb-server; a second client plays ovs-vswitchd. The real
// switch: tests/live.
#include "engines/ovs/fake.h"
#include "engines/ovs/local_switch.h"
#include "engines/ovsdb/private_server.h"

#include <atomic>
#include <doctest/doctest.h>
#include <thread>

using namespace nephele;
using namespace nephele::ovs;
using ovsdb::Value;

namespace {

const char* schema = "/usr/share/openvswitch/vswitch.ovsschema";

/// Takes every change at once, as ovs-vswitchd would; devices named "bad..." it cannot open.
class PlayedSwitch {
  public:
    explicit PlayedSwitch(const std::string& remote) : client_(options(remote)) {
        REQUIRE(client_.wait_ready(10'000));
        client_.transact(
            {ovsdb::insert("Bridge",
                           {{"name", Value("br-int")}, {"datapath_type", Value("netdev")}},
                           "bridge"),
             ovsdb::insert("Bridge", {{"name", Value("br-other")}}, "other"),
             ovsdb::insert(
                 "Open_vSwitch",
                 {{"bridges", Value::set({ovsdb::NamedUuid{"bridge"}, ovsdb::NamedUuid{"other"}})},
                  {"external_ids", Value::map(ovsdb::StringMap{{"system-id", "hv1"}})}})});
        thread_ = std::thread([this] { play(); });
    }
    ~PlayedSwitch() {
        stopping_ = true;
        thread_.join();
    }
    ovsdb::Client& client() { return client_; }

  private:
    static ovsdb::ClientOptions options(const std::string& remote) {
        ovsdb::ClientOptions options;
        options.remote = remote;
        options.database = "Open_vSwitch";
        options.watches = {{"Open_vSwitch", {"cur_cfg", "next_cfg"}},
                           {"Bridge", {"name", "ports"}},
                           {"Interface", {"name", "external_ids"}}};
        return options;
    }
    void play() {
        while (!stopping_) {
            std::int64_t next = 0;
            const bool due = client_.wait_until(
                [&](const ovsdb::Replica& replica) {
                    auto global = replica.singleton("Open_vSwitch").second;
                    next = global ? global->integer("next_cfg") : 0;
                    return global && global->integer("cur_cfg") < next;
                },
                50);
            if (!due) continue;
            Json::Array operations;
            operations.push_back(ovsdb::update("Open_vSwitch", {}, {{"cur_cfg", Value(next)}}));
            client_.read([&](const ovsdb::Replica& replica) {
                for (const auto& [uuid, row] : replica.table("Interface")) {
                    const bool bad = row->text("name").rfind("bad", 0) == 0;
                    operations.push_back(
                        ovsdb::update("Interface", {ovsdb::row_is(uuid)},
                                      {{"ofport", Value(bad ? -1 : 7)},
                                       {"error", bad ? Value("No such device") : Value()}}));
                }
            });
            client_.transact(operations);
        }
    }

    std::atomic<bool> stopping_ = false;
    ovsdb::Client client_;
    std::thread thread_;
};

void check_contract(LocalSwitch& host) {
    Port port{"nt1", "port-1", "fa:16:3e:00:00:01", "vm-1"};
    host.ensure_port(port);
    host.ensure_port(port);
    auto status = host.find("nt1");
    REQUIRE(status);
    CHECK(status->port.interface_id == "port-1");
    CHECK(status->port.mac == "fa:16:3e:00:00:01");
    CHECK(status->port.instance == "vm-1");
    CHECK(status->bridge == "br-int");
    CHECK(status->number > 0);
    port.interface_id = "port-2";
    host.ensure_port(port);
    CHECK(host.find("nt1")->port.interface_id == "port-2");
    host.ensure_port({"nt2", "port-3", "", "", true, 1442});
    CHECK(host.find("nt2")->port.internal);
    CHECK(host.find("nt2")->port.mtu == 1442);
    CHECK(host.ports().size() == 2);
    host.ensure_no_port("nt1");
    host.ensure_no_port("nt1");
    CHECK_FALSE(host.find("nt1"));
    CHECK(host.ports().size() == 1);
    CHECK_FALSE(host.facts().chassis.empty());
}

} // namespace

TEST_CASE("device names") {
    CHECK(device_name("nt", "1b4e28ba-2fa1-11d2-883f-0016d3cca427") == "nt1b4e28ba-2fa1");
    CHECK(device_name("nt", "1") == "nt1");
}

TEST_CASE("contract: fakes") {
    FakeLocalSwitch host;
    check_contract(host);
    host.fail_next(EngineFailure::Kind::transient);
    CHECK_THROWS_AS(host.ensure_no_port("nt2"), EngineFailure);
    CHECK(host.ports().size() == 1);

    FakeHostLinks links;
    links.ensure_tap({"nt1", 1442});
    CHECK(links.find("nt1")->tap);
    links.ensure_namespace_link({"ovnmeta-1", "ntm1", "fa:16:3e:00:00:02"});
    CHECK(links.names("nt") == std::vector<std::string>{"nt1", "ntm1"});
    links.ensure_no_namespace("ovnmeta-1");
    CHECK(links.names("nt") == std::vector<std::string>{"nt1"});
}

TEST_CASE("contract: the switch's database") {
    if (!ovsdb::PrivateServer::available(schema)) {
        MESSAGE("ovsdb-server or the Open vSwitch schema is not installed: skipped");
        return;
    }
    ovsdb::PrivateServer server(schema);
    PlayedSwitch played(server.remote());
    auto host = connect_local_switch(server.remote());
    check_contract(*host);
    CHECK(host->facts().chassis == "hv1");
    CHECK_FALSE(host->facts().completes_checksums());

    SUBCASE("a device that the switch cannot open") {
        try {
            host->ensure_port({"bad1", "port-9"});
            FAIL("taken");
        } catch (const EngineFailure& failure) {
            CHECK(failure.kind == EngineFailure::Kind::permanent);
            CHECK(std::string(failure.what()).find("No such device") != std::string::npos);
        }
    }
    SUBCASE("entries of others stay, and a port on another bridge is moved") {
        host->ensure_port({"nt5", "port-5"});
        auto stored = [&](auto look) { played.client().read(look); };
        std::string interface, bridge, other, port;
        stored([&](const ovsdb::Replica& replica) {
            for (const auto& [uuid, row] : replica.table("Interface"))
                if (row->text("name") == "nt5") interface = uuid;
            for (const auto& [uuid, row] : replica.table("Bridge"))
                (row->text("name") == "br-int" ? bridge : other) = uuid;
        });
        auto found = played.client().transact(
            {ovsdb::select("Port", {{"name", "==", Value("nt5")}}, {"_uuid"})});
        port = found[0].at("rows").as_array()[0].at("_uuid").as_array()[1].as_string();
        const Value port_value{ovsdb::Uuid{port}};
        played.client().transact(
            {ovsdb::mutate("Interface", {ovsdb::row_is(interface)},
                           {{"external_ids", "insert",
                             Value::map(ovsdb::StringMap{{"ovn-installed", "true"}})}}),
             ovsdb::mutate("Bridge", {ovsdb::row_is(bridge)}, {{"ports", "delete", port_value}}),
             ovsdb::mutate("Bridge", {ovsdb::row_is(other)}, {{"ports", "insert", port_value}})});
        // A transaction of the host's own: after it, its replica shows what the others did before.
        host->ensure_port({"nt6", "port-6"});
        host->ensure_port({"nt5", "port-5b"});
        CHECK(host->find("nt5")->bridge == "br-int");
        CHECK(host->find("nt5")->port.interface_id == "port-5b");
        stored([&](const ovsdb::Replica& replica) {
            CHECK(replica.row("Interface", interface)->entry("external_ids", "ovn-installed") ==
                  "true");
        });
    }
}
