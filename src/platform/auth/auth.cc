// SPDX-License-Identifier: Apache-2.0
// The small decisions of Principal.
#include "platform/auth/principal.h"

#include <algorithm>
#include <cstdint>

namespace nephele {
namespace {

bool path_fits(std::string_view pattern, std::string_view path) {
    if (pattern.empty()) return path.empty();
    if (pattern.starts_with("**")) {
        for (std::size_t used = 0; used <= path.size(); ++used)
            if (path_fits(pattern.substr(2), path.substr(used))) return true;
        return false;
    }
    const bool star = pattern[0] == '*';
    const auto close = pattern[0] == '{' ? pattern.find('}') : pattern.npos;
    if (star || close != pattern.npos) {
        const auto rest = pattern.substr(star ? 1 : close + 1);
        for (std::size_t used = star ? 0 : 1; used <= path.size(); ++used) {
            if (used > 0 && path[used - 1] == '/') return false;
            if (path_fits(rest, path.substr(used))) return true;
        }
        return false;
    }
    return !path.empty() && pattern[0] == path[0] && path_fits(pattern.substr(1), path.substr(1));
}

} // namespace

bool Principal::may_call(std::string_view service_type, std::string_view method,
                         std::string_view path) const {
    if (access_rules.empty()) return true;
    for (const auto& rule : access_rules)
        if (rule.service == service_type && rule.method == method && path_fits(rule.path, path))
            return true;
    return false;
}

bool Principal::has_role(std::string_view name) const {
    return std::find(roles.begin(), roles.end(), name) != roles.end();
}

Scope Principal::own_scope() const {
    if (is_internal || system_all) return Scope::all();
    if (!project_id.empty()) return Scope::project(project_id);
    if (!domain_id.empty()) return Scope::domain(domain_id);
    return Scope::user(user_id);
}

Principal Principal::internal() {
    Principal self;
    self.user_id = self.user_name = "nephele";
    self.user_domain_id = "default";
    self.user_domain_name = "Default";
    self.system_all = true;
    self.roles = {"admin", "manager", "member", "reader", "service"};
    self.is_service = true;
    self.is_internal = true;
    self.expires_at = {INT64_MAX};
    return self;
}

} // namespace nephele
