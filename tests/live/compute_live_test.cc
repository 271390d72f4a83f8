// SPDX-License-Identifier: Apache-2.0
// A compute host on real engines: desired records written by hand in, a guest that boots, gets its
// address and metadata, is reached by ssh, reboots, survives the agent and goes without a trace.
#include "base/ids.h"
#include "base/process.h"
#include "base/strings.h"
#include "engines/libvirt/boot_probe.h"
#include "platform/journal/journal.h"
#include "services/neutron/client.h"
#include "services/nova/compute/guest_maker.h"
#include "services/nova/compute/guest_records.h"
#include "services/nova/compute/host.h"
#include "services/nova/compute/host_files.h"
#include "services/nova/compute/test/maker_contract.h"
#include "tests/live/live_environment.h"
#include "tests/support/temp_dir.h"

using namespace nephele;
using namespace nephele::nova;
using namespace nephele::nova::compute;
using nephele::live::environment;
using nephele::live::eventually;

namespace {

constexpr int boot_ms = 60'000;

std::string run(const std::vector<std::string>& command) {
    auto result = run_process(command);
    CHECK_MESSAGE(result.ok(), join(command, " ") << ": " << result.describe());
    return std::string(trim(result.output));
}

/// One network with a DHCP server, a router to the outside and a floating address, as rows of OVN.
struct Network {
    const std::string id = "live-" + system_ids().hex().substr(0, 8);
    const std::string port = system_ids().uuid(), metadata_port = system_ids().uuid();
    const std::string mac = "fa:16:3e:7e:00:11", metadata_mac = "fa:16:3e:7e:00:02";
    const std::string address = "10.88.0.11", floating = "172.24.4.231";
    std::string dhcp;

    std::string nb(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {"ovn-nbctl", "--db=" + environment("OVN_NB")});
        return run(arguments);
    }
    Network() {
        dhcp = nb({"create", "DHCP_Options", "cidr=10.88.0.0/24",
                   "options=\"server_id\"=\"10.88.0.1\" \"server_mac\"=\"fa:16:3e:7e:00:fe\" "
                   "\"lease_time\"=\"43200\" \"router\"=\"10.88.0.1\" \"mtu\"=\"1442\" "
                   "\"classless_static_route\"=\"{169.254.169.254/32,10.88.0.2, "
                   "0.0.0.0/0,10.88.0.1}\""});
        const std::string addresses = mac + " " + address;
        nb({"ls-add", id});
        nb({"lsp-add", id, port, "--", "lsp-set-addresses", port, addresses, "--",
            "lsp-set-port-security", port, addresses, "--", "lsp-set-dhcpv4-options", port, dhcp});
        nb({"lsp-add", id, metadata_port, "--", "lsp-set-type", metadata_port, "localport", "--",
            "lsp-set-addresses", metadata_port, metadata_mac + " 10.88.0.2"});
        const std::string router = id + "-r", outside = id + "-ext";
        nb({"lr-add", router});
        nb({"lrp-add", router, id + "-in", "fa:16:3e:7e:00:fe", "10.88.0.1/24"});
        join_router(id, id + "-in");
        nb({"ls-add", outside, "--", "lsp-add", outside, id + "-ln", "--", "lsp-set-type",
            id + "-ln", "localnet", "--", "lsp-set-addresses", id + "-ln", "unknown", "--",
            "lsp-set-options", id + "-ln", "network_name=" + environment("EXTERNAL_NETWORK")});
        nb({"lrp-add", router, id + "-out", "fa:16:3e:7e:00:fd", "172.24.4.229/24", "--",
            "lrp-set-gateway-chassis", id + "-out", environment("OVN_CHASSIS"), "20"});
        join_router(outside, id + "-out", " nat-addresses=router");
        nb({"lr-route-add", router, "0.0.0.0/0", environment("EXTERNAL_GATEWAY")});
        nb({"lr-nat-add", router, "dnat_and_snat", floating, address});
    }
    void join_router(const std::string& logical_switch, const std::string& router_port,
                     const std::string& more = "") const {
        const std::string name = router_port + "-s";
        std::vector<std::string> command = {"lsp-add",
                                            logical_switch,
                                            name,
                                            "--",
                                            "lsp-set-type",
                                            name,
                                            "router",
                                            "--",
                                            "lsp-set-addresses",
                                            name,
                                            "router",
                                            "--",
                                            "lsp-set-options",
                                            name,
                                            "router-port=" + router_port};
        if (!more.empty()) command.push_back(std::string(trim(more)));
        nb(command);
    }
    ~Network() {
        nb({"lr-del", id + "-r", "--", "ls-del", id + "-ext", "--", "ls-del", id});
        nb({"destroy", "DHCP_Options", dhcp});
    }
    bool is_up() const { return nb({"lsp-get-up", port}) == "up"; }

