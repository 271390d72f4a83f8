// SPDX-License-Identifier: Apache-2.0
// The reconciler of OVN's northbound database, and the way back: ports that OVN has up become
// ACTIVE.
//
// Nudged by the journal it looks at what changed since its last run; each minute, after a failure
// and at the start it compares everything. A run that has nothing to change writes nothing.
#pragma once
#include "platform/task/task.h"
#include "services/neutron/drivers/northbound.h"
#include "services/neutron/tasks/port_states.h"

#include <mutex>

namespace nephele::neutron {

/// Lives as long as the node.
class Wires {
  public:
    Wires(Cloud& cloud, std::unique_ptr<Northbound> driver);
    Wires(const Wires&) = delete;

    /// One run of the reconciler.
    void reconcile();
    /// Writes the states of ports that OVN has told and nobody has written yet.
    void write_states() { states_.write(); }
    /// What the northbound database differs in from the records read in `tx`.
    std::vector<std::string> differences(db::Tx& tx);
    Northbound& driver() { return *driver_; }
    void stop() { states_.stop(); }

  private:
    struct Due;
    Due read_due();
    void fill_surroundings(Wiring&);
    void compare_states(const Wiring&, bool everything);

    Cloud& cloud_;
    PortStates states_; ///< outlives the driver, which tells it
    std::unique_ptr<Northbound> driver_;
    std::mutex run_mutex_; ///< one run at a time
    std::string cursor_;
    bool full_due_ = true;
    Time last_full_;
};

task::Task northbound_task();
/// By the options neutron.driver, neutron.northbound, neutron.southbound.
void start_wires(Cloud&);
void stop_wires(Cloud&);

} // namespace nephele::neutron
