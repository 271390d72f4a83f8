// SPDX-License-Identifier: Apache-2.0
// Reads what the northbound rows are made of: everything, or what some records depend on.
#pragma once
#include "services/neutron/model/wiring.h"
#include "services/neutron/store/tables.h"

namespace nephele::neutron {

Wiring load_wiring(db::Tx&);
/// The touched records that still exist, and all that their rows need.
Wiring load_wiring(db::Tx&, const Touched&);

} // namespace nephele::neutron
