// SPDX-License-Identifier: Apache-2.0
#include "services/neutron/drivers/simulated_northbound.h"

#include "services/neutron/drivers/plugged.h"

namespace nephele::neutron {

int SimulatedNorthbound::apply(const Wiring& wiring, const Part& part) {
    std::vector<PortUp> news;
    std::function<void(const PortUp&)> callback;
    {
        std::lock_guard lock(mutex_);
        callback = callback_;
        if (part.everything) up_.clear();
        // Ports that are gone are not in the wiring.
        for (auto& id : part.ids) up_.erase(id);
        for (auto& port : wiring.ports) {
            if (plugged(port)) up_.insert(port.id);
            if ((port.status == "ACTIVE") != plugged(port))
                news.push_back({port.id, plugged(port)});
        }
    }
    if (callback)
        for (auto& port : news) callback(port);
    return static_cast<int>(news.size());
}

std::vector<PortUp> SimulatedNorthbound::port_states() {
    std::lock_guard lock(mutex_);
    std::vector<PortUp> out;
    for (auto& id : up_) out.push_back({id, true});
    return out;
}

void SimulatedNorthbound::on_port_state(std::function<void(const PortUp&)> callback) {
    std::lock_guard lock(mutex_);
    callback_ = std::move(callback);
}

} // namespace nephele::neutron
