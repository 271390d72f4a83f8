// SPDX-License-Identifier: Apache-2.0
// `nephele support-bundle [FILE]`: what somebody who helps needs to see, in one file, without
// secrets and without tenants' data: version, options, readiness of the database, hosts, unfinished
// operations, what `nephele check` says, numbers of records, the last lines of the log, the
// machine.
#include "base/files.h"
#include "base/process.h"
#include "base/strings.h"
#include "main/archive.h"
#include "main/commands.h"
#include "main/services.h"
#include "platform/agent/agent.h"
#include "platform/fault/fault.h"
#include "platform/node/node.h"
#include "platform/node/own_service.h"

#include <cstdio>
#include <functional>
#include <sys/stat.h>

namespace nephele::main {
namespace {
constexpr int command_timeout_ms = 30'000;

// Values of options that nobody else may know.
bool is_secret(std::string_view line) {
    for (const char* word : {"password", "secret", "token", "key", "credential"})
        if (lower(line.substr(0, line.find('='))).find(word) != std::string::npos) return true;
    return false;
}

// "postgresql://user:password@host/db" without the password.
std::string without_passwords(std::string line) {
    const auto scheme = line.find("://");
    if (scheme == std::string::npos) return line;
    const auto at = line.find('@', scheme), colon = line.find(':', scheme + 3);
    if (at != std::string::npos && colon < at) line.replace(colon, at - colon, ":***");
    return line;
}

std::string options_text(const Config& config) {
    std::string out;
    for (const auto& line : split(config.describe(), '\n')) {
        const bool value = !line.empty() && line.find(" = ") != std::string::npos;
        if (value && line[0] != '#' && is_secret(line))
            out += line.substr(0, line.find(" = ")) + " = \"***\"\n";
        else
            out += without_passwords(line) + "\n";
    }
    return out;
}

std::string hosts_text(db::Tx& tx) {
    std::string out;
    for (const auto& host : agent::hosts(tx))
        out += format("{} {} last seen {} {}\n", host.host, host.connected ? "connected" : "away",
                      iso_time(host.last_seen), host.facts.dump());
    return out;
}

std::string operations_text(db::Tx& tx) {
    std::string out;
    for (auto& record : ops::unfinished(tx, 1000))
        out += ops::Record::shape().write(&record, {}).dump() + "\n";
    return out;
}

std::string records_text(db::Tx& tx, const std::vector<api::Service>& services) {
    std::string out;
    for (const auto& service : services)
        for (const auto* table : service.tables)
            out += format("{} {}\n", table->name,
                          tx.count("SELECT COUNT(*) FROM " + table->name, db::Params{}));
    return out;
}

std::string output_of(const std::vector<std::string>& command) {
    ProcessOptions options;
    options.timeout_ms = command_timeout_ms;
    auto done = run_process(command, options);
    return done.output + (done.ok() ? "" : done.describe() + "\n");
}

std::string machine_text() {
    std::string out;
    const std::vector<std::vector<std::string>> commands{
        {"uname", "-a"}, {"uptime"}, {"free", "-m"}, {"df", "-h"}, {"nproc"}};
    for (const auto& command : commands)
        out += "$ " + join(command, " ") + "\n" + output_of(command) + "\n";
    return out;
}

class Bundle {
  public:
    explicit Bundle(std::string file) : file_(std::move(file)), workshop_(file_) {}

    /// What cannot be had says why in its place: a bundle of a broken cloud is the useful one.
    void add(const std::string& name, const std::function<std::string()>& text) {
        std::string got;
        try {
            got = text();
        } catch (const std::exception& error) {
            got = format("cannot be had: {}\n", error.what());
        }
        files::replace(workshop_.path() + "/" + name, got);
    }
    void close() {
        run_tar({"--create", "--gzip", "--file", file_, "-C", workshop_.path(), "."},
                "write " + file_);
    }

  private:
    const std::string file_;
    const Workshop workshop_;
};
} // namespace

int support_bundle(const Arguments& arguments) {
    if (arguments.words.size() > 1) throw bad_request("BadArgument", "support-bundle [FILE]");
    const std::string file =
        arguments.words.empty() ? "nephele-support.tar.gz" : arguments.words[0];
    ::umask(0077);
    auto services = all_services();
    services.push_back(own_service());
    const Config config = config_of(arguments, services);
    Bundle bundle(file);
    bundle.add("version", [] { return std::string("nephele " NEPHELE_VERSION "\n"); });
    bundle.add("options.toml", [&] { return options_text(config); });
    bundle.add("machine", machine_text);
    bundle.add("log", [&] {
        const std::string log = config.text("log.file");
        return log.empty() ? std::string("log.file is not set: see standard error\n")
                           : output_of({"tail", "-n", "2000", log});
    });
    auto in_database = [&](const std::string& name,
                           const std::function<std::string(db::Tx&)>& text) {
        bundle.add(name, [&] {
            auto cloud = cloud_for_looking(arguments, services);
            return cloud->db().read([&](db::Tx& tx) { return text(tx); });
        });
    };
    in_database("hosts", hosts_text);
    in_database("operations", operations_text);
    in_database("records", [&](db::Tx& tx) { return records_text(tx, services); });
    bundle.add("check", [&] {
        auto cloud = cloud_for_looking(arguments, services);
        std::string said;
        check_text(*cloud, services, said);
        return said;
    });
    bundle.close();
    std::printf("%s: no secrets and no data of tenants are in it; names and addresses are\n",
                file.c_str());
    return 0;
}

} // namespace nephele::main
