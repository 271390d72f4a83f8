// SPDX-License-Identifier: Apache-2.0
// A compute host as the simulation sees it: what its agent keeps on disk, what it has in memory,
// and guests that live without either. Messages to and from the control plane get lost, and come
// twice.
#pragma once
#include "main/sim/trouble.h"
#include "platform/agent/agent.h"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace nephele::sim {

class Host {
  public:
    struct Guest {
        std::string server;
        std::int64_t generation = 0; ///< reached
        std::int64_t power_state = 0;
        Json spec;
    };
    using Key = std::pair<std::string, std::string>; ///< kind, id

    explicit Host(std::string name) : name_(std::move(name)) {}
    const std::string& name() const { return name_; }

    /// Says what it is. Throws what the link throws.
    void hello(Cloud& cloud);
    /// Takes in what is desired; `lost`: the answer does not arrive.
    bool pull(Cloud& cloud, bool lost);
    /// Makes one desired record so; `fails` is how its engine behaves. False: nothing to do.
    bool work(Time now, std::optional<EngineFailure::Kind> fails, Random& random);
    /// Tells what was observed; `lost`: the agent does not learn that it arrived.
    bool report(Cloud& cloud, bool lost);
    /// A running guest powers itself off. False: there is none.
    bool stop_a_guest(Random& random);
    /// Compares everything with what exists.
    void compare();
    /// The agent forgets what it had in memory.
    void restart_agent();
    /// Its guests are gone and nobody is told.
    void lose_guests() { guests_.clear(); }
    /// All guests stop; the agent starts with its copy on disk.
    void reboot();
    /// Nothing is left to be done before `now`.
    bool idle(Time now) const;

    const std::map<std::string, Guest>& guests() const { return guests_; }
    Time away_until; ///< until then nothing reaches it

  private:
    struct Item {
        std::int64_t settled = 0; ///< generation reached
        int failures = 0;
        bool gave_up = false;
        std::int64_t gave_up_at = 0; ///< generation
        Time retry_at;
    };
    bool due(const Key& key, const agent::Desired& desired, Time now) const;
    agent::Observed make(const agent::Desired& desired);
    agent::Observed observed_guest(const Guest& guest) const;

    std::string name_;
    // On disk.
    std::map<Key, agent::Desired> desired_;
    std::map<std::string, Guest> guests_;
    std::set<Key> things_; ///< of other kinds
    // In memory.
    std::int64_t since_ = 0;
    bool pulled_all_ = false, said_hello_ = false;
    std::map<Key, Item> items_;
    std::map<Key, agent::Observed> outbox_;
};

} // namespace nephele::sim
