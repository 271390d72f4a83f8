// SPDX-License-Identifier: Apache-2.0
// The compute hosts that live in this process, as nova.driver says: this machine (libvirt), any
// number of simulated ones (fake), or none. Each is an agent with its makers.
#pragma once
#include "platform/agent/agent.h"
#include "services/nova/compute/fake_maker.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nephele::nova::compute {

/// Options of section [nova] that hosts read; nova declares them with its own.
const std::vector<Option>& host_options();

/// One host: an agent and what it works with.
class Host {
  public:
    virtual ~Host() = default;
    virtual const std::string& name() const = 0;
    /// Returns at once; what takes time (connecting, probing) is done in the background.
    virtual void start() = 0;
    virtual void stop() = 0;
    /// Null while the host is not ready yet.
    virtual agent::Agent* agent() = 0;
    /// As uptime(1) says it of the machine that the guests run on.
    virtual std::string uptime();
    /// The last `bytes` of the guest's console; nothing when the guest is not here.
    virtual std::optional<std::string> console_log(const std::string& server_id,
                                                   std::size_t bytes) = 0;
    /// That the guest posted to the metadata service, encrypted with its user's key; empty: none.
    virtual std::string password(const std::string&) { return ""; }
    virtual void clear_password(const std::string&) {}
    /// "libvirt" or "fake".
    virtual const char* driver() const = 0;
    /// What the hypervisor counts of a guest, by its own names; empty when it counts nothing.
    virtual std::vector<std::pair<std::string, std::int64_t>> statistics(const std::string&) {
        return {};
    }
};

/// Kept in the cloud's state.
class Hosts {
  public:
    explicit Hosts(std::vector<std::unique_ptr<Host>> hosts) : hosts_(std::move(hosts)) {}
    const std::vector<std::unique_ptr<Host>>& all() const { return hosts_; }
    Host* find(const std::string& name) const;
    /// The simulated hypervisor of a host, for tests; null for others.
    FakeMaker* fake(const std::string& name) const;

  private:
    std::vector<std::unique_ptr<Host>> hosts_;
};

/// Makes the hosts that the configuration asks for and starts them. For nova's service.cc.
void start_hosts(Cloud& cloud);
/// The same where the control plane is elsewhere (`nephele agent run`).
void start_hosts(Cloud& cloud, std::unique_ptr<agent::Link> link);
/// Guests go on running.
void stop_hosts(Cloud& cloud);
/// Null when start_hosts() was not called.
Hosts* hosts_of(Cloud& cloud);

} // namespace nephele::nova::compute
