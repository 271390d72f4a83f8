// SPDX-License-Identifier: Apache-2.0
// Planning of a port's addresses.
#include "services/neutron/logic/address_choice.h"

#include "base/strings.h"

#include <algorithm>

namespace nephele::neutron {
namespace {
bool router_port(const std::string& device_owner) {
    return device_owner == owner::router_interface || device_owner == owner::router_gateway;
}

// A subnet with service types serves only ports of such owners.
bool serves(const Subnet& subnet, const std::string& device_owner) {
    if (subnet.service_types.empty()) return true;
    for (auto& type : subnet.service_types)
        if (!type.empty() && device_owner.rfind(type, 0) == 0) return true;
    return false;
}

std::vector<AddressAsk> default_asks(const std::vector<Subnet>& subnets,
                                     const std::string& device_owner) {
    AddressAsk four, six;
    std::vector<AddressAsk> out, automatic;
    for (auto& subnet : subnets) {
        if (!serves(subnet, device_owner)) continue;
        if (subnet.ip_version == 4)
            four.from.push_back(&subnet);
        else if (subnet.auto_addressed() && !router_port(device_owner))
            automatic.push_back({{&subnet}, std::nullopt, true});
        else
            six.from.push_back(&subnet);
    }
    if (!four.from.empty()) out.push_back(four);
    if (!six.from.empty()) out.push_back(six);
    out.insert(out.end(), automatic.begin(), automatic.end());
    return out;
}

const Subnet& subnet_with_id(const std::string& network_id, const std::vector<Subnet>& subnets,
                             const std::string& id) {
    for (auto& subnet : subnets)
        if (subnet.id == id) return subnet;
    throw bad_request("InvalidInput",
                      format("Invalid input for operation: Failed to create port on network {}, "
                             "because fixed_ips included invalid subnet {}.",
                             network_id, id));
}

const Subnet& subnet_with_address(const std::vector<Subnet>& subnets, const Address& address) {
    for (auto& subnet : subnets)
        if (auto cidr = parse_cidr(subnet.cidr); cidr && cidr->holds(address)) return subnet;
    throw bad_request("InvalidIpForNetwork",
                      format("IP address {} is not a valid IP for any of the subnets on the "
                             "specified network.",
                             address.text()));
}

void check_certain(const Subnet& subnet, const Address& address, const std::string& device_owner) {
    auto cidr = parse_cidr(subnet.cidr);
    bool ends =
        cidr->length < cidr->width() - 1 &&
        (address == cidr->network || (address.version == 4 && address == cidr->range().last));
    if (!cidr->holds(address) || (ends && address.version == 4))
        throw bad_request(
            "InvalidIpForSubnet",
            format("IP address {} is not a valid IP for the specified subnet.", address.text()));
    if (subnet.auto_addressed() && !router_port(device_owner))
        throw bad_request("AllocationOnAutoAddressSubnet",
                          format("IPv6 address {} cannot be directly assigned to a port on subnet "
                                 "{} as the subnet is configured for automatic addresses",
                                 address.text(), subnet.id));
}
} // namespace

std::vector<AddressAsk> plan_addresses(const std::string& network_id,
                                       const std::vector<Subnet>& subnets,
                                       const std::optional<std::vector<FixedIp>>& wanted,
                                       const std::string& device_owner) {
    if (!wanted) return default_asks(subnets, device_owner);
    std::vector<AddressAsk> out;
    for (auto& fixed : *wanted) {
        if (fixed.subnet_id.empty() && fixed.ip_address.empty())
            throw bad_request("HTTPBadRequest", "Invalid input for fixed_ips. Reason: each item "
                                                "needs a subnet_id or an ip_address.");
        auto address = fixed.ip_address.empty() ? std::nullopt : parse_address(fixed.ip_address);
        const Subnet& subnet = fixed.subnet_id.empty()
                                   ? subnet_with_address(subnets, *address)
                                   : subnet_with_id(network_id, subnets, fixed.subnet_id);
        if (address) check_certain(subnet, *address, device_owner);
        for (auto& other : out)
            if (address && other.address == address)
                throw bad_request("InvalidInput",
                                  format("Invalid input for operation: Duplicate IP address {}.",
                                         address->text()));
        bool by_mac = !address && subnet.auto_addressed() && !router_port(device_owner);
        out.push_back({{&subnet}, address, by_mac});
    }
    return out;
}

AddressChange compare_addresses(const std::vector<FixedIp>& present,
                                const std::vector<FixedIp>& wanted) {
    AddressChange out;
    std::vector<FixedIp> left = present;
    auto take = [&](auto&& matches) {
        auto found = std::find_if(left.begin(), left.end(), matches);
        if (found == left.end()) return false;
        out.kept.push_back(*found);
        left.erase(found);
        return true;
    };
    // Certain addresses first, so that "any of this subnet" does not take theirs.
    std::vector<FixedIp> open;
    for (auto& wish : wanted) {
        auto address = parse_address(wish.ip_address);
        if (!address)
            open.push_back(wish);
        else if (!take([&](const FixedIp& have) {
                     return have.ip_address == address->text() &&
                            (wish.subnet_id.empty() || have.subnet_id == wish.subnet_id);
                 }))
            out.wanted.push_back(wish);
    }
    for (auto& wish : open)
        if (!take([&](const FixedIp& have) { return have.subnet_id == wish.subnet_id; }))
            out.wanted.push_back(wish);
    out.released = std::move(left);
    return out;
}

} // namespace nephele::neutron
