// SPDX-License-Identifier: Apache-2.0
// Finding unified limits, and removing those of a project or domain that goes.
#pragma once
#include "services/keystone/model/limit.h"

namespace nephele::keystone::store {

std::optional<RegisteredLimit> find_registered_limit(db::Tx& tx, const std::string& service_id,
                                                     const std::optional<std::string>& region_id,
                                                     const std::string& resource_name);
/// Of the project or domain with this id.
std::optional<Limit> find_limit(db::Tx& tx, const std::string& registered_limit_id,
                                const std::string& owner_id);
bool is_referred_to(db::Tx& tx, const RegisteredLimit& registered);
/// What the projects of a domain have been given of a registered limit.
std::vector<std::int64_t> project_limits_in(db::Tx& tx, const std::string& registered_limit_id,
                                            const std::string& domain_id);
void remove_limits_of(Context& context, const std::string& owner_id);

/// Limits whose project or domain is gone, a line each.
std::vector<std::string> limits_of_nobody(db::Tx& tx);

} // namespace nephele::keystone::store
