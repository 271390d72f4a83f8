// SPDX-License-Identifier: Apache-2.0
// The northbound database in memory.
#pragma once
#include "engines/ovn/fake.h"
#include "services/neutron/drivers/northbound.h"

#include <mutex>

namespace nephele::neutron {

class FakeNorthbound : public Northbound {
  public:
    bool wait_ready(int) override { return true; }
    int apply(const Wiring&, const Part&) override;
    std::vector<std::string> differences(const Wiring&) override;
    std::vector<PortUp> port_states() override;
    void on_port_state(std::function<void(const PortUp&)> callback) override;
    std::vector<Chassis> chassis() override;

    /// The next `times` calls of apply() fail, before or (`after_commit`) after they have written.
    void fail_next(int times, bool after_commit = false);
    /// An operator's hand: the port's row is gone.
    void lose_port(const std::string& port_id);
    int transactions() const { return rows_.transactions(); }
    const ovn::FakeNorthbound& rows() const { return rows_; }

  private:
    ovn::FakeNorthbound rows_;
    std::mutex mutex_;
    std::set<std::string> up_;
    std::function<void(const PortUp&)> callback_;
};

} // namespace nephele::neutron
