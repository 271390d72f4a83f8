// SPDX-License-Identifier: Apache-2.0
// Remote hosts in Nephele's own API: tokens by which they join, who there is, throwing one out.
#pragma once
#include "platform/api/service.h"

namespace nephele {

namespace agent {
class Door;
}
/// In the cloud's state: the door of this node, null where agent.listen is off.
struct AgentDoor {
    agent::Door* door = nullptr;
};

api::Resource agents_resource();
std::vector<policy::Rule> agents_rules();

} // namespace nephele
