// SPDX-License-Identifier: Apache-2.0
// A directory for one test, removed at its end. With NEPHELE_KEEP=1 the directory of a failed test
// stays for inspection, and its path is printed.
#pragma once
#include <string>

namespace nephele::test {

class TempDir {
  public:
    explicit TempDir(const std::string& name = "test");
    ~TempDir();
    TempDir(const TempDir&) = delete;
    const std::string& path() const { return path_; }
    /// The path of `name` inside.
    std::string file(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

} // namespace nephele::test
