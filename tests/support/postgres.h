// SPDX-License-Identifier: Apache-2.0
// A private PostgreSQL server for the tests of one program: own directory, unix socket only, gone
// at the program's end. Without the server's binaries the tests fail: install Debian's
// `postgresql`.
#pragma once
#include "base/process.h"
#include "tests/support/temp_dir.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace nephele::test {

class PostgresServer {
  public:
    /// The one of this program, started when first asked for.
    static PostgresServer& shared();

    PostgresServer();
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;

    /// The url of a new, empty database.
    std::string fresh_database();
    /// The url of a new copy of a database that `fill` made once for this name (a schema takes
    /// seconds, its copy a moment). Nobody may be connected to it when `fill` returns.
    std::string copy_of(const std::string& name,
                        const std::function<void(const std::string&)>& fill);
    /// As in a crash: connections are cut, committed data stays.
    void stop();
    void start();

  private:
    std::vector<std::string> command(const std::string& program) const;
    std::string create(const std::string& model);
    std::string url_of(const std::string& name) const;

    TempDir dir_;
    std::string binaries_; ///< the directory of initdb and postgres
    ChildProcess server_;
    int databases_ = 0;
    std::map<std::string, std::string> models_; ///< what copy_of() was given, to their databases
};

} // namespace nephele::test
