// SPDX-License-Identifier: Apache-2.0
// No body, path or query makes the service fail: every refusal is a client error in neutron's form,
// and nothing is made.
#include "services/neutron/test/story.h"

namespace nephele::neutron::testing {
namespace {
const char* bodies[] = {
    "",
    "null",
    "[]",
    "7",
    "\"text\"",
    "{}",
    "{",
    R"({"network":null,"subnet":null,"port":null,"router":null,"quota":null})",
    R"({"network":7})",
    R"({"ports":[7,null,"x",[],{}]})",
    R"({"subnets":{}})",
    R"({"networks":[[]]})",
    R"({"port":{"network_id":null,"fixed_ips":7,"tags":7}})",
    R"({"port":{"network_id":"8ae35c1c-6fbc-4a2d-bd0d-3d3e2a9d7f00","fixed_ips":[7]}})",
    R"({"port":{"fixed_ips":[{"ip_address":"::"}],"allowed_address_pairs":[{}]}})",
    R"({"port":{"binding:profile":"x","extra_dhcp_opts":[{"opt_name":7}]}})",
    R"({"subnet":{"cidr":"::/0","ip_version":6,"gateway_ip":"10.0.0.1","allocation_pools":[{"start":"::","end":"10.0.0.1"}]}})",
    R"({"subnet":{"cidr":null,"prefixlen":1000,"host_routes":[{"destination":"x","nexthop":7}]}})",
    R"({"router":{"external_gateway_info":7,"routes":{}}})",
    R"({"router":{"external_gateway_info":{"network_id":7},"routes":[{}]}})",
    R"({"router":{"routes":[{"destination":"0.0.0.0/0","nexthop":"::1"}]}})",
    R"({"subnet_id":7,"port_id":{}})",
    R"({"subnet_id":"x"})",
    R"({"port_id":"8ae35c1c-6fbc-4a2d-bd0d-3d3e2a9d7f00"})",
    R"({"floatingip":{"floating_network_id":"x","port_id":[]}})",
    R"({"floatingip":{"port_id":"8ae35c1c-6fbc-4a2d-bd0d-3d3e2a9d7f00","fixed_ip_address":"::1"}})",
    R"({"security_group":{"name":7}})",
    R"({"security_group_rule":{"direction":7,"protocol":-1,"ethertype":[]}})",
    R"({"security_group_rule":{"direction":"ingress","security_group_id":"8ae35c1c-6fbc-4a2d-bd0d-3d3e2a9d7f00","protocol":99999999999999999999}})",
    R"({"quota":{"network":"many","port":9223372036854775807}})",
    R"({"tags":7})",
    R"({"tags":[7,""]})",
    R"({"prefixes":[7]})",
    R"({"subnetpool":{"name":"p","prefixes":["10.0.0.0/8","::/0"],"min_prefixlen":32,"max_prefixlen":1}})",
    R"({"address_scope":{"ip_version":5}})",
    R"({"rbac_policy":{"object_type":"moon","object_id":"x","action":7,"target_tenant":""}})",
};

std::string filled(const std::string& path, const std::string& id) {
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] != '{') {
            out += path[i];
            continue;
        }
        auto end = path.find('}', i);
        out += path.substr(i + 1, end - i - 1) == "resource" ? "networks" : id;
        i = end;
    }
    return out;
}
} // namespace

TEST_CASE("no body makes the service fail") {
    Wired world;
    Story story(world);
    const std::string ids[] = {"8ae35c1c-6fbc-4a2d-bd0d-3d3e2a9d7f00",
                               story.net.text("id"),
                               story.sub.text("id"),
                               story.vm.text("id"),
                               story.router.text("id"),
                               story.floating.text("id"),
                               "'%20OR%201=1"};
    http::Headers json;
    json.set("Content-Type", "application/json");
    for (auto& resource : service().resources)
        for (auto& route : resource.routes) {
            if (route.method == "DELETE") continue;
            for (auto& id : ids)
                for (auto* body : bodies) {
                    bool reads = route.method == "GET";
                    if (reads && *body) continue;
                    auto answer = world.raw(route.method, "/network" + filled(route.path, id),
                                            world.alice, body, json);
                    INFO(route.method << " " << route.path << " " << id << " " << body << ": "
                                      << answer.text);
                    CHECK(answer.status < 500);
                    if (answer.status >= 400) CHECK(answer.json.has("NeutronError"));
                }
        }
    world.check_invariants(false);
}

TEST_CASE("no query makes the service fail") {
    World world;
    for (auto& resource : service().resources)
        for (auto& route : resource.routes) {
            if (route.method != "GET" || route.path.find('{') != std::string::npos) continue;
            for (const char* query : {"limit=-1",
                                      "limit=x",
                                      "limit=0",
                                      "marker=x",
                                      "sort_key=x",
                                      "sort_key=tags",
                                      "sort_dir=up",
                                      "page_reverse=maybe",
                                      "fields=x",
                                      "tags=",
                                      "tags=%22%5C",
                                      "not-tags-any=,",
                                      "fixed_ips=",
                                      "fixed_ips=ip_address",
                                      "admin_state_up=maybe",
                                      "created_at=x",
                                      "changed_since=x",
                                      "mtu=x",
                                      "id=%00",
                                      "name=%C3%28",
                                      "security_groups=x",
                                      "shared=x",
                                      "tenant_id=",
                                      "router:external=2"}) {
                auto answer = world.get("/network" + route.path + "?" + query, world.root);
                INFO(route.path << "?" << query << ": " << answer.text);
                CHECK(answer.status < 500);
            }
        }
}

} // namespace nephele::neutron::testing
