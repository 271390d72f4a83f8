// SPDX-License-Identifier: Apache-2.0
// `nephele starter`: what a new cloud should have, made through its own APIs; run again it changes
// nothing.
#include "base/strings.h"
#include "base/time.h"
#include "main/api_client.h"
#include "main/commands.h"
#include "platform/fault/fault.h"

#include <chrono>
#include <cstdio>
#include <thread>

namespace nephele::main {
namespace {
struct Wanted {
    std::string auth_url, admin_password, demo_password, image;
    std::int64_t host_seconds = 0; ///< to wait for a compute host; 0: not at all
};

Wanted read_wanted(const Arguments& arguments) {
    Wanted wanted;
    for (auto& word : arguments.words) {
        auto equals = word.find('=');
        std::string key = word.substr(0, equals);
        std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
        if (key == "auth-url")
            wanted.auth_url = value;
        else if (key == "admin-password")
            wanted.admin_password = value;
        else if (key == "demo-password")
            wanted.demo_password = value;
        else if (key == "image")
            wanted.image = value;
        else if (key == "host-seconds")
            wanted.host_seconds = to_int(value).value_or(0);
        else
            throw bad_request("BadArgument", format("unknown word {}", word));
    }
    if (wanted.auth_url.empty() || wanted.admin_password.empty() || wanted.demo_password.empty())
        throw bad_request("BadArgument",
                          "starter auth-url=... admin-password=... demo-password=... "
                          "[image=FILE] [host-seconds=60]");
    return wanted;
}

Json obj(std::initializer_list<Json::Member> members) { return Json::object(members); }

void note(const char* kind, const std::string& name, bool made) {
    std::printf("  %-16s %-20s %s\n", kind, name.c_str(), made ? "made" : "there already");
}

// The named item, made when it is not there.
Json ensure(ApiClient& api, const char* kind, const std::string& type, const std::string& list_path,
            const std::string& plural, const std::string& create_path, const std::string& singular,
            Json body) {
    std::string name = body.text("name");
    Json item = api.named(type, list_path, plural, name);
    bool make = item.is_null();
    if (make)
        item = api.call(type, "POST", create_path, obj({{singular, std::move(body)}})).at(singular);
    note(kind, name, make);
    return item;
}

void ensure_demo_user(ApiClient& api, const Wanted& wanted) {
    Json project = ensure(api, "project", "identity", "/projects", "projects", "/projects",
                          "project", obj({{"name", "demo"}, {"domain_id", "default"}}));
    Json user = ensure(api, "user", "identity", "/users", "users", "/users", "user",
                       obj({{"name", "demo"},
                            {"domain_id", "default"},
                            {"password", wanted.demo_password},
                            {"default_project_id", project.text("id")}}));
    Json role = api.named("identity", "/roles", "roles", "member");
    api.call("identity", "PUT",
             "/projects/" + project.text("id") + "/users/" + user.text("id") + "/roles/" +
                 role.text("id"));
}

void ensure_flavors(ApiClient& api) {
    struct Flavor {
        const char *name, *id;
        int vcpus, ram, disk;
    };
    const Flavor flavors[] = {{"m1.nano", "42", 1, 128, 1},    {"m1.micro", "84", 1, 256, 1},
                              {"m1.tiny", "1", 1, 512, 1},     {"m1.small", "2", 1, 2048, 20},
                              {"m1.medium", "3", 2, 4096, 40}, {"m1.large", "4", 4, 8192, 80}};
    for (auto& f : flavors)
        ensure(api, "flavor", "compute", "/flavors?is_public=None", "flavors", "/flavors", "flavor",
               obj({{"name", f.name},
                    {"id", f.id},
                    {"vcpus", f.vcpus},
                    {"ram", f.ram},
                    {"disk", f.disk}}));
}

void ensure_image(ApiClient& api, const std::string& file) {
    const std::string name = "nephele-guest";
    Json image = api.named("image", "/v2/images?name=" + name, "images", name);
    bool make = image.is_null();
    if (make)
        image = api.call("image", "POST", "/v2/images",
                         obj({{"name", name},
                              {"disk_format", "qcow2"},
                              {"container_format", "bare"},
                              {"visibility", "public"},
                              {"min_ram", 96}}));
    // An interrupted first run leaves it queued.
    if (image.text("status") == "queued")
        api.upload("image", "/v2/images/" + image.text("id") + "/file", file);
    note("image", name, make);
}

Json ensure_public_network(ApiClient& api) {
    Json network = ensure(api, "network", "network", "/v2.0/networks?name=public", "networks",
                          "/v2.0/networks", "network",
                          obj({{"name", "public"},
                               {"router:external", true},
                               {"provider:network_type", "flat"},
                               {"provider:physical_network", "public"}}));
    Json pool = obj({{"start", "172.24.4.10"}, {"end", "172.24.4.250"}});
    ensure(api, "subnet", "network", "/v2.0/subnets?name=public-subnet", "subnets", "/v2.0/subnets",
           "subnet",
           obj({{"name", "public-subnet"},
                {"network_id", network.text("id")},
                {"ip_version", 4},
                {"cidr", "172.24.4.0/24"},
                {"gateway_ip", "172.24.4.1"},
                {"enable_dhcp", false},
                {"allocation_pools", Json::array({pool})}}));
    return network;
}

void ensure_demo_network(ApiClient& demo, const std::string& public_id) {
    Json network = ensure(demo, "network", "network", "/v2.0/networks?name=private", "networks",
                          "/v2.0/networks", "network", obj({{"name", "private"}}));
    Json subnet = ensure(demo, "subnet", "network", "/v2.0/subnets?name=private-subnet", "subnets",
                         "/v2.0/subnets", "subnet",
                         obj({{"name", "private-subnet"},
                              {"network_id", network.text("id")},
                              {"ip_version", 4},
                              {"cidr", "10.0.0.0/24"},
                              {"dns_nameservers", Json::array({"9.9.9.9"})}}));
    Json router = ensure(
        demo, "router", "network", "/v2.0/routers?name=router1", "routers", "/v2.0/routers",
        "router",
        obj({{"name", "router1"}, {"external_gateway_info", obj({{"network_id", public_id}})}}));
    std::string id = router.text("id");
    Json ports = demo.call("network", "GET", "/v2.0/ports?device_id=" + id);
    bool attached = false;
    for (auto& port : ports.at("ports").as_array())
        attached =
            attached || port.text("device_owner").find("router_interface") != std::string::npos;
    if (!attached)
        demo.call("network", "PUT", "/v2.0/routers/" + id + "/add_router_interface",
                  obj({{"subnet_id", subnet.text("id")}}));
    note("router interface", "router1", !attached);
}

// ssh and ping into the demo project's default group.
void ensure_demo_rules(ApiClient& demo) {
    Json group =
        demo.named("network", "/v2.0/security-groups?name=default", "security_groups", "default");
    auto has = [&](const std::string& protocol) {
        for (auto& rule : group.at("security_group_rules").as_array())
            if (rule.text("direction") == "ingress" && rule.text("protocol") == protocol)
                return true;
        return false;
    };
    for (std::string protocol : {"tcp", "icmp"}) {
        bool make = !has(protocol);
        if (make) {
            Json rule = obj({{"security_group_id", group.text("id")},
                             {"direction", "ingress"},
                             {"ethertype", "IPv4"},
                             {"protocol", protocol}});
            if (protocol == "tcp") rule["port_range_min"] = rule["port_range_max"] = 22;
            demo.call("network", "POST", "/v2.0/security-group-rules",
                      obj({{"security_group_rule", std::move(rule)}}));
        }
        note("ingress rule", protocol == "tcp" ? "ssh" : "ping", make);
    }
}
// A host looks what its hypervisor can before it reports; servers asked for earlier find no host.
void wait_for_host(ApiClient& api, std::int64_t seconds) {
    auto deadline = system_clock().monotonic_ns() + seconds * 1'000'000'000;
    for (;;) {
        Json listed = api.call("compute", "GET", "/os-services?binary=nova-compute");
        for (auto& host : listed.at("services").as_array())
            if (host.text("state") == "up") {
                std::printf("  %-16s %-20s %s\n", "compute host", host.text("host").c_str(), "up");
                return;
            }
        if (system_clock().monotonic_ns() > deadline)
            throw Failure(
                Fault::unavailable, "NoComputeHost",
                format("No compute host came up within {} s; its log says why.", seconds));
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
}
} // namespace

int starter(const Arguments& arguments) {
    Wanted wanted = read_wanted(arguments);
    ApiClient admin({wanted.auth_url, "admin", wanted.admin_password, "admin"});
    ensure_demo_user(admin, wanted);
    ensure_flavors(admin);
    if (!wanted.image.empty()) ensure_image(admin, wanted.image);
    Json network = ensure_public_network(admin);
    ApiClient demo({wanted.auth_url, "demo", wanted.demo_password, "demo"});
    ensure_demo_network(demo, network.text("id"));
    ensure_demo_rules(demo);
    if (wanted.host_seconds > 0) wait_for_host(admin, wanted.host_seconds);
    return 0;
}

} // namespace nephele::main
