// SPDX-License-Identifier: Apache-2.0
// /v2.0/agents and /v2.0/availability_zones, read from the hosts' agents: each host runs an OVN
// controller and the metadata listeners.
#include "platform/agent/agent.h"
#include "services/neutron/api/common.h"
#include "services/neutron/api/resources.h"

namespace nephele::neutron {
namespace {
constexpr std::int64_t alive_seconds = 75;

Json described(Call& call, const agent::HostState& host) {
    bool alive = call.now.seconds() - host.last_seen.seconds() <= alive_seconds;
    std::string seen = iso_time(host.last_seen, 0, "");
    return Json::object(
        {{"id", host.host},
         {"agent_type", "OVN Controller agent"},
         {"binary", "ovn-controller"},
         {"topic", "n/a"},
         {"host", host.host},
         {"admin_state_up", true},
         {"alive", alive},
         {"availability_zone", "nova"},
         {"created_at", seen},
         {"started_at", seen},
         {"heartbeat_timestamp", seen},
         {"description", ""},
         {"resources_synced", nullptr},
         {"configurations",
          host.facts.get("ovn").is_object() ? host.facts.get("ovn") : Json::object()}});
}

Json list(Call& call) {
    Json out = Json::array();
    auto wanted = call.query("host");
    // Lists leave out what the caller may not see instead of refusing.
    if (!call.allowed("get_agent")) return Json::object({{"agents", std::move(out)}});
    for (auto& host : agent::hosts(call.tx))
        if (!wanted || *wanted == host.host) out.push_back(described(call, host));
    return Json::object({{"agents", std::move(out)}});
}
Json show(Call& call) {
    for (auto& host : agent::hosts(call.tx))
        if (host.host == call.path("agent_id"))
            return Json::object({{"agent", described(call, host)}});
    throw not_found("AgentNotFound", "Agent " + call.path("agent_id") + " could not be found.");
}

Json zones(Call& call) {
    Json out = Json::array();
    if (!agent::hosts(call.tx).empty())
        for (const char* resource : {"network", "router"})
            out.push_back(
                Json::object({{"name", "nova"}, {"resource", resource}, {"state", "available"}}));
    return Json::object({{"availability_zones", std::move(out)}});
}
} // namespace

Resource agents_resource() {
    return Resource()
        .on("GET /v2.0/agents", enforced_by_handler, list)
        .on("GET /v2.0/agents/{agent_id}", "get_agent", show)
        .on("GET /v2.0/availability_zones", "get_availability_zone", zones);
}

} // namespace nephele::neutron
