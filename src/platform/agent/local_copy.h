// SPDX-License-Identifier: Apache-2.0
// The agent's copy of its desired records on the host's disk: one JSON file each, readable by the
// agent alone, replaced atomically and durable before anything is done about it.
#pragma once
#include "platform/agent/agent.h"

#include <string>
#include <vector>

namespace nephele::agent {

class LocalCopy {
  public:
    /// Empty: nothing is kept. Else the directory is made when it is missing. Throws
    /// EngineFailure(permanent) when it cannot be.
    explicit LocalCopy(std::string directory);
    /// Files that cannot be read are left out and logged: the next full pull writes them anew.
    std::vector<Desired> load() const;
    /// Durable on return. Throws EngineFailure(transient).
    void write(const std::vector<Desired>& records);
    void remove(const std::string& kind, const std::string& id);

  private:
    std::string path_of(const std::string& kind, const std::string& id) const;
    void write_one(const Desired& record);
    std::string directory_;
};

} // namespace nephele::agent
