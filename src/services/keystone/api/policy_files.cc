// SPDX-License-Identifier: Apache-2.0
// Policy files kept for services that ask for them.
#include "services/keystone/api/directory.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/endpoint_filters.h"

namespace nephele::keystone {
namespace {

PolicyFile need_policy(Call& call) {
    return need(call.tx, table::policies(), Scope::all(), call.path("policy_id"));
}

PolicyFile create(Call& call, const PolicyFile& wanted) {
    PolicyFile policy = wanted;
    policy.id = call.new_hex();
    store::insert(call, table::policies(), policy);
    return policy;
}

Listed<PolicyFile> list_all(Call& call, const Page& page) {
    return list(call.tx, table::policies(), Scope::all(), page);
}

PolicyFile show(Call& call) { return need_policy(call); }

PolicyFile update(Call& call, const Json& body) {
    PolicyFile policy = need_policy(call);
    read_update(call, body, policy);
    store::update(call, table::policies(), policy);
    return policy;
}

void remove(Call& call) { store::remove_policy(call, need_policy(call)); }

} // namespace

Resource policy_routes() {
    return Resource()
        .on("POST /v3/policies", "identity:create_policy", create, created)
        .on("GET /v3/policies", "identity:list_policies", list_all)
        .on("GET /v3/policies/{policy_id}", "identity:get_policy", show)
        .on("PATCH /v3/policies/{policy_id}", "identity:update_policy", update)
        .on("DELETE /v3/policies/{policy_id}", "identity:delete_policy", remove);
}

} // namespace nephele::keystone
