// SPDX-License-Identifier: Apache-2.0
// A simulated host: the real agent with makers that work in memory.
#pragma once
#include "services/nova/compute/host.h"

namespace nephele::nova::compute {

struct FakeHostOptions {
    std::string name;
    std::int64_t vcpus = 64, memory_mb = 262'144, disk_gb = 10'000;
    int delay_ms = 0;
    std::string snapshots; ///< folder for copies of disks; empty: none can be made
};

class FakeHost : public Host {
  public:
    FakeHost(Cloud& cloud, agent::Link& link, FakeHostOptions options);
    const std::string& name() const override { return options_.name; }
    const char* driver() const override { return "fake"; }
    void start() override { agent_.start(); }
    void stop() override { agent_.stop(); }
    agent::Agent* agent() override { return &agent_; }
    std::optional<std::string> console_log(const std::string& server_id,
                                           std::size_t bytes) override;
    FakeMaker& maker() { return *maker_; }

  private:
    FakeHostOptions options_;
    std::shared_ptr<FakeMaker> maker_ = std::make_shared<FakeMaker>();
    agent::Agent agent_;
};

/// Capacity and kind of a simulated host, for its agent's facts.
Json fake_host_facts(const FakeHostOptions& options);

} // namespace nephele::nova::compute
