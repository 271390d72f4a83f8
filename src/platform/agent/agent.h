// SPDX-License-Identifier: Apache-2.0
// Agents: the part on every host that has side effects. The control plane writes *desired* records
// with a generation; the agent keeps a copy on disk, makes it so through its makers (engines), and
// reports *observed* records with the generation it reached. Operations wait on observed records;
// they appear in the journal with service "agent" and kind "observed.<kind>", id "<host>/<id>".
#pragma once
#include "platform/context/context.h"
#include "platform/fault/fault.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nephele::agent {

struct Desired {
    std::string kind; ///< "guest", "metadata_network", "volume" ...
    std::string id;
    std::int64_t generation = 0;
    bool absent = false; ///< make it go away; the record is removed once that is observed
    Json spec;
};

enum class Phase { working, ready, failed, absent };
const std::vector<std::pair<Phase, const char*>>& names_of(Phase);

struct Observed {
    std::string kind, id;
    std::int64_t generation = 0; ///< of the desired record this answers; 0: not asked for (a stray)
    Phase phase = Phase::working;
    Json status;            ///< facts of the maker (power state, vnc port, ...)
    std::string error;      ///< why it failed, with the next step
    bool permanent = false; ///< no use in trying again as it stands
};

// ---- control plane side; all in the caller's transaction ----

/// Upserts the desired record; counts the generation up when the spec differs (or `force`). Returns
/// the generation to wait for.
std::int64_t desire(Context&, const std::string& host, const std::string& kind,
                    const std::string& id, Json spec, bool force = false);
/// Returns the generation whose absence is to be waited for; 0 when nothing is there.
std::int64_t desire_absent(Context&, const std::string& host, const std::string& kind,
                           const std::string& id);
std::optional<Desired> desired(db::Tx&, const std::string& host, const std::string& kind,
                               const std::string& id);
std::optional<Observed> observed(db::Tx&, const std::string& host, const std::string& kind,
                                 const std::string& id);
/// True when observed.generation >= generation and its phase is ready (or absent for an absent
/// record or one that is gone). Throws EngineFailure(permanent) when the agent reports a permanent
/// failure of that generation. False: wait.
bool reached(db::Tx&, const std::string& host, const std::string& kind, const std::string& id,
             std::int64_t generation);
/// Journal id to wait for: "<host>/<id>".
std::string journal_id(const std::string& host, const std::string& id);

struct HostState {
    std::string host;
    Time last_seen;
    bool connected = false;
    Json facts; ///< what the agent said of its host: cpus, memory, disk, engines, versions
};
std::vector<HostState> hosts(db::Tx&);
const std::vector<db::Migration>& migrations();

// ---- agent side ----

/// Makes one kind so. Blocking; called for different ids from several threads, for one id never
/// twice at a time. Throws EngineFailure.
class Maker {
  public:
    virtual ~Maker() = default;
    /// Ensures the end state whatever the state is now. `report` may be called with working status.
    virtual Observed ensure(const Desired& desired,
                            const std::function<void(const Observed&)>& report) = 0;
    /// Ids of this kind that exist on the host, to find strays (no desired record) and losses.
    virtual std::vector<std::string> present() = 0;
    /// A thing that exists but nobody desires: remove it.
    virtual void remove_stray(const std::string& id) = 0;
};

/// The way to the control plane; in process here, a TLS WebSocket for remote hosts.
class Link {
  public:
    virtual ~Link() = default;
    /// Desired records of the host with change number > `since`, and the new number; blocks up to
    /// `wait_ms` when there are none. `full` on a fresh start: everything.
    struct Delta {
        std::int64_t change = 0;
        std::vector<Desired> records;
    };
    virtual Delta pull(const std::string& host, std::int64_t since, int wait_ms) = 0;
    virtual void report(const std::string& host, const std::vector<Observed>& observed) = 0;
    virtual void hello(const std::string& host, const Json& facts) = 0;
    /// Wakes a blocked pull of this host (shutting down).
    virtual void interrupt(const std::string& host) = 0;
};
std::unique_ptr<Link> in_process_link(Cloud& cloud);

struct AgentOptions {
    std::string host;
    std::string directory; ///< local copy of the desired records; empty: none (simulated hosts)
    int workers = 2;
    std::int64_t retry_ms = 2000;    ///< first retry of a transient failure; doubles up to a minute
    std::int64_t resync_ms = 60'000; ///< compare everything with the engines again
};

class Agent {
  public:
    Agent(AgentOptions options, Link& link, std::map<std::string, std::shared_ptr<Maker>> makers,
          const Clock& clock, std::function<Json()> facts);
    ~Agent();
    void start();
    void stop();
    /// An engine saw a change (a guest stopped by itself): look at this one again and report.
    void look_again(const std::string& kind, const std::string& id);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nephele::agent
