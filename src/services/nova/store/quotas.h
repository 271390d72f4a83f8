// SPDX-License-Identifier: Apache-2.0
// Limits set for projects, and what projects use.
#pragma once
#include "platform/db/db.h"
#include "services/nova/model/quota.h"

namespace nephele::nova::store {

/// The project's limit, or the default.
std::int64_t limit_of(db::Tx&, const std::string& project_id, const std::string& name);
Amounts limits_of(db::Tx&, const std::string& project_id);
/// instances, cores, ram, server_groups.
Amounts usage_of(db::Tx&, const std::string& project_id);
void set_limit(db::Tx&, const std::string& project_id, const std::string& name, std::int64_t limit);
/// What projects have that were given nothing else: the built-in values and what was set for the
/// class, "default" for all projects.
Amounts limits_of_class(db::Tx&, const std::string& name);
void set_class_limit(db::Tx&, const std::string& class_name, const std::string& name,
                     std::int64_t limit);
void clear_limits(db::Tx&, const std::string& project_id);

} // namespace nephele::nova::store
