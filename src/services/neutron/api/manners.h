// SPDX-License-Identifier: Apache-2.0
// How neutron's API behaves around every handler.
#pragma once
#include "platform/api/service.h"

namespace nephele::neutron {
api::Manners manners();
}
