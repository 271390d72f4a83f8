// SPDX-License-Identifier: Apache-2.0
#include "platform/context/node_instance.h"

#include "base/strings.h"

#include <cerrno>
#include <csignal>
#include <unistd.h>

namespace nephele {
namespace {
// Tells this process from an earlier one with the same number (containers: always 1).
const std::string& process_token() {
    static const std::string token = system_ids().hex();
    return token;
}
} // namespace

std::string new_lease_owner(const Cloud& cloud) {
    return format("{}/{}/{}/{}", cloud.node(), static_cast<std::int64_t>(getpid()), process_token(),
                  system_ids().number());
}

bool is_dead_lease_owner(const Cloud& cloud, const std::string& owner) {
    auto parts = split(owner, '/');
    if (parts.size() != 4 || parts[0] != cloud.node()) return false;
    auto pid = to_int(parts[1]);
    if (!pid || *pid <= 0) return false;
    if (*pid == getpid()) return parts[2] != process_token();
    return kill(static_cast<pid_t>(*pid), 0) != 0 && errno == ESRCH;
}

} // namespace nephele
