// SPDX-License-Identifier: Apache-2.0
// The way back from OVN: states of ports wait here and are written together, by a thread of its own
// or by whoever calls write().
#pragma once
#include "platform/context/context.h"
#include "services/neutron/drivers/northbound.h"

#include <memory>

namespace nephele::neutron {

class PortStates {
  public:
    explicit PortStates(Cloud& cloud);
    ~PortStates();
    /// From any thread; does not block.
    void heard(const PortUp& port);
    /// Everything heard before the call is written when it returns.
    void write();
    void stop();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nephele::neutron
