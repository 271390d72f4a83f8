// SPDX-License-Identifier: Apache-2.0
// PostgreSQL refuses to run as root, so root's tests run it as the user `postgres` or `nobody`.
#include "tests/support/postgres.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pwd.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <thread>
#include <unistd.h>

namespace nephele::test {

namespace {

constexpr int start_limit_ms = 60'000;
constexpr int poll_ms = 20;

std::string find_binaries() {
    if (const char* configured = std::getenv("NEPHELE_POSTGRES_BIN")) return configured;
    std::vector<std::string> found;
    std::error_code none;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
        std::string bin = version.path().string() + "/bin";
        if (access((bin + "/postgres").c_str(), X_OK) == 0) found.push_back(bin);
    }
    if (found.empty())
        throw std::runtime_error("no PostgreSQL server in /usr/lib/postgresql/*/bin: install the "
                                 "package `postgresql` or set NEPHELE_POSTGRES_BIN");
    return *std::max_element(found.begin(), found.end());
}

const passwd* unprivileged_user() {
    if (geteuid() != 0) return nullptr;
    if (const passwd* user = getpwnam("postgres")) return user;
    return getpwnam("nobody");
}

} // namespace

PostgresServer& PostgresServer::shared() {
    static PostgresServer server;
    return server;
}

/// The program as the right user; when the test program is killed, the server goes with it.
std::vector<std::string> PostgresServer::command(const std::string& program) const {
    std::vector<std::string> arguments = {"setpriv", "--pdeathsig", "QUIT"};
    if (const passwd* user = unprivileged_user()) {
        arguments.insert(arguments.end(), {"--reuid", std::to_string(user->pw_uid), "--regid",
                                           std::to_string(user->pw_gid), "--clear-groups"});
    }
    arguments.push_back(binaries_ + "/" + program);
    return arguments;
}

PostgresServer::PostgresServer() : dir_("postgres"), binaries_(find_binaries()) {
    if (const passwd* user = unprivileged_user()) {
        if (chown(dir_.path().c_str(), user->pw_uid, user->pw_gid) != 0)
            throw std::runtime_error("cannot give " + dir_.path() + " to " + user->pw_name);
    }
    auto initdb = command("initdb");
    for (const char* argument :
         {"--no-sync", "--auth=trust", "--username=nephele", "--encoding=UTF8", "--locale=C", "-D"})
        initdb.push_back(argument);
    initdb.push_back(dir_.file("data"));
    ProcessResult made = run_process(initdb);
    if (!made.ok()) throw std::runtime_error("initdb: " + made.describe());
    start();
}

PostgresServer::~PostgresServer() { stop(); }

void PostgresServer::start() {
    auto postgres = command("postgres");
    postgres.insert(postgres.end(), {"-D", dir_.file("data"), "-k", dir_.path()});
    for (const char* setting :
         {"listen_addresses=", "fsync=off", "full_page_writes=off", "shared_buffers=16MB",
          "max_connections=100", "autovacuum=off", "wal_level=minimal", "max_wal_senders=0"}) {
        postgres.push_back("-c");
        postgres.push_back(setting);
    }
    server_ = ChildProcess::start(postgres, dir_.file("server.log"));
    for (int waited_ms = 0; waited_ms < start_limit_ms; waited_ms += poll_ms) {
        if (run_process({binaries_ + "/pg_isready", "-q", "-h", dir_.path()}).ok()) return;
        if (!server_.running()) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(poll_ms));
    }
    std::ifstream log(dir_.file("server.log"));
    std::string text((std::istreambuf_iterator<char>(log)), std::istreambuf_iterator<char>());
    throw std::runtime_error("PostgreSQL did not start: " + text);
}

void PostgresServer::stop() {
    if (!server_.running()) return;
    ::kill(server_.pid(), SIGQUIT); // "Immediate": it cleans up its shared memory, unlike SIGKILL.
    server_.stop();
}

std::string PostgresServer::create(const std::string& model) {
    std::string name = "test" + std::to_string(++databases_);
    ProcessResult result = run_process({binaries_ + "/createdb", "-h", dir_.path(), "-U", "nephele",
                                        "-T", model, "--strategy", "file_copy", name});
    if (!result.ok()) throw std::runtime_error("createdb: " + result.describe());
    return name;
}

std::string PostgresServer::url_of(const std::string& name) const {
    return "postgresql://nephele@/" + name + "?host=" + dir_.path();
}

std::string PostgresServer::fresh_database() { return url_of(create("template0")); }

std::string PostgresServer::copy_of(const std::string& name,
                                    const std::function<void(const std::string&)>& fill) {
    std::string& model = models_[name];
    if (model.empty()) {
        std::string made = create("template0");
        fill(url_of(made));
        model = made;
    }
    return url_of(create(model));
}

} // namespace nephele::test
