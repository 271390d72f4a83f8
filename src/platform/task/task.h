// SPDX-License-Identifier: Apache-2.0
// Reconcilers: no input, compare what is with what should be, safe to repeat. Run on a timer and on
// a nudge by journal entries of chosen kinds.
#pragma once
#include "platform/context/context.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nephele::task {

struct Task {
    std::string name; ///< "neutron.northbound"
    std::int64_t every_ms = 60'000;
    /// Journal entries that nudge: "neutron/port" or "neutron/*". Nudges within 2 ms become one
    /// run.
    std::vector<std::string> nudged_by;
    /// Opens its own transactions. A throw is logged, counted and tried again at the next round.
    std::function<void(Cloud&)> run;
    /// One node of the region at a time (a lease in the database), else on each node.
    bool one_node = true;
};

const std::vector<db::Migration>& migrations();

class Tasks {
  public:
    Tasks(Cloud& cloud, std::vector<Task> tasks);
    ~Tasks();
    void start();
    void stop();
    /// Runs every task once in the calling thread (tests, simulation).
    void run_all();
    /// The same for one of them; throws what it throws.
    void run(const std::string& name);
    std::vector<std::string> names() const;
    void nudge(const std::string& name);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nephele::task
