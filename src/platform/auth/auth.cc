// SPDX-License-Identifier: Apache-2.0
// The small decisions of Principal.
#include "platform/auth/principal.h"

#include <algorithm>
#include <cstdint>

namespace nephele {

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
