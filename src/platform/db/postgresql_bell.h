// SPDX-License-Identifier: Apache-2.0
// Private to this folder. Carries hints between the nodes of one PostgreSQL by LISTEN and NOTIFY,
// on a connection and a thread of its own: no transaction waits for it, hints of one moment go out
// together, and while the connection is away hints are lost (they are only hints).
#pragma once
#include <functional>
#include <memory>
#include <string>

namespace nephele::db {

class PostgresBell {
  public:
    /// `heard` gets the channels that other processes rang, on the bell's thread.
    PostgresBell(std::string url, std::function<void(const std::string&)> heard);
    ~PostgresBell();
    PostgresBell(const PostgresBell&) = delete;
    /// Never blocks and never fails.
    void ring(const std::string& channel);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nephele::db
