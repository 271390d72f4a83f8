// SPDX-License-Identifier: Apache-2.0
// Decisions about subnet pools.
#include "services/neutron/logic/pool_check.h"

#include "base/strings.h"
#include "services/neutron/model/address.h"

#include <algorithm>

namespace nephele::neutron {

std::vector<std::string> merged_prefixes(const std::vector<std::string>& prefixes) {
    std::vector<Cidr> all;
    for (auto& text : prefixes)
        if (auto cidr = parse_cidr(text)) all.push_back(*cidr);
    std::sort(all.begin(), all.end(), [](const Cidr& a, const Cidr& b) {
        return std::pair(a.network.bits, a.length) < std::pair(b.network.bits, b.length);
    });
    std::vector<Cidr> out;
    for (auto cidr : all) {
        if (!out.empty() && out.back().holds(cidr.network)) continue;
        out.push_back(cidr);
        // Two halves of one larger prefix become it, as often as that goes.
        while (out.size() >= 2) {
            Cidr &low = out[out.size() - 2], &high = out.back();
            Cidr whole{low.network, low.length - 1};
            auto aligned = parse_cidr(whole.text());
            if (low.length != high.length || low.length == 0 ||
                !(aligned->network == low.network) || !whole.holds(high.network))
                break;
            low = whole;
            out.pop_back();
        }
    }
    std::vector<std::string> texts;
    for (auto& cidr : out) texts.push_back(cidr.text());
    return texts;
}

void normalize_pool(SubnetPool& pool) {
    if (pool.prefixes.empty())
        throw bad_request("EmptySubnetPoolPrefixList", "Empty subnet pool prefix list.");
    int version = 0;
    for (auto& text : pool.prefixes) {
        auto cidr = parse_cidr(text);
        if (version && cidr->network.version != version)
            throw bad_request("PrefixVersionMismatch",
                              "Cannot mix IPv4 and IPv6 prefixes in a subnet pool.");
        version = cidr->network.version;
    }
    pool.ip_version = version;
    pool.prefixes = merged_prefixes(pool.prefixes);
    if (!pool.min_prefixlen) pool.min_prefixlen = version == 4 ? 8 : 64;
    if (!pool.max_prefixlen) pool.max_prefixlen = version == 4 ? 32 : 128;
    if (!pool.default_prefixlen) pool.default_prefixlen = *pool.min_prefixlen;
    if (*pool.max_prefixlen > (version == 4 ? 32 : 128) ||
        *pool.min_prefixlen > *pool.max_prefixlen)
        throw bad_request("IllegalSubnetPoolPrefixBounds",
                          format("Illegal prefix bounds: min_prefixlen={}, max_prefixlen={}.",
                                 *pool.min_prefixlen, *pool.max_prefixlen));
    if (*pool.default_prefixlen < *pool.min_prefixlen ||
        *pool.default_prefixlen > *pool.max_prefixlen)
        throw bad_request("IllegalSubnetPoolPrefixBounds",
                          format("Illegal prefix bounds: default_prefixlen={} is outside of {} to "
                                 "{}.",
                                 *pool.default_prefixlen, *pool.min_prefixlen,
                                 *pool.max_prefixlen));
}

} // namespace nephele::neutron
