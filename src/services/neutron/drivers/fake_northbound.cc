// SPDX-License-Identifier: Apache-2.0
#include "services/neutron/drivers/fake_northbound.h"

#include "engines/ovsdb/operations.h"
#include "services/neutron/drivers/ovn_apply.h"
#include "services/neutron/drivers/plugged.h"

namespace nephele::neutron {
int FakeNorthbound::apply(const Wiring& wiring, const Part& part) {
    int changed = apply_wiring(rows_, wiring, part);
    std::vector<PortUp> news;
    std::function<void(const PortUp&)> callback;
    {
        std::lock_guard lock(mutex_);
        callback = callback_;
        for (auto& port : wiring.ports) {
            bool up = plugged(port), was = up_.count(port.id) > 0;
            if (up == was) continue;
            up ? (void)up_.insert(port.id) : (void)up_.erase(port.id);
            news.push_back({port.id, up});
        }
    }
    if (callback)
        for (auto& port : news) callback(port);
    return changed;
}

std::vector<std::string> FakeNorthbound::differences(const Wiring& wiring) {
    return wiring_differences(rows_, wiring);
}

std::vector<PortUp> FakeNorthbound::port_states() {
    auto out = record_ports(rows_.port_states());
    std::lock_guard lock(mutex_);
    for (auto& port : out) port.up = up_.count(port.port_id) > 0;
    return out;
}

void FakeNorthbound::on_port_state(std::function<void(const PortUp&)> callback) {
    std::lock_guard lock(mutex_);
    callback_ = std::move(callback);
}

std::vector<Chassis> FakeNorthbound::chassis() { return {{"fake", "fake", {"public"}}}; }

void FakeNorthbound::fail_next(int times, bool after_commit) {
    rows_.fail_next(EngineFailure::Kind::transient, times, after_commit);
}

void FakeNorthbound::lose_port(const std::string& port_id) {
    std::string lost;
    rows_.read([&](const ovsdb::Replica& replica) {
        for (auto& [uuid, row] : replica.table("Logical_Switch_Port"))
            if (row->text("name") == port_id) lost = uuid;
    });
    rows_.transact(
        {ovsdb::mutate("Logical_Switch", {},
                       {{"ports", "delete", ovsdb::Value(ovsdb::Uuid{lost})}}),
         ovsdb::mutate("Port_Group", {}, {{"ports", "delete", ovsdb::Value(ovsdb::Uuid{lost})}})});
}

} // namespace nephele::neutron
