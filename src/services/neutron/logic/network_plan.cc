// SPDX-License-Identifier: Apache-2.0
// Decisions about provider attributes and MTU.
#include "services/neutron/logic/network_plan.h"

#include "base/strings.h"

namespace nephele::neutron {
namespace {
Failure invalid(const std::string& why) {
    return bad_request("InvalidInput", "Invalid input for operation: " + why + ".");
}
} // namespace

std::int64_t overhead_of(const std::string& network_type) {
    // Outer IPv4 and UDP headers, geneve with OVN's options.
    return network_type == "geneve" ? 58 : 0;
}

void plan_segment(Network& network, const std::string& tenant_type) {
    auto& type = network.provider_network_type;
    bool physical = network.provider_physical_network.has_value();
    bool segment = network.provider_segmentation_id.has_value();
    if (type.empty()) {
        if (physical || segment) throw invalid("network_type value needs to be provided");
        type = tenant_type;
        return;
    }
    if (type == "local") {
        if (physical || segment)
            throw invalid("provider:physical_network and provider:segmentation_id prohibited for "
                          "local provider network");
    } else if (type == "flat") {
        if (!physical) throw invalid("physical_network required for flat provider network");
        if (segment) throw invalid("segmentation_id prohibited for flat provider network");
    } else if (type == "vlan") {
        if (!physical) throw invalid("physical_network required for VLAN provider network");
        if (!segment || *network.provider_segmentation_id < 1 ||
            *network.provider_segmentation_id > 4094)
            throw invalid("segmentation_id out of range (1 through 4094)");
    } else if (type == "geneve") {
        if (physical) throw invalid("provider:physical_network specified for geneve network");
        if (segment &&
            (*network.provider_segmentation_id < 1 || *network.provider_segmentation_id > 16777215))
            throw invalid("segmentation_id out of range (1 through 16777215)");
    } else {
        throw invalid(format("network_type value '{}' not supported", type));
    }
}

void plan_mtu(Network& network, bool given, std::int64_t physical_mtu) {
    std::int64_t largest = physical_mtu - overhead_of(network.provider_network_type);
    if (!given || network.mtu == 0) network.mtu = largest;
    if (network.mtu > largest)
        throw invalid(format("Requested MTU is too big, maximum is {}", largest));
    if (network.mtu < 68) throw invalid("MTU must be at least 68");
}

} // namespace nephele::neutron
