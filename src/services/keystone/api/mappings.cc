// SPDX-License-Identifier: Apache-2.0
// Mappings: the rules that turn what an identity provider says into users, groups and projects.
#include "base/strings.h"
#include "services/keystone/api/federation.h"
#include "services/keystone/logic/mapping_schema.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/federation.h"

namespace nephele::keystone {
namespace {

Mapping need_mapping(Call& call) {
    return need(call.tx, table::mappings(), Scope::all(), call.path("mapping_id"));
}

// All that is wrong at once, a line each.
void check_rules(const Json& mapping) {
    const auto errors = logic::mapping_errors(mapping);
    if (!errors.empty()) throw bad_request("ValidationError", join(errors, "\n"));
}

Reply create(Call& call, const Json& body) {
    check_rules(unwrap(Mapping::shape(), body));
    auto mapping = read_new<Mapping>(call, body, call.path("mapping_id"));
    if (find(call.tx, table::mappings(), Scope::all(), mapping.id))
        throw conflict("Conflict", format("Conflict occurred attempting to store mapping - "
                                          "Duplicate entry found with ID {}.",
                                          mapping.id));
    mapping.valid_from = call.now;
    store::insert(call, table::mappings(), mapping);
    return created_reply(call, mapping);
}

Listed<Mapping> list_all(Call& call, const Page& page) {
    return list(call.tx, table::mappings(), Scope::all(), page);
}
Mapping show(Call& call) { return need_mapping(call); }

Mapping update(Call& call, const Json& body) {
    Mapping mapping = need_mapping(call);
    check_rules(unwrap(Mapping::shape(), body));
    read_update(call, body, mapping);
    check_rules(
        Json::object({{"rules", mapping.rules}, {"schema_version", mapping.schema_version}}));
    store::update(call, table::mappings(), mapping);
    return mapping;
}

void remove(Call& call) { store::erase(call, table::mappings(), need_mapping(call)); }

} // namespace

Resource mapping_routes() {
    return Resource()
        .on("GET /v3/OS-FEDERATION/mappings", "identity:list_mappings", list_all)
        .on("PUT /v3/OS-FEDERATION/mappings/{mapping_id}", "identity:create_mapping", create,
            created)
        .on("GET /v3/OS-FEDERATION/mappings/{mapping_id}", "identity:get_mapping", show)
        .on("PATCH /v3/OS-FEDERATION/mappings/{mapping_id}", "identity:update_mapping", update)
        .on("DELETE /v3/OS-FEDERATION/mappings/{mapping_id}", "identity:delete_mapping", remove);
}

} // namespace nephele::keystone
