// SPDX-License-Identifier: Apache-2.0
// The metadata service over a real socket; the namespace is simulated (it listens on 127.0.0.1).
#include "services/nova/compute/metadata_maker.h"

#include "base/strings.h"
#include "engines/ovs/fake.h"
#include "platform/http/http.h"
#include "services/neutron/client.h"
#include "services/nova/compute/host_files.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::nova;
using namespace nephele::nova::compute;

namespace {

constexpr const char* server = "11111111-2222-4333-8444-555555555555";

struct World {
    World() {
        GuestSpec guest;
        guest.server_id = server;
        guest.hostname = "web";
        guest.keys = {{"mykey", "ssh-ed25519 AAAA me"}};
        GuestNic nic;
        nic.network_id = "net1";
        nic.fixed_ips = Json::array({Json::object({{"ip_address", "127.0.0.1"}})});
        guest.nics = {nic};
        guests.put(guest);
        make_folder(dir.file(server));
    }
    agent::Desired record(const std::string& network, bool absent = false) {
        agent::Desired desired;
        desired.kind = neutron::metadata_network_kind;
        desired.id = network;
        desired.generation = 1;
        desired.absent = absent;
        desired.spec = Json::object({{"network_id", network},
                                     {"port_id", "p-" + network},
                                     {"namespace", "ovnmeta-" + network},
                                     {"interface", "tapx" + network},
                                     {"mac_address", "fa:16:3e:00:00:02"},
                                     {"mtu", 1442},
                                     {"addresses", Json::array({"10.0.0.2/24"})},
                                     {"bridge", "br-int"},
                                     {"listen_address", "169.254.169.254"},
                                     {"listen_port", 80}});
        return desired;
    }
    agent::Phase ensure(const agent::Desired& desired) {
        return maker.ensure(desired, [](const agent::Observed&) {}).phase;
    }
    http::ClientResponse ask(const std::string& network, const std::string& path,
                             const std::string& method = "GET", const std::string& body = "") {
        http::ClientRequest request;
        request.method = method;
        request.url = format("http://127.0.0.1:{}{}", maker.port_of(network), path);
        request.body = body;
        return http::fetch(request);
    }

    test::TempDir dir{"metadata"};
    ovs::FakeLocalSwitch bridge;
    ovs::FakeHostLinks links;
    GuestDirectory guests;
    MetadataMaker maker{{bridge, links, guests, dir.path()}};
};

} // namespace

TEST_CASE_FIXTURE(World, "guests are known by network and address") {
    CHECK(ensure(record("net1")) == agent::Phase::ready);
    CHECK(ensure(record("net2")) == agent::Phase::ready);
    const int port = maker.port_of("net1");
    CHECK(ensure(record("net1")) == agent::Phase::ready);
    CHECK(maker.port_of("net1") == port); // Again is nothing new.
    CHECK(links.namespaces("ovnmeta-").size() == 2);
    CHECK(bridge.find("tapxnet1")->port.interface_id == "p-net1");
    auto data = ask("net1", "/openstack/latest/meta_data.json");
    CHECK(data.status == 200);
    CHECK(data.headers.get("Content-Type") == "application/json");
    CHECK(Json::parse(data.body).text("uuid") == server);
    CHECK(ask("net1", "/latest/meta-data/public-keys/0/openssh-key").body == "ssh-ed25519 AAAA me");
    CHECK(ask("net1", "/latest/meta-data/nothing").status == 404);
    CHECK(ask("net1", "/latest/meta-data/", "DELETE").status == 405);
    CHECK(ask("net2", "/openstack/latest/meta_data.json").status == 404);
    guests.remove(server);
    CHECK(ask("net1", "/openstack/latest/meta_data.json").status == 404);
}

TEST_CASE_FIXTURE(World, "a guest's password is posted once") {
    ensure(record("net1"));
    const std::string path = "/openstack/latest/password";
    CHECK(ask("net1", path).body == "");
    CHECK(ask("net1", path, "POST", std::string(1021, 'x')).status == 400);
    CHECK(ask("net1", path, "POST", "encrypted").status == 200);
    CHECK(ask("net1", path).body == "encrypted");
    CHECK(ask("net1", path, "POST", "another").status == 409);
}

TEST_CASE_FIXTURE(World, "what is left of a network is found by its port and removed") {
    ensure(record("net1"));
    maker.stop();
    MetadataMaker next({bridge, links, guests, dir.path()}); // The process is new.
    CHECK(next.present() == std::vector<std::string>{"net1"});
    next.remove_stray("net1");
    CHECK(next.present().empty());
    CHECK(links.namespaces("ovnmeta-").empty());
    CHECK(ensure(record("net1", true)) == agent::Phase::absent);
}

TEST_CASE_FIXTURE(World, "a failing engine is tried again without harm") {
    links.fail_next(EngineFailure::Kind::transient, 1);
    CHECK_THROWS_AS(ensure(record("net1")), EngineFailure);
    bridge.fail_next(EngineFailure::Kind::transient, 1);
    CHECK_THROWS_AS(ensure(record("net1")), EngineFailure);
    CHECK(maker.port_of("net1") == 0);
    CHECK(ensure(record("net1")) == agent::Phase::ready);
    auto broken = record("net3");
    broken.spec.erase("namespace");
    CHECK_THROWS_AS(ensure(broken), EngineFailure);
}
