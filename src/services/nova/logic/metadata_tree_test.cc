// SPDX-License-Identifier: Apache-2.0
#include "services/nova/logic/metadata_tree.h"

#include "base/strings.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::nova;

namespace {

GuestSpec web() {
    GuestSpec guest;
    guest.server_id = "11111111-2222-4333-8444-555555555555";
    guest.name = "instance-00000007";
    guest.display_name = "Web server";
    guest.hostname = "web";
    guest.project_id = "p1";
    guest.image_id = "abcdef01-2222-4333-8444-555555555555";
    guest.availability_zone = "nova";
    guest.flavor_name = "m1.nano";
    guest.reservation_id = "r-12345678";
    guest.security_groups = {"default", "web"};
    guest.metadata = Json::object({{"role", "front"}});
    guest.keys = {{"mykey", "ssh-ed25519 AAAA me"}};
    guest.user_data = base64_encode("#!/bin/sh\necho hi\n");
    GuestNic nic;
    nic.port_id = "99999999-2222-4333-8444-555555555555";
    nic.network_id = "net";
    nic.mac = "fa:16:3e:00:00:01";
    nic.fixed_ips = Json::array({Json::object({{"ip_address", "10.0.0.11"},
                                               {"cidr", "10.0.0.0/24"},
                                               {"gateway_ip", "10.0.0.1"},
                                               {"floating_ip", "172.24.4.101"}})});
    guest.nics = {nic};
    return guest;
}

std::string body(const std::string& path) { return metadata_answer(web(), path, "seed").body; }
int status(const std::string& path) { return metadata_answer(web(), path, "").status; }

} // namespace

TEST_CASE("the OpenStack documents") {
    CHECK(body("/openstack").find("2018-08-27\n2020-10-14\nlatest") != std::string::npos);
    CHECK(body("/openstack/latest/").find("meta_data.json\nuser_data\n") == 0);
    auto data = Json::parse(body("/openstack/latest/meta_data.json"));
    CHECK(data.text("uuid") == web().server_id);
    CHECK(data.text("name") == "Web server");
    CHECK(data.text("hostname") == "web.novalocal");
    CHECK(data.at("public_keys").text("mykey") == "ssh-ed25519 AAAA me");
    CHECK(data.at("keys").as_array()[0].text("type") == "ssh");
    CHECK(data.at("meta").text("role") == "front");
    CHECK(data.text("random_seed") == base64_encode("seed"));
    CHECK(body("/openstack/2018-08-27/meta_data.json") == data.dump());
    CHECK(body("/openstack/latest/user_data") == "#!/bin/sh\necho hi\n");
    CHECK(body("/openstack/latest/vendor_data.json") == "{}");
    CHECK(status("/openstack/1999-01-01/meta_data.json") == 404);
    CHECK(status("/openstack/latest/nothing") == 404);
    CHECK(status("/openstack/latest/meta_data.json/more") == 404);
}

TEST_CASE("a guest without user data and keys") {
    GuestSpec bare = web();
    bare.user_data.clear();
    bare.keys.clear();
    CHECK(metadata_answer(bare, "/openstack/latest/user_data", "").status == 404);
    CHECK(metadata_answer(bare, "/latest/user-data", "").status == 404);
    CHECK(metadata_answer(bare, "/latest", "").body == "meta-data/");
    CHECK(metadata_answer(bare, "/latest/meta-data/public-keys/", "").status == 404);
    CHECK(!Json::parse(metadata_answer(bare, "/openstack/latest/meta_data.json", "").body)
               .has("keys"));
}

TEST_CASE("network data: DHCP by name, fixed addresses in full") {
    auto guest = web();
    auto data = network_data_json(guest);
    CHECK(data.at("links").as_array()[0].text("ethernet_mac_address") == "fa:16:3e:00:00:01");
    CHECK(data.at("networks").as_array()[0].text("type") == "ipv4_dhcp");
    guest.nics[0].fixed_ips = Json::array(
        {Json::object({{"ip_address", "10.0.0.11"},
                       {"cidr", "10.0.0.0/20"},
                       {"gateway_ip", "10.0.0.1"},
                       {"enable_dhcp", false},
                       {"dns_nameservers", Json::array({"9.9.9.9"})},
                       {"host_routes", Json::array({Json::object({{"destination", "192.168.0.0/25"},
                                                                  {"nexthop", "10.0.0.9"}})})}}),
         Json::object({{"ip_address", "fd00::5"}, {"cidr", "fd00::/64"}, {"enable_dhcp", false}})});
    data = network_data_json(guest);
    const Json& v4 = data.at("networks").as_array()[0];
    CHECK(v4.text("netmask") == "255.255.240.0");
    CHECK(v4.at("routes").as_array()[0].text("gateway") == "10.0.0.1");
    CHECK(v4.at("routes").as_array()[1].text("netmask") == "255.255.255.128");
    CHECK(data.at("services").as_array()[0].text("address") == "9.9.9.9");
    const Json& v6 = data.at("networks").as_array()[1];
    CHECK(v6.text("type") == "ipv6");
    CHECK(v6.text("netmask") == "ffff:ffff:ffff:ffff::");
}

TEST_CASE("the EC2 tree") {
    CHECK(body("/").find("2009-04-04\nlatest\nopenstack") != std::string::npos);
    CHECK(body("/latest/") == "meta-data/\nuser-data");
    CHECK(body("/latest/meta-data/").find("public-keys/") != std::string::npos);
    CHECK(body("/latest/meta-data/instance-id") == "i-11111111");
    CHECK(body("/latest/meta-data/local-ipv4") == "10.0.0.11");
    CHECK(body("/latest/meta-data/public-ipv4") == "172.24.4.101");
    CHECK(body("/2009-04-04/meta-data/placement/availability-zone") == "nova");
    CHECK(body("/latest/meta-data/public-keys/") == "0=mykey");
    CHECK(body("/latest/meta-data/public-keys/0/") == "openssh-key");
    CHECK(body("/latest/meta-data/public-keys/0/openssh-key") == "ssh-ed25519 AAAA me");
    CHECK(body("/latest/meta-data/security-groups") == "default\nweb");
    CHECK(body("/latest/meta-data/instance-type") == "m1.nano");
    CHECK(body("/latest/user-data") == "#!/bin/sh\necho hi\n");
    CHECK(status("/latest/meta-data/none") == 404);
    CHECK(status("/latest/meta-data/instance-id/more") == 404);
    CHECK(status("/latest/meta-data/public-keys/0/_name") == 404);
    CHECK(status("/2030-01-01/meta-data/") == 404);
}
