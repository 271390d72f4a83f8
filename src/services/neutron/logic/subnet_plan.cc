// SPDX-License-Identifier: Apache-2.0
// Gateway and allocation-pool decisions of subnets.
#include "services/neutron/logic/subnet_plan.h"

#include "base/strings.h"

#include <algorithm>

namespace nephele::neutron {
namespace {
Failure invalid(const std::string& why) {
    return bad_request("InvalidInput", "Invalid input for operation: " + why + ".");
}

std::string text_of_pool(const AllocationPool& pool) { return pool.start + "-" + pool.end; }

// The addresses hosts may have: not the network address, not IPv4's broadcast address.
Range usable(const Cidr& cidr) {
    Range range = cidr.range();
    int width = cidr.width();
    if (cidr.length >= width - 1) return range;
    range.first = range.first.plus(1);
    if (cidr.network.version == 4) range.last = range.last.plus(-1);
    return range;
}

void check_modes(const Subnet& subnet) {
    if (subnet.ip_version == 4 && (subnet.ipv6_ra_mode || subnet.ipv6_address_mode))
        throw invalid("ipv6_ra_mode or ipv6_address_mode cannot be set on an IPv4 subnet");
    if ((subnet.ipv6_ra_mode || subnet.ipv6_address_mode) && !subnet.enable_dhcp)
        throw invalid("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to "
                      "False");
    if (subnet.ipv6_ra_mode && subnet.ipv6_address_mode &&
        *subnet.ipv6_ra_mode != *subnet.ipv6_address_mode)
        throw invalid(format("ipv6_ra_mode set to '{}' with ipv6_address_mode set to '{}' is not "
                             "valid. If both attributes are set, they must be the same value",
                             *subnet.ipv6_ra_mode, *subnet.ipv6_address_mode));
}

void check_gateway(const Subnet& subnet, const Cidr& cidr) {
    if (!subnet.gateway_ip) return;
    auto gateway = parse_address(*subnet.gateway_ip);
    if (!gateway || gateway->version != subnet.ip_version)
        throw invalid(format("gateway_ip '{}' is not an IPv{} address", *subnet.gateway_ip,
                             subnet.ip_version));
    // A gateway outside of the subnet is allowed (link-local, on-link external gateways).
    if (cidr.holds(*gateway) && !usable(cidr).holds(*gateway) &&
        !(gateway->version == 6 && *gateway == cidr.network))
        throw invalid("Gateway is not valid on subnet");
}

void check_pools(const Subnet& subnet, const Cidr& cidr) {
    std::vector<std::pair<Range, const AllocationPool*>> ranges;
    for (auto& pool : subnet.allocation_pools) {
        auto first = parse_address(pool.start), last = parse_address(pool.end);
        if (!first || !last || first->version != subnet.ip_version ||
            last->version != subnet.ip_version || last->bits < first->bits)
            throw bad_request("InvalidAllocationPool",
                              format("The allocation pool {} is not valid.", text_of_pool(pool)));
        Range room = usable(cidr);
        if (!room.holds(*first) || !room.holds(*last))
            throw bad_request("OutOfBoundsAllocationPool",
                              format("The allocation pool {} spans beyond the subnet cidr {}.",
                                     text_of_pool(pool), subnet.cidr));
        for (auto& [range, other] : ranges)
            if (range.overlaps({*first, *last}))
                throw conflict("OverlappingAllocationPools",
                               format("Found overlapping allocation pools: {} {} for subnet {}.",
                                      text_of_pool(*other), text_of_pool(pool), subnet.cidr));
        ranges.push_back({{*first, *last}, &pool});
    }
    if (!subnet.gateway_ip) return;
    auto gateway = parse_address(*subnet.gateway_ip);
    for (auto& [range, pool] : ranges)
        if (range.holds(*gateway))
            throw conflict("GatewayConflictWithAllocationPools",
                           format("Gateway ip {} conflicts with allocation pool {}.",
                                  *subnet.gateway_ip, text_of_pool(*pool)));
}
} // namespace

void check_subnet(const Subnet& subnet) {
    auto cidr = parse_cidr(subnet.cidr);
    if (!cidr) throw invalid(format("'{}' is not a CIDR", subnet.cidr));
    check_modes(subnet);
    check_gateway(subnet, *cidr);
    check_pools(subnet, *cidr);
    if (subnet.dns_nameservers.size() > 5)
        throw bad_request("DNSNameServersExhausted",
                          format("Unable to complete operation for {}. The number of DNS "
                                 "nameservers exceeds the limit 5.",
                                 subnet.id));
    if (subnet.host_routes.size() > 20)
        throw bad_request("HostRoutesExhausted",
                          format("Unable to complete operation for {}. The number of host routes "
                                 "exceeds the limit 20.",
                                 subnet.id));
    for (auto& route : subnet.host_routes) {
        auto to = parse_cidr(route.destination);
        auto via = parse_address(route.nexthop);
        if (!to || !via || to->network.version != subnet.ip_version ||
            via->version != subnet.ip_version)
            throw invalid(format("host route {} via {} does not match the ip_version '{}'",
                                 route.destination, route.nexthop, subnet.ip_version));
    }
}

void plan_subnet(Subnet& subnet, bool gateway_given, bool pools_given,
                 const std::vector<std::string>& sibling_cidrs) {
    if (!is_exact_cidr(subnet.cidr)) {
        auto near = parse_cidr(subnet.cidr);
        throw bad_request(
            "HTTPBadRequest",
            format("Invalid input for cidr. Reason: '{}' isn't a recognized IP subnet cidr, '{}' "
                   "is recommended.",
                   subnet.cidr, near ? near->text() : ""));
    }
    Cidr cidr = *parse_cidr(subnet.cidr);
    subnet.cidr = cidr.text();
    if (cidr.network.version != subnet.ip_version)
        throw invalid(
            format("cidr '{}' does not match the ip_version '{}'", subnet.cidr, subnet.ip_version));
    if (cidr.length == 0) throw invalid("0 is not allowed as CIDR prefix length");
    Address first_byte = cidr.network;
    if (subnet.ip_version == 4 && (first_byte.bits >> 24 >= 224 || first_byte.bits >> 24 == 127))
        throw invalid(
            format("IP addresses in '{}' are multicast, reserved or loopback", subnet.cidr));
    if (subnet.auto_addressed() && cidr.length != 64)
        throw invalid(format("Invalid CIDR {} for IPv6 address mode. OpenStack uses the EUI-64 "
                             "address format, which requires the prefix to be /64",
                             subnet.cidr));
    for (auto& other : sibling_cidrs)
        if (auto theirs = parse_cidr(other); theirs && theirs->overlaps(cidr))
            throw invalid(format("Requested subnet with cidr: {} for network: {} overlaps with "
                                 "another subnet",
                                 subnet.cidr, subnet.network_id));
    if (!gateway_given)
        subnet.gateway_ip =
            (cidr.length >= cidr.width() - 1 ? cidr.network : cidr.network.plus(1)).text();
    if (subnet.gateway_ip && parse_address(*subnet.gateway_ip))
        subnet.gateway_ip = parse_address(*subnet.gateway_ip)->text();
    if (!pools_given) subnet.allocation_pools = default_pools(cidr, subnet.gateway_ip);
    check_subnet(subnet);
}

std::vector<Range> pool_ranges(const Subnet& subnet) {
    std::vector<Range> out;
    for (auto& pool : subnet.allocation_pools)
        out.push_back({*parse_address(pool.start), *parse_address(pool.end)});
    return out;
}

std::vector<AllocationPool> default_pools(const Cidr& cidr,
                                          const std::optional<std::string>& gateway) {
    Range room = usable(cidr);
    auto at = gateway ? parse_address(*gateway) : std::nullopt;
    std::vector<AllocationPool> out;
    auto add = [&](const Address& first, const Address& last) {
        if (first.bits <= last.bits) out.push_back({first.text(), last.text()});
    };
    if (!at || !room.holds(*at)) {
        add(room.first, room.last);
        return out;
    }
    if (at->bits > room.first.bits) add(room.first, at->plus(-1));
    if (at->bits < room.last.bits) add(at->plus(1), room.last);
    return out;
}

std::optional<Cidr> free_prefix(const std::vector<std::string>& prefixes, int length,
                                const std::vector<std::string>& used) {
    std::vector<Range> taken;
    for (auto& text : used)
        if (auto cidr = parse_cidr(text)) taken.push_back(cidr->range());
    std::sort(taken.begin(), taken.end(),
              [](auto& a, auto& b) { return a.first.bits < b.first.bits; });
    for (auto& text : prefixes) {
        auto prefix = parse_cidr(text);
        if (!prefix || prefix->length > length) continue;
        Cidr candidate{prefix->network, length};
        Range room = prefix->range();
        for (auto& range : taken) {
            if (range.first.version != candidate.network.version ||
                !range.overlaps(candidate.range()))
                continue;
            // The next aligned prefix after what is taken.
            Bits step = candidate.range().size();
            Bits past = range.last.bits - range.last.bits % step;
            candidate.network.bits = past + step;
            if (candidate.network.bits <= past || candidate.network.bits > room.last.bits) break;
        }
        bool clear = room.holds(candidate.network) && room.holds(candidate.range().last);
        for (auto& range : taken) clear = clear && !range.overlaps(candidate.range());
        if (clear) return candidate;
    }
    return std::nullopt;
}

} // namespace nephele::neutron
