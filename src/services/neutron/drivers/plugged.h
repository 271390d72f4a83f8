// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "services/neutron/model/port.h"

namespace nephele::neutron {
/// Where no real interface decides: what has a host or a router behind it is up.
inline bool plugged(const Port& port) {
    return port.bound() || port.device_owner == owner::router_interface ||
           port.device_owner == owner::router_gateway;
}
} // namespace nephele::neutron
