// SPDX-License-Identifier: Apache-2.0
// The control plane's end of one agent's WebSocket: answers its calls until it is gone.
#pragma once
#include "platform/agent_link/members.h"
#include "platform/http/http.h"

#include <atomic>

namespace nephele::agent {

struct SessionParts {
    Cloud& cloud;
    const crypto::Authority& authority;
    /// Set when the node stops or a newer session of the host has begun.
    std::shared_ptr<std::atomic<bool>> over;
};

/// Runs on the connection's thread. `host` has proved who it is with this certificate. Returns when
/// the host was last noted as seen.
Time serve_agent(const SessionParts& parts, const std::string& host, const std::string& thumbprint,
                 http::WebSocket& socket);

} // namespace nephele::agent
