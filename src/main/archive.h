// SPDX-License-Identifier: Apache-2.0
// Files gathered in a folder and packed by tar(1), for `nephele backup` and `support-bundle`.
#pragma once
#include <string>
#include <vector>

namespace nephele::main {

/// A folder beside `near`, readable by us alone, gone with the object. Throws Failure.
class Workshop {
  public:
    explicit Workshop(const std::string& near);
    ~Workshop();
    Workshop(const Workshop&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// tar with these words; `doing` is for the message of the Failure it throws. That files changed
/// while they were read is none.
void run_tar(std::vector<std::string> words, const std::string& doing);

} // namespace nephele::main
