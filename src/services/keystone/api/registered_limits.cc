// SPDX-License-Identifier: Apache-2.0
// What everybody has by default. Several are made by one request, or none of them.
#include "base/strings.h"
#include "services/keystone/api/directory.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/limits.h"

namespace nephele::keystone {
namespace {

RegisteredLimit need_limit(Call& call) {
    return need(call.tx, table::registered_limits(), Scope::all(),
                call.path("registered_limit_id"));
}

void check_unique(Call& call, const RegisteredLimit& limit) {
    const auto same = store::find_registered_limit(call.tx, limit.service_id, limit.region_id,
                                                   limit.resource_name);
    if (same && same->id != limit.id)
        throw conflict("Conflict", "Conflict occurred attempting to store registered_limit - "
                                   "Duplicate entry.");
}

Reply create(Call& call, const Json& body) {
    Json::Array made;
    for (const Json& item : list_in_body(body, "registered_limits")) {
        RegisteredLimit limit;
        read_item(call, RegisteredLimit::shape(), item, &limit, "registered_limits");
        check_catalog_ids(call, limit.service_id, limit.region_id, "registered_limit");
        check_unique(call, limit);
        limit.id = call.new_hex();
        store::insert(call, table::registered_limits(), limit);
        made.push_back(RegisteredLimit::shape().write(&limit, call.view()));
    }
    return reply_with(201, "registered_limits", std::move(made));
}

Listed<RegisteredLimit> list_all(Call& call, const Page& page) {
    return list(call.tx, table::registered_limits(), Scope::all(), page);
}

RegisteredLimit show(Call& call) { return need_limit(call); }

void check_free(Call& call, const RegisteredLimit& limit) {
    if (store::is_referred_to(call.tx, limit))
        throw forbidden("RegisteredLimitError",
                        format("Unable to update or delete registered limit {} because there are "
                               "project limits associated with it.",
                               limit.id));
}

RegisteredLimit update(Call& call, const Json& body) {
    RegisteredLimit limit = need_limit(call);
    read_update(call, body, limit);
    check_catalog_ids(call, limit.service_id, limit.region_id, "registered_limit");
    check_free(call, limit);
    check_unique(call, limit);
    store::update(call, table::registered_limits(), limit);
    return limit;
}

void remove(Call& call) {
    const RegisteredLimit limit = need_limit(call);
    check_free(call, limit);
    store::erase(call, table::registered_limits(), limit);
}

} // namespace

Resource registered_limit_routes() {
    const std::string all = "/v3/registered_limits", one = all + "/{registered_limit_id}";
    return Resource()
        .on("POST " + all, "identity:create_registered_limits", create, created)
        .on("GET " + all, "identity:list_registered_limits", list_all)
        .on("GET " + one, "identity:get_registered_limit", show)
        .on("PATCH " + one, "identity:update_registered_limit", update)
        .on("DELETE " + one, "identity:delete_registered_limit", remove);
}

} // namespace nephele::keystone
