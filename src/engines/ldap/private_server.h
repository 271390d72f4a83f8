// SPDX-License-Identifier: Apache-2.0
// A real slapd of its own for tests: a free port on the loopback, its data in a given directory.
#pragma once
#include "base/process.h"
#include "engines/ldap/ldap.h"

namespace nephele::ldap {

class PrivateServer {
  public:
    /// The tree dc=test with ou=people and ou=teams. With `tls` it has a certificate of its own.
    /// Throws EngineFailure when slapd does not start.
    explicit PrivateServer(std::string directory, bool tls = false);

    std::string url() const;
    const std::string& ca_file() const { return certificate_; }
    /// Of the administrator.
    Settings settings() const;
    /// SIGTERM, as if the server went away; start() brings it back with its data.
    void stop() { child_.stop(); }
    void start();

  private:
    std::string directory_, certificate_;
    int port_ = 0;
    ChildProcess child_;
};

} // namespace nephele::ldap
