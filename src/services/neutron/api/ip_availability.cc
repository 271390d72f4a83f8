// SPDX-License-Identifier: Apache-2.0
// /v2.0/network-ip-availabilities: addresses in total and in use.
#include "services/neutron/api/common.h"
#include "services/neutron/api/resources.h"
#include "services/neutron/logic/subnet_plan.h"
#include "services/neutron/ops/ports.h"
#include "services/neutron/store/addresses.h"

namespace nephele::neutron {
namespace {
// Counts beyond 64 bits stay exact as long as they fit; JSON numbers end there.
Json number(Bits value) {
    if (value > static_cast<Bits>(UINT64_MAX)) return static_cast<double>(value);
    return static_cast<std::uint64_t>(value);
}

Json availability(Call& call, const Network& network) {
    auto used = addresses_used(call.tx, network.id);
    Bits total = 0;
    std::int64_t total_used = 0;
    Json subnets = Json::array();
    auto version = call.query("ip_version");
    for (auto& subnet : subnets_of(call.tx, network.id)) {
        if (version && *version != std::to_string(subnet.ip_version)) continue;
        Bits size = 0;
        for (auto& range : pool_ranges(subnet)) size += range.size();
        std::int64_t here = 0;
        for (auto& use : used)
            if (use.subnet_id == subnet.id) here = use.used;
        total += size;
        total_used += here;
        subnets.push_back(Json::object({{"subnet_id", subnet.id},
                                        {"subnet_name", subnet.name},
                                        {"cidr", subnet.cidr},
                                        {"ip_version", subnet.ip_version},
                                        {"total_ips", number(size)},
                                        {"used_ips", here}}));
    }
    return Json::object({{"network_id", network.id},
                         {"network_name", network.name},
                         {"project_id", network.project_id},
                         {"tenant_id", network.project_id},
                         {"total_ips", number(total)},
                         {"used_ips", total_used},
                         {"subnet_ip_availability", std::move(subnets)}});
}

Json list(Call& call) {
    Json out = Json::array();
    auto by_id = call.query("network_id"), by_name = call.query("network_name");
    auto by_project = call.query("project_id");
    // Lists leave out what the caller may not see instead of refusing.
    if (!call.allowed("get_network_ip_availability"))
        return Json::object({{"network_ip_availabilities", std::move(out)}});
    for (auto& network : select(call.tx, networks(), call.scope(), {}, "ORDER BY created_at, id"))
        if ((!by_id || *by_id == network.id) && (!by_name || *by_name == network.name) &&
            (!by_project || *by_project == network.project_id))
            out.push_back(availability(call, network));
    return Json::object({{"network_ip_availabilities", std::move(out)}});
}
Json show(Call& call) {
    auto network = need(call.tx, networks(), call.scope(), call.path("network_id"));
    return Json::object({{"network_ip_availability", availability(call, network)}});
}
} // namespace

Resource ip_availability_resource() {
    return Resource()
        .on("GET /v2.0/network-ip-availabilities", enforced_by_handler, list)
        .on("GET /v2.0/network-ip-availabilities/{network_id}", "get_network_ip_availability",
            show);
}

} // namespace nephele::neutron
