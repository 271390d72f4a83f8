// SPDX-License-Identifier: Apache-2.0
// What the subcommands share: their arguments, and one function each.
#pragma once
#include "platform/api/service.h"

#include <memory>
#include <string>
#include <vector>

namespace nephele::main {

struct Arguments {
    std::string config_file;
    std::vector<std::string> settings; ///< of --set
    std::vector<std::string> words;    ///< the rest
    bool json = false;
};
/// Throws Failure(bad_request) for an unknown option.
Arguments read_arguments(const std::vector<std::string>& words);

/// The options of these services with the file and settings of the arguments.
Config config_of(const Arguments& arguments, const std::vector<api::Service>& services);
/// A node that answers nothing: the database opened beside a running one, for looking.
std::unique_ptr<Cloud> cloud_for_looking(const Arguments& arguments,
                                         const std::vector<api::Service>& services);
/// Appends what `nephele check` prints; returns the number of violations.
std::size_t check_text(Cloud& cloud, const std::vector<api::Service>& services, std::string& said);

int serve(const Arguments&);
int routes(const Arguments&);
int where(const Arguments&);
int openapi(const Arguments&);
int config(const Arguments&);
int operations(const Arguments&);
int check(const Arguments&);
int keystone_keys(const Arguments&);
int policy(const Arguments&);
/// The whole control plane into one file, and back.
int backup(const Arguments&);
int restore(const Arguments&);
int support_bundle(const Arguments&);
/// token, list, remove, join, run: remote hosts.
int agent_command(const Arguments&);
int glance_metadefs(const Arguments&);
int ring(const Arguments&);
int starter(const Arguments&);
/// seed=N seeds=N seconds=N events=N ...: the simulation.
int simulate(const Arguments&);
int version(const Arguments&);

} // namespace nephele::main
