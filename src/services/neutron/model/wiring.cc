// SPDX-License-Identifier: Apache-2.0
#include "services/neutron/model/wiring.h"

namespace nephele::neutron {

std::set<std::string> Touched::ids() const {
    std::set<std::string> out;
    for (auto* part : {&networks, &subnets, &ports, &routers, &floating_ips, &groups})
        out.insert(part->begin(), part->end());
    return out;
}

} // namespace nephele::neutron
