// SPDX-License-Identifier: Apache-2.0
// `nephele serve`: a control node until SIGTERM or SIGINT.
#include "base/strings.h"
#include "main/commands.h"
#include "main/services.h"
#include "main/stop_signals.h"
#include "platform/log/log.h"
#include "platform/node/node.h"
#include "services/keystone/client.h"
#include "services/swift/service.h"

#include <cstdio>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

namespace nephele::main {
namespace {
// glibc gives every few threads a heap of their own and lets the limit above which a block goes
// back to the system at once grow with the blocks it sees: after a few long lists of servers by
// several clients 120 MB stayed where 75 do with these two.
void keep_heap_small() {
    mallopt(M_ARENA_MAX, 2 * static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 1 << 20);
}

// A connection and an open image are a descriptor each; the usual 1024 are too few for a cloud.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log::warning("the limit of open files could not be raised", {});
}
} // namespace

namespace {
// Everything, or one service that can stand alone, with its own way to log in.
NodeOptions node_options(const Arguments& arguments) {
    NodeOptions options;
    options.config_file = arguments.config_file;
    if (arguments.words.empty()) {
        options.services = all_services();
        options.bootstrap = keystone::client::bootstrap_node;
    } else if (arguments.words == std::vector<std::string>{"swift"}) {
        options.services = {swift::service()};
        options.settings = {"swift.auth=\"tempauth\""};
    } else {
        throw bad_request("BadArgument", "serve [swift]: only the object store can stand alone");
    }
    options.settings.insert(options.settings.end(), arguments.settings.begin(),
                            arguments.settings.end());
    return options;
}
} // namespace

int serve(const Arguments& arguments) {
    keep_heap_small();
    StopSignals signals;
    raise_descriptor_limit();
    auto began = system_clock().monotonic_ns();
    Node node(node_options(arguments));
    log::info("ready", {{"port", node.port()},
                        {"services", node.services().size()},
                        {"milliseconds", (system_clock().monotonic_ns() - began) / 1'000'000}});
    signals.wait();
    log::info("stopping");
    node.stop();
    return 0;
}

} // namespace nephele::main
