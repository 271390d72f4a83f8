// SPDX-License-Identifier: Apache-2.0
// A directory in memory (where the system has such a place) for a database that nobody keeps.
#pragma once
#include <string>

namespace nephele::db {

class ScratchDir {
  public:
    ScratchDir();
    ~ScratchDir();
    ScratchDir(const ScratchDir&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

} // namespace nephele::db
