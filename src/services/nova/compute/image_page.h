// SPDX-License-Identifier: Apache-2.0
// Images for remote hosts, at the agents' door.
#pragma once
#include "platform/agent_link/door.h"

namespace nephele::nova::compute {

/// GET /v1/images/{id}: for hosts that are told to have a guest made of that image, and no other.
agent::DoorPage image_page();

} // namespace nephele::nova::compute
