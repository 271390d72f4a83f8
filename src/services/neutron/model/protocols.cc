// SPDX-License-Identifier: Apache-2.0
#include "services/neutron/model/protocols.h"

#include "base/strings.h"

namespace nephele::neutron {
namespace {
struct Protocol {
    const char* name;
    int number;
};
constexpr Protocol protocols[] = {
    {"ah", 51},         {"dccp", 33},       {"egp", 8},        {"esp", 50},      {"gre", 47},
    {"hopopt", 0},      {"icmp", 1},        {"igmp", 2},       {"ip", 0},        {"ipip", 4},
    {"ipv6-encap", 41}, {"ipv6-frag", 44},  {"ipv6-icmp", 58}, {"icmpv6", 58},   {"ipv6-nonxt", 59},
    {"ipv6-opts", 60},  {"ipv6-route", 43}, {"ospf", 89},      {"pgm", 113},     {"rsvp", 46},
    {"sctp", 132},      {"tcp", 6},         {"udp", 17},       {"udplite", 136}, {"vrrp", 112},
};

} // namespace

std::optional<int> protocol_number(std::string_view protocol) {
    if (auto number = to_int(protocol); number && *number >= 0 && *number <= 255)
        return static_cast<int>(*number);
    for (auto& known : protocols)
        if (protocol == known.name) return known.number;
    return std::nullopt;
}

} // namespace nephele::neutron
