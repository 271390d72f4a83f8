// SPDX-License-Identifier: Apache-2.0
// Which addresses a port is to get, before anybody looks which ones are free. Pure.
#pragma once
#include "services/neutron/model/address.h"
#include "services/neutron/model/port.h"
#include "services/neutron/model/subnet.h"

#include <optional>
#include <vector>

namespace nephele::neutron {

/// One address to get: a certain one, the one that follows from the MAC, or any free one of the
/// first of these subnets that has one.
struct AddressAsk {
    std::vector<const Subnet*> from;
    std::optional<Address> address;
    bool by_mac = false;
};

/// `wanted`: as the request says, or nothing for the network's defaults. The asks point into
/// `subnets`, which are all those of the network.
std::vector<AddressAsk> plan_addresses(const std::string& network_id,
                                       const std::vector<Subnet>& subnets,
                                       const std::optional<std::vector<FixedIp>>& wanted,
                                       const std::string& device_owner);

/// What of the present addresses a new wish keeps, what it gives up, what is still to be got.
struct AddressChange {
    std::vector<FixedIp> kept, released, wanted;
};
AddressChange compare_addresses(const std::vector<FixedIp>& present,
                                const std::vector<FixedIp>& wanted);

} // namespace nephele::neutron
