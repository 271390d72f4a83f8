// SPDX-License-Identifier: Apache-2.0
// The reconciler of OVN's northbound database, and the way back: ports that OVN has up become
// ACTIVE.
//
// Nudged by the journal it looks at what changed since its last run; each minute, after a failure
// and at the start it compares everything. A run that has nothing to change writes nothing.
#pragma once
#include "platform/task/task.h"
#include "services/neutron/drivers/northbound.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace nephele::neutron {

/// Lives as long as the node.
class Wires {
  public:
    Wires(Cloud& cloud, std::unique_ptr<Northbound> driver);
    ~Wires();
    Wires(const Wires&) = delete;

    /// One run of the reconciler.
    void reconcile();
    /// Writes the states of ports that OVN has told and nobody has written yet.
    void write_states();
    /// What the northbound database differs in from the records read in `tx`.
    std::vector<std::string> differences(db::Tx& tx);
    Northbound& driver() { return *driver_; }
    void stop();

  private:
    struct Due;
    Due read_due();
    void fill_surroundings(Wiring&);
    void compare_states(const Wiring&, bool everything);
    void heard(const PortUp&);
    void work();

    Cloud& cloud_;
    std::unique_ptr<Northbound> driver_;
    std::mutex run_mutex_; ///< one run at a time
    std::string cursor_;
    bool full_due_ = true;
    Time last_full_;
    std::mutex mutex_;
    std::mutex writing_;
    std::condition_variable news_;
    std::map<std::string, bool> states_; ///< port -> up, to be written
    bool stopping_ = false;
    std::thread writer_;
};

task::Task northbound_task();
/// By the options neutron.driver, neutron.northbound, neutron.southbound.
void start_wires(Cloud&);
void stop_wires(Cloud&);

} // namespace nephele::neutron
