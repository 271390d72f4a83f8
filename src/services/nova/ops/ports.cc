// SPDX-License-Identifier: Apache-2.0
#include "services/nova/ops/ports.h"

#include "base/strings.h"
#include "services/neutron/client.h"

namespace nephele::nova {
namespace {
constexpr const char* owner = "compute:nova";

Failure refuse(const char* code, const std::string& message) { return bad_request(code, message); }

neutron::Network usable_network(Context& context, const Scope& scope, const std::string& id,
                                const PortRules& rules) {
    auto network = neutron::find_network(context.tx, scope, id);
    if (!network) throw refuse("NetworkNotFound", format("Network {} could not be found.", id));
    bool foreign = network->router_external && !network->shared &&
                   !(scope.kind == Scope::Kind::project && scope.id == network->project_id);
    if (foreign && !rules.may_attach_external)
        throw forbidden(
            "ExternalNetworkAttachForbidden",
            format("It is not allowed to create an interface on external network {}", id));
    if (!neutron::has_subnets(*network))
        throw refuse("NetworkRequiresSubnet",
                     format("Network {} requires a subnet in order to boot instances on.", id));
    return std::move(*network);
}

void plan_given_port(Context& context, const Scope& scope, const NetworkRequest& request,
                     const PortRules& rules, PortPlan& plan) {
    if (rules.servers > 1)
        throw refuse("MultiplePortsNotApplicable",
                     "Failed to launch instances: the same port cannot be given to several "
                     "servers. Name networks instead.");
    auto port = neutron::find_port(context.tx, scope, *request.port);
    if (!port)
        throw refuse("PortNotFound", format("Port id {} could not be found.", *request.port));
    if (!port->device_id.empty())
        throw conflict("PortInUse", format("Port {} is still in use.", port->id));
    if (port->fixed_ips.empty())
        throw refuse("PortRequiresFixedIP",
                     format("Port {} requires a FixedIP in order to be used.", port->id));
    plan.ports.push_back({port->network_id, "", port->id, request.tag.value_or("")});
}

void plan_listed(Context& context, const Scope& scope, const Json& networks, const PortRules& rules,
                 PortPlan& plan) {
    shape::Reading reading;
    reading.version = {1000, 0};
    std::size_t index = 0;
    for (auto& item : networks.as_array()) {
        NetworkRequest request =
            NetworkRequest::shape().parse(item, reading, "networks." + std::to_string(index++));
        if (request.port) {
            plan_given_port(context, scope, request, rules, plan);
            continue;
        }
        if (!request.uuid || request.uuid->empty())
            throw refuse("NetworkNotFound", "Bad networks format: each names a uuid or a port.");
        if (request.fixed_ip && rules.servers > 1)
            throw refuse("InvalidFixedIpAndMaxCountRequest",
                         "Failed to launch instances: a fixed address cannot be given to several "
                         "servers.");
        auto network = usable_network(context, scope, dashed_uuid(*request.uuid), rules);
        plan.ports.push_back(
            {network.id, request.fixed_ip.value_or(""), "", request.tag.value_or("")});
    }
}

// Nothing named: the one network the project can use.
void plan_automatic(Context& context, const std::string& project_id, bool needs_one,
                    PortPlan& plan) {
    auto networks = neutron::networks_for_servers(context.tx, project_id);
    std::vector<neutron::Network> usable;
    for (auto& network : networks)
        if (neutron::has_subnets(network)) usable.push_back(std::move(network));
    if (usable.size() > 1)
        throw conflict("NetworkAmbiguous", "Multiple possible networks found, use a Network ID to "
                                           "be more specific.");
    if (usable.empty() && needs_one)
        throw refuse("UnableToAutoAllocateNetwork",
                     format("Unable to automatically allocate a network for project {}: it has no "
                            "network with a subnet. Create one, or ask for 'none'.",
                            project_id));
    if (!usable.empty()) plan.ports.push_back({usable.front().id, "", "", ""});
}

// Neutron's refusals in the words and statuses nova's clients know.
[[noreturn]] void translate(const Failure& failure, const PortPlan::One& wanted) {
    if (failure.code() == "OverQuota")
        throw forbidden("PortLimitExceeded", "Maximum number of ports exceeded");
    if (failure.code() == "IpAddressGenerationFailure")
        throw refuse("NoMoreFixedIps",
                     format("No fixed IP addresses available for network: {}", wanted.network_id));
    if (failure.code() == "IpAddressAlreadyAllocated" || failure.code() == "IpAddressInUse")
        throw refuse("FixedIpAlreadyInUse",
                     format("Fixed IP address {} is already in use.", wanted.fixed_ip));
    if (failure.code() == "InvalidIpForNetwork" || failure.code() == "InvalidIpForSubnet")
        throw refuse("InvalidInput", failure.what());
    throw failure;
}
} // namespace

PortPlan plan_ports(Context& context, const Scope& scope, const std::string& project_id,
                    const Json& networks, const std::vector<GroupRequest>& groups,
                    const PortRules& rules) {
    PortPlan plan;
    if (networks.is_null() && rules.required)
        throw refuse("ValidationError",
                     "Invalid input for field/attribute server. 'networks' is a required property");
    if (networks.is_null()) {
        plan_automatic(context, project_id, false, plan);
    } else if (networks.is_string() && rules.required && networks.as_string() == "auto") {
        plan_automatic(context, project_id, true, plan);
    } else if (networks.is_string() && rules.required && networks.as_string() == "none") {
        return plan;
    } else if (networks.is_array()) {
        plan_listed(context, scope, networks, rules, plan);
        if (plan.ports.empty()) plan_automatic(context, project_id, false, plan);
    } else {
        throw refuse("ValidationError",
                     "Invalid input for field/attribute networks: a list, 'auto' "
                     "or 'none' is expected.");
    }
    for (auto& group : groups) {
        try {
            plan.security_groups.push_back(
                neutron::security_group_named(context, project_id, group.name));
        } catch (const Failure& failure) {
            if (failure.code() == "SecurityGroupNotFound")
                throw refuse("SecurityGroupNotFound",
                             format("Security group {} not found.", group.name));
            if (failure.code() == "NoUniqueMatch") throw conflict("NoUniqueMatch", failure.what());
            throw;
        }
    }
    return plan;
}

std::vector<std::string> make_ports(Context& context, const PortPlan& plan, Server& server) {
    std::vector<std::string> made;
    for (auto& one : plan.ports) {
        if (!one.port_id.empty()) {
            neutron::attach_port(context, one.port_id, server.id, owner);
            server.kept_ports.push_back(one.port_id);
            if (!one.tag.empty()) server.device_tags[one.port_id] = one.tag;
            made.push_back(one.port_id);
            continue;
        }
        neutron::WantedPort wanted;
        wanted.project_id = server.project_id;
        wanted.network_id = one.network_id;
        wanted.ip_address = one.fixed_ip;
        if (!plan.security_groups.empty()) wanted.security_groups = plan.security_groups;
        wanted.device_id = server.id;
        wanted.device_owner = owner;
        try {
            auto port = neutron::create_port(context, wanted);
            if (!one.tag.empty()) server.device_tags[port.id] = one.tag;
            made.push_back(port.id);
        } catch (const Failure& failure) {
            translate(failure, one);
        }
    }
    return made;
}

} // namespace nephele::nova
