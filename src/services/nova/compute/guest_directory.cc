// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/guest_directory.h"

namespace nephele::nova::compute {

void GuestDirectory::forget_addresses(const std::string& server_id) {
    std::erase_if(by_address_, [&](const auto& entry) { return entry.second == server_id; });
}

void GuestDirectory::put(const GuestSpec& guest) {
    std::lock_guard lock(mutex_);
    forget_addresses(guest.server_id);
    for (const auto& nic : guest.nics)
        for (const auto& address : nic.fixed_ips.as_array())
            by_address_[{nic.network_id, address.text("ip_address")}] = guest.server_id;
    guests_[guest.server_id] = guest;
}

void GuestDirectory::remove(const std::string& server_id) {
    std::lock_guard lock(mutex_);
    forget_addresses(server_id);
    guests_.erase(server_id);
}

std::optional<GuestSpec> GuestDirectory::find(const std::string& server_id) const {
    std::lock_guard lock(mutex_);
    auto found = guests_.find(server_id);
    if (found == guests_.end()) return std::nullopt;
    return found->second;
}

std::optional<GuestSpec> GuestDirectory::at(const std::string& network_id,
                                            const std::string& address) const {
    std::lock_guard lock(mutex_);
    auto place = by_address_.find({network_id, address});
    if (place == by_address_.end()) return std::nullopt;
    return guests_.at(place->second);
}

std::vector<std::string> GuestDirectory::ids() const {
    std::lock_guard lock(mutex_);
    std::vector<std::string> ids;
    for (const auto& [id, guest] : guests_) ids.push_back(id);
    return ids;
}

} // namespace nephele::nova::compute
