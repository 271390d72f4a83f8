// SPDX-License-Identifier: Apache-2.0
// How the wiring is carried out. One backend writes OVN's northbound database, one keeps the same
// rows in memory and has every bound port up at once.
#pragma once
#include "services/neutron/model/wiring.h"

#include <functional>
#include <memory>

namespace nephele::neutron {

struct PortUp {
    std::string port_id;
    bool up = false;
};

/// Which rows a call speaks for: all of ours, or those of some records.
struct Part {
    bool everything = true;
    std::set<std::string> ids;
};

class Northbound {
  public:
    virtual ~Northbound() = default;
    /// Connected, and the chassis are known.
    virtual bool wait_ready(int timeout_ms) = 0;
    /// Makes it so; safe to repeat. Returns the number of rows changed. Throws EngineFailure.
    virtual int apply(const Wiring&, const Part&) = 0;
    /// What apply() would change, a line each; empty when all is as it should be.
    virtual std::vector<std::string> differences(const Wiring&) = 0;
    virtual std::vector<PortUp> port_states() = 0;
    /// Called from another thread when a port goes up or down; must not block.
    virtual void on_port_state(std::function<void(const PortUp&)> callback) = 0;
    virtual std::vector<Chassis> chassis() = 0;
};

/// `southbound` tells which hosts there are.
std::unique_ptr<Northbound> ovn_northbound(const std::string& northbound,
                                           const std::string& southbound);

} // namespace nephele::neutron
