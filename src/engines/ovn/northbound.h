// SPDX-License-Identifier: Apache-2.0
// The northbound database of OVN as services see it: hand in what should be, learn what is. One
// backend talks to a server, one lives in memory and fails on demand.
#pragma once
#include "engines/ovn/plan.h"
#include "platform/fault/fault.h"

#include <functional>
#include <memory>

namespace nephele::ovn {

struct Applied {
    int inserted = 0;
    int changed = 0;
    int deleted = 0;
    int stale = 0;
    int transactions = 0;
};

/// How far a change has come.
enum class Reach {
    southbound, ///< northd has translated it
    chassis,    ///< every chassis has put it in place
};

struct PortState {
    RowKey port;
    std::string name;
    bool up = false;
};

class Northbound {
  public:
    virtual ~Northbound() = default;

    /// Makes the rows so and returns when the database has them; nothing happens when they are so
    /// already. A repair is the same call with everything. Safe to repeat. Throws EngineFailure:
    /// transient also when rows are missing that others need, after the rest is written.
    virtual Applied apply(const Desired& desired, const Scope& scope = {}) = 0;
    /// What apply() would do now.
    virtual Plan preview(const Desired& desired, const Scope& scope = {}) const = 0;
    /// Waits until everything written so far has come this far. Throws EngineFailure (transient)
    /// when it does not in time.
    virtual void sync(Reach reach, int timeout_ms) = 0;

    /// Ports of ours. "Up" means that a chassis has the interface and its flows.
    virtual std::vector<PortState> port_states() const = 0;
    /// Called when a port's state changes, and for ports that appear, from another thread: must not
    /// block or call back.
    virtual void on_port_state(std::function<void(const PortState&)> callback) = 0;
    /// True while the replica is live.
    virtual bool ready() const = 0;
};

/// Connects in the background and for as long as the object lives. `remote` as for ovsdb::Client.
std::unique_ptr<Northbound> connect_northbound(const std::string& remote);

} // namespace nephele::ovn
