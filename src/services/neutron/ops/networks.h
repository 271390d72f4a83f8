// SPDX-License-Identifier: Apache-2.0
// Networks and subnets made, changed and removed in the caller's transaction.
#pragma once
#include "services/neutron/store/tables.h"

namespace nephele::neutron {

Network make_network(Context&, Network wanted, bool mtu_given);
Network change_network(Context&, const Network& before, Network after, bool mtu_given);
/// Throws NetworkInUse while ports are on it that do not go by themselves.
void drop_network(Context&, const Network&);

struct SubnetWish {
    Subnet subnet;
    bool gateway_given = false, pools_given = false;
};
Subnet make_subnet(Context&, Network network, SubnetWish);
Subnet change_subnet(Context&, const Subnet& before, Subnet after);
void drop_subnet(Context&, const Subnet&);

/// Who a network is shared with: the policies behind `shared` and `router:external`.
void set_open_to_all(Context&, const std::string& object_type, const std::string& object_id,
                     const std::string& owner_project, const std::string& action, bool open);
/// Marks as shared what is shared with this project only.
void mark_shared(db::Tx&, const std::string& project_id, std::vector<Network>&);

} // namespace nephele::neutron
