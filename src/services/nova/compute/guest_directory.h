// SPDX-License-Identifier: Apache-2.0
// The guests of this host as last desired, for the metadata service: it goes on answering while the
// control plane is away. Filled by the guests' maker, which the agent calls for each of its local
// records at start.
#pragma once
#include "services/nova/model/guest_spec.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace nephele::nova::compute {

class GuestDirectory {
  public:
    void put(const GuestSpec& guest);
    void remove(const std::string& server_id);
    std::optional<GuestSpec> find(const std::string& server_id) const;
    /// The guest with this address on this network.
    std::optional<GuestSpec> at(const std::string& network_id, const std::string& address) const;
    std::vector<std::string> ids() const;

  private:
    void forget_addresses(const std::string& server_id);
    using Place = std::pair<std::string, std::string>; ///< network, address
    mutable std::mutex mutex_;
    std::map<std::string, GuestSpec> guests_;
    std::map<Place, std::string> by_address_;
};

} // namespace nephele::nova::compute
