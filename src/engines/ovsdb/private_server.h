// SPDX-License-Identifier: Apache-2.0
// A real ovsdb-server in a temporary directory, for tests: its own database file, socket and log.
#pragma once
#include "base/process.h"

namespace nephele::ovsdb {

class PrivateServer {
  public:
    /// False when the programs or the schema are not installed: tests then say so and skip.
    static bool available(const std::string& schema_file);

    explicit PrivateServer(const std::string& schema_file);
    ~PrivateServer();
    PrivateServer(const PrivateServer&) = delete;

    void start();
    /// SIGKILL, as in a crash.
    void kill() { process_.kill(); }
    /// SIGSTOP and SIGCONT: alive, but does not answer.
    void freeze(bool frozen);
    std::string remote() const { return "unix:" + directory_ + "/db.sock"; }
    const std::string& directory() const { return directory_; }

  private:
    std::string directory_;
    ChildProcess process_;
};

} // namespace nephele::ovsdb
