// SPDX-License-Identifier: Apache-2.0
// The one binary: its subcommands, listed.
#include "base/strings.h"
#include "main/commands.h"
#include "services/glance/client.h"

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {
using nephele::main::Arguments;

struct Command {
    const char* name;
    int (*run)(const Arguments&);
    const char* help;
};

const Command commands[] = {
    {"serve", nephele::main::serve,
     "run a control node (and its agent): [--config FILE] [--set a.b=c]; serve swift: the object "
     "store alone"},
    {"routes", nephele::main::routes, "list every route; --json for tools"},
    {"where", nephele::main::where, "METHOD PATH: which file answers it"},
    {"openapi", nephele::main::openapi, "SERVICE: its OpenAPI document"},
    {"config", nephele::main::config, "every option with its value, default and help"},
    {"operations", nephele::main::operations, "unfinished durable operations"},
    {"check", nephele::main::check, "verify the invariants over all tables"},
    {"policy", nephele::main::policy,
     "policy explain|who|may KEY=VALUE...: why a call is allowed, who may make it, what one may"},
    {"keystone", nephele::main::keystone_keys,
     "rotate-keys [token|receipt|credential]: the next key makes what comes"},
    {"backup", nephele::main::backup,
     "FILE [data=yes]: the whole control plane into one file, while it runs"},
    {"restore", nephele::main::restore, "FILE: a backup into an empty data.directory and database"},
    {"support-bundle", nephele::main::support_bundle,
     "[FILE]: what somebody who helps needs to see, without secrets"},
    {"agent", nephele::main::agent_command,
     "token|list|remove|join|run: hosts that are not control nodes"},
    {"glance", nephele::main::glance_metadefs,
     "load-metadefs DIR: adds metadata definitions that are not there yet"},
    {"ring", nephele::main::ring,
     "FILE create|import|add|remove|weight|overload|replicas|rebalance|show: rings of the object "
     "store"},
    {"starter", nephele::main::starter,
     "make the starter content of a new cloud: auth-url= admin-password= demo-password= [image=] "
     "[host-seconds=]"},
    {"sim", nephele::main::simulate,
     "the whole cloud on virtual time with trouble: seed=N seeds=N seconds=N trace shrink"},
    {"version", nephele::main::version, "version of this program"},
};

int usage() {
    std::fprintf(stderr,
                 "usage: nephele COMMAND [--config FILE] [--set section.option=value]...\n\n");
    for (auto& command : commands) std::fprintf(stderr, "  %-14s %s\n", command.name, command.help);
    return 2;
}
} // namespace

int main(int argc, char** argv) {
    if (argc < 2) return usage();
    std::string name = argv[1];
    // Not for people: this program starts itself so.
    if (name == "sandboxed") nephele::glance::sandboxed_main(argc, argv);
    try {
        for (auto& command : commands)
            if (name == command.name)
                return command.run(nephele::main::read_arguments({argv + 2, argv + argc}));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "nephele %s: %s\n", name.c_str(), error.what());
        return 1;
    }
    return usage();
}
