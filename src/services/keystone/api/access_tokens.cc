// SPDX-License-Identifier: Apache-2.0
// OAuth 1 for users: the access tokens they consented to, and taking the consent back.
#include "services/keystone/api/oauth.h"
#include "services/keystone/api/support.h"
#include "services/keystone/model/oauth1.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/revocations.h"

#include <algorithm>

namespace nephele::keystone {
namespace {

constexpr const char* action = "manage OAuth 1 access tokens";

Listed<AccessToken> list_all(Call& call, const Page& page) {
    refuse_delegated(call, action, Delegated::never);
    return list(call.tx, table::access_tokens(), Scope::user(call.path("user_id")), page);
}

AccessToken need_token(Call& call) {
    return need(call.tx, table::access_tokens(), Scope::user(call.path("user_id")),
                call.path("access_token_id"));
}

AccessToken show(Call& call) {
    refuse_delegated(call, action, Delegated::never);
    return need_token(call);
}

void remove(Call& call) {
    refuse_delegated(call, action, Delegated::never);
    const AccessToken token = need_token(call);
    store::revoke(call, {.access_token_id = token.id});
    store::erase(call, table::access_tokens(), token);
}

Json list_roles(Call& call) {
    return Json::object(
        {{"roles", shown_roles(call.tx, need_token(call).role_ids)}, {"links", list_links(call)}});
}

Role show_role(Call& call) {
    const AccessToken token = need_token(call);
    const std::string& id = call.path("role_id");
    if (std::find(token.role_ids.begin(), token.role_ids.end(), id) == token.role_ids.end())
        throw_not_found(table::roles(), id);
    return need(call.tx, table::roles(), Scope::all(), id);
}

} // namespace

api::Resource access_token_routes() {
    const std::string all = "/v3/users/{user_id}/OS-OAUTH1/access_tokens",
                      one = all + "/{access_token_id}";
    return Resource()
        .on("GET " + all, "identity:list_access_tokens", list_all)
        .on("GET " + one, "identity:get_access_token", show)
        .on("DELETE " + one, "identity:delete_access_token", remove)
        .on("GET " + one + "/roles", "identity:list_access_token_roles", list_roles)
        .on("GET " + one + "/roles/{role_id}", "identity:get_access_token_role", show_role);
}

} // namespace nephele::keystone
