// SPDX-License-Identifier: Apache-2.0
// Makes neutron's "metadata_network" records so: a namespace joined to the switch, and a listener
// inside it that this process answers. One for each network that has guests here.
#pragma once
#include "engines/ovs/host_links.h"
#include "engines/ovs/local_switch.h"
#include "platform/agent/agent.h"
#include "services/nova/compute/guest_directory.h"

#include <map>
#include <memory>
#include <mutex>

namespace nephele::nova::compute {

struct MetadataMakerParts {
    ovs::LocalSwitch& bridge;
    ovs::HostLinks& links;
    const GuestDirectory& guests;
    std::string instances;          ///< folder of the guests' files
    bool compute_checksums = false; ///< the switch does not complete them
};

class MetadataMaker : public agent::Maker {
  public:
    explicit MetadataMaker(MetadataMakerParts parts);
    ~MetadataMaker() override;
    agent::Observed ensure(const agent::Desired& desired,
                           const std::function<void(const agent::Observed&)>& report) override;
    /// Networks whose namespaces are ports of our switch.
    std::vector<std::string> present() override;
    void remove_stray(const std::string& id) override;
    /// Closes all listeners; namespaces stay.
    void stop();
    /// Port of the network's listener; 0 when there is none.
    int port_of(const std::string& network_id);

  private:
    struct Listener;
    void listen(const std::string& network_id, const std::string& name_space,
                const std::string& address, int port);
    void remove(const std::string& network_id);

    MetadataMakerParts parts_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Listener>> listeners_; ///< by network
};

} // namespace nephele::nova::compute
