// SPDX-License-Identifier: Apache-2.0
// The link of an agent on another machine: one outgoing WebSocket over mutual TLS to any control
// node, dialled again when it breaks. While nobody answers every call throws EngineFailure
// (transient), and the agent goes on as it was last told.
#pragma once
#include "platform/agent/agent.h"
#include "platform/agent_link/identity.h"

namespace nephele::agent {

std::unique_ptr<Link> remote_link(Identity identity, const Clock& clock);

} // namespace nephele::agent
