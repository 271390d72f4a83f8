// SPDX-License-Identifier: Apache-2.0
// Simulated hosts, for tests and scale runs (nova.driver = "fake"): guests are rows in memory, made
// again from the desired records after a restart, because nothing outlives the process. They fail
// and linger on demand.
#pragma once
#include "platform/agent/agent.h"
#include "services/nova/model/guest_spec.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace nephele::nova::compute {

/// What a simulated guest shows and what was done to it.
struct FakeGuest {
    GuestSpec spec;
    GuestStatus status;
    std::int64_t generation = 0; ///< reached
    int starts = 0;
    int restarts = 0; ///< by reboots
};

class FakeMaker : public agent::Maker {
  public:
    agent::Observed ensure(const agent::Desired& desired,
                           const std::function<void(const agent::Observed&)>& report) override;
    std::vector<std::string> present() override;
    void remove_stray(const std::string& id) override;

    // ---- for tests ----

    /// The next `times` tries with this guest (empty: any) fail so.
    void fail_next(const std::string& server_id, EngineFailure::Kind kind, int times = 1);
    /// Every try takes this long.
    void set_delay_ms(int milliseconds);
    /// Tries wait until they are let go again.
    void hold(bool held);
    /// The guest powers itself off or crashes: power state 4 or 6. Call Agent::look_again after it.
    void stop_from_inside(const std::string& server_id, std::int64_t power_state = 4);
    /// A guest that nobody asked for.
    void add_stray(const std::string& server_id);
    std::optional<FakeGuest> find(const std::string& server_id);
    std::size_t count();
    std::string console_log(const std::string& server_id);

  private:
    void wait_and_fail_as_told(std::unique_lock<std::mutex>& lock, const std::string& server_id);
    static void make_so(FakeGuest& guest, const agent::Desired& desired);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, FakeGuest> guests_;
    std::string failing_;
    EngineFailure::Kind failure_ = EngineFailure::Kind::transient;
    int failures_left_ = 0;
    int delay_ms_ = 0;
    bool held_ = false;
};

/// Things of a simulated host that only have to be there: metadata networks.
class FakePresence : public agent::Maker {
  public:
    agent::Observed ensure(const agent::Desired& desired,
                           const std::function<void(const agent::Observed&)>& report) override;
    std::vector<std::string> present() override;
    void remove_stray(const std::string& id) override;

  private:
    std::mutex mutex_;
    std::map<std::string, Json> things_;
};

} // namespace nephele::nova::compute
