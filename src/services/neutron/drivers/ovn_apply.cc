// SPDX-License-Identifier: Apache-2.0
#include "services/neutron/drivers/ovn_apply.h"

#include "services/neutron/drivers/ovn_rows.h"

namespace nephele::neutron {

int apply_wiring(ovn::Northbound& northbound, const Wiring& wiring, const Part& part) {
    auto scope = part.everything ? ovn::Scope::all() : ovn::Scope::of(part.ids);
    auto applied = northbound.apply(northbound_rows(wiring), scope);
    return applied.inserted + applied.changed + applied.deleted;
}

std::vector<std::string> wiring_differences(const ovn::Northbound& northbound,
                                            const Wiring& wiring) {
    auto plan = northbound.preview(northbound_rows(wiring));
    std::vector<std::string> out;
    for (auto& operation : plan.operations)
        if (operation.text("op") != "wait")
            out.push_back("northbound: " + operation.text("op") + " " + operation.text("table") +
                          " " + operation.get("where").dump());
    for (auto& missing : plan.unresolved) out.push_back("northbound: missing " + missing);
    return out;
}

std::vector<PortUp> record_ports(const std::vector<ovn::PortState>& states) {
    std::vector<PortUp> out;
    for (auto& state : states)
        if (state.port.kind == "port") out.push_back({state.port.id, state.up});
    return out;
}

} // namespace nephele::neutron
