// SPDX-License-Identifier: Apache-2.0
// From journal entries to the records whose rows must be looked at; from OVN's word to a port's
// status. Pure.
#pragma once
#include "services/neutron/model/wiring.h"

namespace nephele::neutron {

/// Adds what a change of one record touches. `image` is the record's journal image (JSON text).
void touch(Touched&, const std::string& kind, const std::string& id, const std::string& image);

/// The status of a port whose interface is up or not.
std::string status_of(const Port&, bool up);

} // namespace nephele::neutron
