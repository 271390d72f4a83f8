// SPDX-License-Identifier: Apache-2.0
// How the long-running commands are told to stop.
#pragma once
#include <csignal>

namespace nephele::main {

/// SIGTERM, SIGINT and SIGHUP, blocked in every thread that is started afterwards, so that wait()
/// alone takes them.
class StopSignals {
  public:
    StopSignals();
    /// Until SIGTERM or SIGINT; SIGHUP opens the log file anew.
    void wait() const;

  private:
    sigset_t signals_;
};

} // namespace nephele::main
