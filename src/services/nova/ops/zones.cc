// SPDX-License-Identifier: Apache-2.0
#include "services/nova/ops/zones.h"

#include "platform/agent/agent.h"
#include "services/nova/model/host_facts.h"
#include "services/nova/store/groups.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {

void settle_zones(Context& context) {
    auto zones = store::zones_of_hosts(context.tx);
    std::map<std::string, std::string> own;
    for (auto& state : agent::hosts(context.tx))
        own[state.host] = state.facts.get(compute_facts_key).text("availability_zone");
    for (auto& host : store::all_hosts(context.tx)) {
        std::string zone = zones.count(host.host) ? zones[host.host] : own[host.host];
        if (zone.empty()) zone = context.cloud.config().text("nova.default_availability_zone");
        if (host.zone == zone) continue;
        host.zone = zone;
        shape::update(context, compute_hosts(), host);
    }
}

} // namespace nephele::nova
