// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/people.h"

#include "services/keystone/ops/role_assignments.h"
#include "services/keystone/ops/token_facts.h"

#include <set>

namespace nephele::keystone {
namespace {

std::optional<Principal> one(db::Tx& tx, const std::string& user_id, const ActingOn& place) {
    Claims claims;
    claims.user_id = user_id;
    claims.methods = {"password"};
    claims.project_id = place.project_id;
    if (place.project_id.empty()) claims.domain_id = place.domain_id;
    claims.system = place.system && place.project_id.empty() && place.domain_id.empty();
    const auto facts = look_up(tx, claims);
    if (!facts) return std::nullopt;
    return facts->principal();
}

std::vector<Principal> all(db::Tx& tx, const ActingOn& place, std::size_t limit) {
    AssignmentQuery query;
    query.effective = true;
    query.project_id = place.project_id;
    if (place.project_id.empty()) query.domain_id = place.domain_id;
    query.system = place.system;
    std::set<std::string> users;
    for (const auto& line : find_assignments(tx, query))
        if (!line.user_id.empty() && users.size() < limit) users.insert(line.user_id);
    std::vector<Principal> found;
    for (const auto& id : users)
        if (auto principal = one(tx, id, place)) found.push_back(std::move(*principal));
    return found;
}

} // namespace

People people() { return {one, all}; }

} // namespace nephele::keystone
