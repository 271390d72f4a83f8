// SPDX-License-Identifier: Apache-2.0
// The metadata service on the hosts: which host serves which network, and with what addresses.
#pragma once
#include "services/neutron/store/tables.h"

namespace nephele::neutron {

/// The network's service port (DHCP and metadata), if it has one.
std::optional<Port> distributed_port(db::Tx&, const std::string& network_id);
/// Gives the network a service port with an address in each of its subnets with DHCP, or takes
/// addresses away that are no longer due. Hosts that serve the network are told.
void ensure_distributed_port(Context&, const Network&);

/// A port of the network is on the host now: it needs the listener.
void serve_metadata(Context&, const std::string& network_id, const std::string& host);
/// One has gone; the last one takes the listener with it.
void maybe_stop_metadata(Context&, const std::string& network_id, const std::string& host);

} // namespace nephele::neutron
