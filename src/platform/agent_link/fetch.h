// SPDX-License-Identifier: Apache-2.0
// Files that a host needs and the control plane has, through the same door as everything else.
#pragma once
#include "platform/agent_link/identity.h"

#include <functional>

namespace nephele::agent {

/// In the cloud's state of `nephele agent run`: fetches `page` ("/v1/images/ID") into a new file.
struct RemoteFiles {
    std::function<void(const std::string& page, const std::string& to)> fetch;
};

/// Goes on where an earlier try left `to`; from any control node that has it. The file is complete
/// when it returns. Throws EngineFailure: permanent when the control plane refuses, else transient.
void fetch_file(const Identity& identity, const std::string& page, const std::string& to);

} // namespace nephele::agent