    Json metadata_record() const {
        return Json::object({{"network_id", id},
                             {"port_id", metadata_port},
                             {"namespace", "ovnmeta-" + id},
                             {"interface", "tap" + metadata_port.substr(0, 10) + "0"},
                             {"mac_address", metadata_mac},
                             {"mtu", 1442},
                             {"addresses", Json::array({"10.88.0.2/24", "169.254.169.254/32"})},
                             {"bridge", environment("INTEGRATION_BRIDGE")},
                             {"listen_address", "169.254.169.254"},
                             {"listen_port", 80}});
    }
};

GuestSpec boot_guest() {
    GuestSpec guest;
    guest.server_id = system_ids().uuid();
    guest.name = "instance-" + system_ids().hex().substr(0, 8);
    guest.display_name = guest.hostname = "live-guest";
    guest.memory_mb = 128;
    guest.image_id = system_ids().uuid();
    guest.image_path = environment("NEPHELE_GUEST_IMAGE");
    guest.image_format = "qcow2";
    guest.image_checksum = "live-image";
    guest.root_gb = 1;
    return guest;
}

/// A control plane of tables only, and this machine as its host.
struct World {
    World() { start(); }
    ~World() { stop(); }
    void start() {
        Config config;
        config.declare(host_options());
        config.declare({{"data.directory", dir.path(), ""},
                        {"neutron.integration_bridge", environment("INTEGRATION_BRIDGE"), ""}});
        config.set("nova.driver=\"libvirt\"");
        config.set("nova.libvirt_uri=\"" + environment("LIBVIRT_URI") + "\"");
        config.set("nova.ovs_database=\"" + environment("OVS_DB") + "\"");
        config.set("nova.host=\"here\"");
        config.set("nova.shutdown_seconds=20");
        cloud = std::make_unique<Cloud>(std::move(config),
                                        db::Database::open({"sqlite:" + dir.file("db")}),
                                        system_clock(), system_ids());
        cloud->db().migrate(journal::migrations());
        cloud->db().migrate(agent::migrations());
        start_hosts(*cloud);
    }
    void stop() {
        if (!cloud) return;
        stop_hosts(*cloud);
        cloud.reset();
    }
    std::int64_t desire(const char* kind, const std::string& id, Json spec) {
        return write_as_cloud(*cloud, "", [&](Context& c) {
            return agent::desire(c, "here", kind, id, std::move(spec));
        });
    }
    std::int64_t desire(const GuestSpec& guest) {
        return desire(guest_kind, guest.server_id, GuestSpec::shape().image(&guest));
    }
    bool reached(const char* kind, const std::string& id, std::int64_t generation) {
        return eventually(
            [&] {
                return cloud->db().read(
                    [&](db::Tx& tx) { return agent::reached(tx, "here", kind, id, generation); });
            },
            boot_ms);
    }
    GuestStatus status(const std::string& id) {
        auto seen = cloud->db().read(
            [&](db::Tx& tx) { return agent::observed(tx, "here", guest_kind, id); });
        GuestStatus status;
        if (seen) GuestStatus::shape().from_image(seen->status, &status);
        return status;
    }
    std::string console(const std::string& id) {
        return hosts_of(*cloud)->find("here")->console_log(id, 1 << 20).value_or("");
    }
    bool says(const std::string& id, const std::string& text) {
        return eventually([&] { return console(id).find(text) != std::string::npos; }, boot_ms);
    }

    test::TempDir dir{"compute-live"};
    std::unique_ptr<Cloud> cloud;
};

std::string ssh(const Network& network, const std::string& key, const std::string& command) {
    std::string output;
    eventually(
        [&] {
            auto result =
                run_process({"ssh", "-i", key, "-o", "StrictHostKeyChecking=no", "-o",
                             "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=3", "-o",
                             "LogLevel=ERROR", "cirros@" + network.floating, command});
            output = std::string(trim(result.output));
            return result.ok();
        },
        boot_ms);
    return output;
}

} // namespace

