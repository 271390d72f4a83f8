// SPDX-License-Identifier: Apache-2.0
#include "engines/ovsdb/private_server.h"

#include "base/check.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <unistd.h>

namespace nephele::ovsdb {

bool PrivateServer::available(const std::string& schema_file) {
    return ::access(schema_file.c_str(), R_OK) == 0 &&
           run_process({"ovsdb-server", "--version"}).ok();
}

PrivateServer::PrivateServer(const std::string& schema_file) {
    char pattern[] = "/tmp/nephele-ovsdb-XXXXXX";
    NEPHELE_CHECK(::mkdtemp(pattern) != nullptr);
    directory_ = pattern;
    NEPHELE_CHECK(run_process({"ovsdb-tool", "create", directory_ + "/db", schema_file}).ok());
    start();
}

PrivateServer::~PrivateServer() {
    process_.kill();
    std::error_code ignored; // A leftover directory in /tmp is no failure of the test.
    std::filesystem::remove_all(directory_, ignored);
}

void PrivateServer::start() {
    process_ = ChildProcess::start(
        {"ovsdb-server", directory_ + "/db", "--remote=punix:" + directory_ + "/db.sock",
         "--no-chdir", "--unixctl=" + directory_ + "/ctl", "--log-file=" + directory_ + "/log"},
        directory_ + "/output");
    NEPHELE_CHECK(process_.running());
}

void PrivateServer::freeze(bool frozen) { ::kill(process_.pid(), frozen ? SIGSTOP : SIGCONT); }

} // namespace nephele::ovsdb
