// SPDX-License-Identifier: Apache-2.0
// A northbound database in memory, for tests of services: the same planner, no server, failures on
// demand.
#pragma once
#include "engines/ovn/memory_database.h"
#include "engines/ovn/northbound.h"

#include <mutex>

namespace nephele::ovn {

class FakeNorthbound : public Northbound {
  public:
    Applied apply(const Desired& desired, const Scope& scope = {}) override;
    Plan preview(const Desired& desired, const Scope& scope = {}) const override;
    void sync(Reach reach, int timeout_ms) override;
    std::vector<PortState> port_states() const override;
    void on_port_state(std::function<void(const PortState&)> callback) override;
    bool ready() const override { return true; }

    /// The next `times` calls of apply() or sync() fail so. With `after_commit`, apply() fails only
    /// after it has written: the reply was lost.
    void fail_next(EngineFailure::Kind kind, int times = 1, bool after_commit = false);
    /// Ports come up by themselves when they are written (the default is that they stay down).
    void bring_ports_up(bool automatically);
    void set_port_up(const RowKey& port, bool up);
    /// Changes rows behind the caller's back, as an operator with ovn-nbctl would.
    void transact(const Json::Array& operations);
    void read(const std::function<void(const ovsdb::Replica&)>& look) const;
    int transactions() const;

  private:
    void fail_if_due(bool committed);
    void set_up(const std::vector<std::string>& uuids, bool up, std::vector<PortState>& changed);
    void tell(const std::vector<PortState>& states);

    mutable std::mutex mutex_;
    MemoryDatabase database_;
    std::vector<std::function<void(const PortState&)>> callbacks_;
    EngineFailure::Kind failure_ = EngineFailure::Kind::transient;
    int failures_left_ = 0;
    bool failures_after_commit_ = false;
    bool automatically_up_ = false;
    int transactions_ = 0;
};

} // namespace nephele::ovn