TEST_CASE("a guest from a desired record: network, metadata, ssh, reboot, agent restart, removal") {
    World world;
    Network network;
    const std::string key = world.dir.file("key");
    run({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key});
    auto guest = boot_guest();
    guest.keys = {{"live", *read_file(key + ".pub")}};
    guest.user_data = base64_encode("#!/bin/sh\necho user data ran\n");
    GuestNic nic;
    nic.port_id = network.port;
    nic.network_id = network.id;
    nic.mac = network.mac;
    nic.fixed_ips = Json::array({Json::object({{"ip_address", network.address}})});
    guest.nics = {nic};

    auto metadata =
        world.desire(neutron::metadata_network_kind, network.id, network.metadata_record());
    REQUIRE(world.reached(neutron::metadata_network_kind, network.id, metadata));
    REQUIRE(world.reached(guest_kind, guest.server_id, world.desire(guest)));
    CHECK(eventually([&] { return network.is_up(); }, 10'000));
    REQUIRE(world.says(guest.server_id, "nephele guest ready: live-guest"));
    CHECK(world.says(guest.server_id, "user data ran"));
    CHECK(ssh(network, key, "hostname").find("live-guest") == 0);
    auto status = world.status(guest.server_id);
    CHECK(status.power_state == power_state::running);
    CHECK(!status.vnc_socket.empty());
    CHECK(exists(status.serial_socket));

    const std::string booted = ssh(network, key, "cat /proc/sys/kernel/random/boot_id");
    world.stop(); // The guest must not notice.
    CHECK(ssh(network, key, "cat /proc/sys/kernel/random/boot_id") == booted);
    world.start();
    REQUIRE(eventually([&] { return !world.status(guest.server_id).vnc_socket.empty(); }, 30'000));
    CHECK(ssh(network, key, "wget -qO- http://169.254.169.254/latest/meta-data/local-ipv4") ==
          network.address);
    CHECK(ssh(network, key, "cat /proc/sys/kernel/random/boot_id") == booted);

    guest.soft_reboots = 1;
    REQUIRE(world.reached(guest_kind, guest.server_id, world.desire(guest)));
    CHECK(world.status(guest.server_id).soft_reboots_done == 1);
    const std::string rebooted = ssh(network, key, "cat /proc/sys/kernel/random/boot_id");
    CHECK(rebooted != booted);
    CHECK(!rebooted.empty());

    ssh(network, key, "sudo poweroff || poweroff; exit 0"); // By itself: seen, not undone.
    for (auto kind : {guest_kind, neutron::metadata_network_kind}) {
        const std::string id = kind == guest_kind ? guest.server_id : network.id;
        auto gone = write_as_cloud(*world.cloud, "", [&](Context& c) {
            return agent::desire_absent(c, "here", kind, id);
        });
        REQUIRE(world.reached(kind, id, gone));
    }
    CHECK(!exists("/sys/class/net/" + tap_name(nic)));
    CHECK(!exists("/run/netns/ovnmeta-" + network.id));
    CHECK(!exists(world.dir.file("instances/" + guest.server_id)));
}

TEST_CASE("the real maker keeps the contract on real engines") {
    test::TempDir dir("compute-contract");
    auto hypervisor = libvirt::connect_libvirt(environment("LIBVIRT_URI"));
    auto bridge =
        ovs::connect_local_switch(environment("OVS_DB"), environment("INTEGRATION_BRIDGE"));
    auto links = ovs::host_links();
    GuestFiles files(dir.file("instances"));
    GuestDirectory directory;
    GuestMaker maker({*hypervisor, *bridge, *links, files, directory,
                      DomainSettings{libvirt::DomainType::qemu, false}, 300, 5'000});
    auto guest = boot_guest();
    guest.config_drive = true;
    GuestNic nic;
    nic.port_id = system_ids().uuid();
    nic.mac = "fa:16:3e:7e:00:21";
    guest.nics = {nic};
    MakerContract(maker, guest).run();
    CHECK(files.ids().empty());
    CHECK(!exists("/sys/class/net/" + tap_name(nic)));
    CHECK(!bridge->find(tap_name(nic)));
}
