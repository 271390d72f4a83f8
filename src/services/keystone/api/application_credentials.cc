// SPDX-License-Identifier: Apache-2.0
// Application credentials and the access rules they may be limited to. The secret is shown once.
#include "base/strings.h"
#include "services/keystone/api/support.h"
#include "services/keystone/model/delegation.h"
#include "services/keystone/ops/state.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/delegations.h"

namespace nephele::keystone {
namespace {

constexpr const char* action = "manage application credentials";

policy::Target owner_target(const std::string& user_id) {
    policy::Target target;
    target.set("user_id", user_id);
    return target;
}

Json shown(Call& call, const ApplicationCredential& credential) {
    Json out = Json::object(
        {{"id", credential.id},
         {"name", credential.name},
         {"description", credential.description},
         {"project_id", credential.project_id},
         {"user_id", credential.user_id},
         {"roles", shown_roles(call.tx, credential.role_ids)},
         {"unrestricted", credential.unrestricted},
         {"system", nullptr},
         {"expires_at",
          credential.expires_at ? Json(iso_time(*credential.expires_at, 6, "")) : Json()}});
    for (const auto& id : credential.access_rule_ids)
        if (const auto rule = find(call.tx, table::access_rules(), Scope::all(), id))
            out["access_rules"].push_back(AccessRule::shape().write(&*rule, call.view()));
    out["links"] =
        self_link(call.view(), "/v3/users/" + credential.user_id + "/application_credentials/",
                  credential.id);
    return out;
}

// Of the caller's own roles only, all of them when none is named.
std::vector<std::string> wanted_roles(Call& call, const Json& body) {
    const auto named = role_ids_of(call.tx, body.get("roles"));
    const auto& held = call.who.role_ids;
    for (const auto& id : named)
        if (std::find(held.begin(), held.end(), id) == held.end())
            throw bad_request("ApplicationCredentialValidationError",
                              "Invalid application credential: Cannot create an application "
                              "credential with unassigned role");
    return named.empty() ? held : named;
}

std::vector<std::string> wanted_rules(Call& call, const Json& body) {
    const Json& list = body.get("access_rules");
    std::vector<std::string> ids;
    if (list.is_null()) return ids;
    if (!list.is_array())
        throw bad_request("ValidationError", "Invalid input for field 'access_rules': not a list");
    for (const Json& one : list.as_array()) {
        if (one.get("id").is_string() && one.size() == 1) {
            ids.push_back(
                need(call.tx, table::access_rules(), Scope::user(call.who.user_id), one.text("id"))
                    .id);
            continue;
        }
        Reading reading;
        AccessRule rule;
        AccessRule::shape().read(one, &rule, reading);
        if (!rule.path.starts_with('/'))
            throw bad_request("ValidationError", "The path of an access rule begins with '/'.");
        rule.user_id = call.who.user_id;
        ids.push_back(store::ensure_access_rule(call, rule).id);
    }
    return ids;
}

// One made by means of another stays within that one, in time as in roles. Access rules cannot be
// compared, so a credential that has some makes no other.
void narrow_to_source(Call& call, ApplicationCredential& credential) {
    if (call.who.application_credential_id.empty()) return;
    const auto source = need(call.tx, table::application_credentials(), Scope::all(),
                             call.who.application_credential_id);
    if (!source.access_rule_ids.empty())
        throw forbidden("ForbiddenAction", "An application credential with access rules cannot "
                                           "make another application credential.");
    credential.source_id = source.id;
    if (!credential.expires_at) credential.expires_at = source.expires_at;
    if (source.expires_at && *credential.expires_at > *source.expires_at)
        throw bad_request("ApplicationCredentialValidationError",
                          "Invalid application credential: it would outlive the one it is made "
                          "with.");
}

ApplicationCredential read_new(Call& call, const Json& body) {
    const std::string& user_id = call.path("user_id");
    call.enforce("identity:create_application_credential", owner_target(user_id));
    refuse_delegated(call, action, Delegated::unrestricted_application_credential);
    ApplicationCredential credential;
    credential.name = body.text("name");
    if (trim(credential.name).empty() || utf8_length(credential.name) > 255)
        throw bad_request("ValidationError",
                          "Invalid input for field 'name': 1 to 255 characters are needed");
    if (const Json& given = body.get("unrestricted"); !given.is_null() && !given.is_bool())
        throw bad_request("ValidationError", "Invalid input for field 'unrestricted'");
    if (const Json& given = body.get("description"); !given.is_null()) {
        if (!given.is_string())
            throw bad_request("ValidationError", "Invalid input for field 'description'");
        credential.description = given.as_string();
    }
    credential.unrestricted = body.boolean("unrestricted");
    credential.user_id = user_id;
    credential.project_id = call.who.project_id;
    credential.expires_at = read_expiry(body, call.now);
    narrow_to_source(call, credential);
    return credential;
}

std::string secret_of(const Json& body, IdSource& ids) {
    const Json& given = body.get("secret");
    if (given.is_null()) return base64url_encode(ids.random_bytes(64), false);
    if (!given.is_string() || given.as_string().empty())
        throw bad_request("ValidationError", "Invalid input for field 'secret'");
    return given.as_string();
}

Reply create(FreeCall& free) {
    const Json body = unwrap(ApplicationCredential::shape(), free.in.body);
    free.read([&](Call& call) { read_new(call, body); });
    const std::string secret = secret_of(body, free.cloud.ids());
    const std::string hash = free.cloud.state<State>().passwords.hash(password::Password(secret));
    return free.write([&](Call& call) {
        ApplicationCredential credential = read_new(call, body);
        credential.id = call.new_hex();
        credential.secret_hash = hash;
        credential.role_ids = wanted_roles(call, body);
        credential.access_rule_ids = wanted_rules(call, body);
        store::insert(call, table::application_credentials(), credential);
        Reply reply;
        reply.status = 201;
        Json out = shown(call, credential);
        out["secret"] = secret;
        reply.body = Json::object({{"application_credential", out}});
        return reply;
    });
}

Json list_all(Call& call) {
    const std::string& user_id = call.path("user_id");
    call.enforce("identity:list_application_credentials", owner_target(user_id));
    Where where;
    if (const auto name = call.query("name")) where = {"name = ?", {*name}};
    Json::Array all;
    for (const auto& credential : select(call.tx, table::application_credentials(),
                                         Scope::user(user_id), where, "ORDER BY name"))
        all.push_back(shown(call, credential));
    return Json::object(
        {{"application_credentials", Json(std::move(all))}, {"links", list_links(call)}});
}

ApplicationCredential need_own(Call& call, const char* rule) {
    call.enforce(rule, owner_target(call.path("user_id")));
    return need(call.tx, table::application_credentials(), Scope::user(call.path("user_id")),
                call.path("application_credential_id"));
}

Json show(Call& call) {
    return Json::object({{"application_credential",
                          shown(call, need_own(call, "identity:get_application_credential"))}});
}

void remove(Call& call) {
    const auto credential = need_own(call, "identity:delete_application_credential");
    refuse_delegated(call, action, Delegated::unrestricted_application_credential);
    store::remove_application_credential(call, credential);
}

Listed<AccessRule> list_rules(Call& call, const Page& page) {
    call.enforce("identity:list_access_rules", owner_target(call.path("user_id")));
    return list(call.tx, table::access_rules(), Scope::user(call.path("user_id")), page);
}

AccessRule need_rule(Call& call, const char* rule) {
    call.enforce(rule, owner_target(call.path("user_id")));
    return need(call.tx, table::access_rules(), Scope::user(call.path("user_id")),
                call.path("access_rule_id"));
}
AccessRule show_rule(Call& call) { return need_rule(call, "identity:get_access_rule"); }

void remove_rule(Call& call) {
    const AccessRule rule = need_rule(call, "identity:delete_access_rule");
    refuse_delegated(call, action, Delegated::unrestricted_application_credential);
    for (const auto& credential :
         select(call.tx, table::application_credentials(), Scope::user(call.path("user_id"))))
        if (const auto& ids = credential.access_rule_ids;
            std::find(ids.begin(), ids.end(), rule.id) != ids.end())
            throw forbidden("ForbiddenAction",
                            format("You are not authorized to perform the requested action: "
                                   "access rule {} is used by application credential {}.",
                                   rule.id, credential.id));
    store::erase(call, table::access_rules(), rule);
}

} // namespace

Resource application_credential_routes() {
    const std::string all = "/v3/users/{user_id}/application_credentials";
    const std::string one = all + "/{application_credential_id}";
    const std::string rules = "/v3/users/{user_id}/access_rules";
    return Resource()
        .on("POST " + all, enforced_by_handler, create, created)
        .on("GET " + all, enforced_by_handler, list_all)
        .on("GET " + one, enforced_by_handler, show)
        .on("DELETE " + one, enforced_by_handler, remove)
        .on("GET " + rules, enforced_by_handler, list_rules)
        .on("GET " + rules + "/{access_rule_id}", enforced_by_handler, show_rule)
        .on("DELETE " + rules + "/{access_rule_id}", enforced_by_handler, remove_rule);
}

} // namespace nephele::keystone
