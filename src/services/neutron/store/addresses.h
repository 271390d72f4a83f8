// SPDX-License-Identifier: Apache-2.0
// Addresses in use: one row each, unique in its subnet.
#pragma once
#include "services/neutron/model/address.h"
#include "services/neutron/store/tables.h"

namespace nephele::neutron {

/// The port that holds an address, if any.
std::optional<std::string> holder_of(db::Tx&, const std::string& subnet_id, const Address&);
/// An address of these pools of the subnet that nobody holds: the one after the highest in use,
/// else the first gap. Nothing when the pools are full.
std::optional<Address> free_address(db::Tx&, const Subnet&, const std::vector<Range>& pools);
void take_address(db::Tx&, const Subnet&, const Address&, const std::string& port_id);
void release_address(db::Tx&, const FixedIp&);
void release_addresses_of(db::Tx&, const std::string& port_id);

struct AddressUse {
    std::string subnet_id;
    std::int64_t used = 0;
};
std::vector<AddressUse> addresses_used(db::Tx&, const std::string& network_id);

} // namespace nephele::neutron
