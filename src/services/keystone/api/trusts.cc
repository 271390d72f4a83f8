// SPDX-License-Identifier: Apache-2.0
// Trusts: a trustor lets a trustee act with some of its roles on a project.
#include "base/strings.h"
#include "services/keystone/api/support.h"
#include "services/keystone/logic/role_inference.h"
#include "services/keystone/model/delegation.h"
#include "services/keystone/store/assignments.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/delegations.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {

constexpr std::int64_t max_redelegation = 3;
constexpr const char* action = "manage trusts";

policy::Target target_for(const Trust& trust) {
    policy::Target target;
    target.set("target.trust.trustor_user_id", trust.trustor_user_id)
        .set("target.trust.trustee_user_id", trust.trustee_user_id);
    return target;
}

Json full_roles(Call& call, const Trust& trust) {
    Json::Array shown;
    for (const auto& id : trust.role_ids)
        if (const auto role = find(call.tx, table::roles(), Scope::all(), id))
            shown.push_back(Role::shape().write(&*role, call.view()));
    return Json(std::move(shown));
}

Json shown(Call& call, const Trust& trust) {
    Json out = Trust::shape().write(&trust, call.view());
    out["roles"] = full_roles(call, trust);
    out["roles_links"] =
        Json::object({{"self", call.in.base_url + "/v3/OS-TRUST/trusts/" + trust.id + "/roles"},
                      {"next", nullptr},
                      {"previous", nullptr}});
    return out;
}

std::string text_member(const Json& body, const char* name, bool required_member) {
    const Json& value = body.get(name);
    if (value.is_null() && !required_member) return "";
    if (!value.is_string() || value.as_string().empty())
        throw bad_request("ValidationError",
                          format("Expecting to find {} in trust, a string.", name));
    return value.as_string();
}

std::optional<std::int64_t> count_member(const Json& body, const char* name, std::int64_t least) {
    const Json& value = body.get(name);
    if (value.is_null()) return std::nullopt;
    if (!value.is_integer() || value.as_double() < static_cast<double>(least) ||
        value.as_double() > 1e9)
        throw bad_request("ValidationError",
                          format("Invalid input for field '{}': an integer of {} or more is needed",
                                 name, least));
    return value.as_int();
}

Trust read_new(Call& call, const Json& body) {
    Trust trust;
    trust.trustor_user_id = text_member(body, "trustor_user_id", true);
    trust.trustee_user_id = text_member(body, "trustee_user_id", true);
    if (const auto project = text_member(body, "project_id", false); !project.empty())
        trust.project_id = project;
    if (!body.get("impersonation").is_bool())
        throw bad_request("ValidationError",
                          "Expecting to find impersonation in trust, a boolean.");
    trust.impersonation = body.boolean("impersonation");
    trust.remaining_uses = count_member(body, "remaining_uses", 1);
    trust.allow_redelegation = body.boolean("allow_redelegation");
    const auto depth = count_member(body, "redelegation_count", 0);
    trust.allow_redelegation = trust.allow_redelegation && depth != 0;
    trust.redelegation_count =
        trust.allow_redelegation ? depth.value_or(max_redelegation) : std::int64_t(0);
    if (trust.redelegation_count > max_redelegation)
        throw forbidden("Forbidden", format("Requested redelegation depth of {} is greater than "
                                            "allowed {}",
                                            trust.redelegation_count, max_redelegation));
    if (trust.allow_redelegation && trust.remaining_uses)
        throw bad_request("ValidationError",
                          "remaining_uses must not be set if redelegation is allowed");
    trust.expires_at = read_expiry(body, call.now);
    trust.role_ids = role_ids_of(call.tx, body.get("roles"));
    return trust;
}

// Who gives what the trust gives: the trustor, or the first one of the chain it is passed on in.
std::string first_trustor(Call& call, const Trust& trust) {
    if (call.who.trust_id.empty()) return trust.trustor_user_id;
    const Trust source = need(call.tx, table::trusts(), Scope::all(), call.who.trust_id);
    const auto pedigree = store::trust_pedigree(call.tx, source);
    if (!pedigree) throw_not_found(table::trusts(), source.id);
    return pedigree->empty() ? source.trustor_user_id : pedigree->back().trustor_user_id;
}

// The trustor gives only what it has, on a project that is there.
void check_roles(Call& call, const Trust& trust) {
    if (!trust.project_id) {
        if (!trust.role_ids.empty())
            throw bad_request("ValidationError", "A trust with roles needs a project.");
        return;
    }
    if (trust.role_ids.empty())
        throw forbidden("ForbiddenAction", "At least one role should be specified");
    need(call.tx, table::projects(), Scope::all(), *trust.project_id);
    const std::string giver = first_trustor(call, trust);
    const auto held = logic::with_implied(
        store::assigned_role_ids(call.tx, giver, store::group_ids_of(call.tx, giver),
                                 Place::project, *trust.project_id),
        store::implications(call.tx));
    for (const auto& id : trust.role_ids)
        if (std::find(held.begin(), held.end(), id) == held.end())
            throw_not_found(table::roles(), id);
}

// A trust made with a token from a trust stays within that one.
void narrow_to_source(Call& call, const Json& body, Trust& trust) {
    if (call.who.trust_id.empty()) return;
    if (trust.remaining_uses)
        throw forbidden("Forbidden", format("Field \"remaining_uses\" is set to {} while it must "
                                            "not be set in order to redelegate a trust",
                                            *trust.remaining_uses));
    const Trust source = need(call.tx, table::trusts(), Scope::all(), call.who.trust_id);
    if (!source.allow_redelegation || source.redelegation_count <= 0)
        throw forbidden("Forbidden", "Remaining redelegation depth of 0 out of allowed range");
    if (source.project_id != trust.project_id)
        throw forbidden("Forbidden", "Some of requested roles are not in redelegated trust");
    const auto within = logic::with_implied(source.role_ids, store::implications(call.tx));
    if (logic::narrowed(trust.role_ids, within) != trust.role_ids)
        throw forbidden("Forbidden", "Some of requested roles are not in redelegated trust");
    if (trust.impersonation && !source.impersonation)
        throw forbidden("Forbidden", "Impersonation is not allowed because redelegated trust does "
                                     "not specify impersonation.");
    if (!trust.expires_at) trust.expires_at = source.expires_at;
    if (source.expires_at && *trust.expires_at > *source.expires_at)
        throw forbidden("Forbidden",
                        "Requested expiration time is more than redelegated trust can provide");
    const std::int64_t left = source.redelegation_count - 1;
    if (trust.allow_redelegation && body.get("redelegation_count").is_integer() &&
        trust.redelegation_count != left)
        throw forbidden("Forbidden", "Modifying \"redelegation_count\" upon redelegation is "
                                     "forbidden. Omitting this parameter is advised.");
    trust.redelegation_count = trust.allow_redelegation ? left : std::int64_t(0);
    trust.allow_redelegation = trust.redelegation_count > 0;
    trust.redelegated_trust_id = source.id;
}

// Passing a trust on is what a trust's token may be for. Other derived tokens do nothing here: a
// trust gives of what its trustor has, which may be more than the token has.
void refuse_derived(Call& call) {
    const auto& methods = call.who.methods;
    const bool by_ec2_key =
        std::find(methods.begin(), methods.end(), "ec2credential") != methods.end();
    if (call.who.trust_id.empty() || by_ec2_key) refuse_delegated(call, action, Delegated::never);
}

Reply create(Call& call, const Json& all) {
    const Json& body = unwrap(Trust::shape(), all);
    Trust trust = read_new(call, body);
    call.enforce("identity:create_trust", target_for(trust));
    refuse_derived(call);
    need(call.tx, table::users(), Scope::all(), trust.trustee_user_id);
    check_roles(call, trust);
    narrow_to_source(call, body, trust);
    trust.id = call.new_hex();
    store::insert(call, table::trusts(), trust);
    Reply reply;
    reply.status = 201;
    reply.body = Json::object({{"trust", shown(call, trust)}});
    return reply;
}

Json list_all(Call& call) {
    Trust asked;
    asked.trustor_user_id = call.query("trustor_user_id").value_or("");
    asked.trustee_user_id = call.query("trustee_user_id").value_or("");
    Where where{"1 = 1", {}};
    const char* rule = "identity:list_trusts";
    if (!asked.trustee_user_id.empty()) {
        rule = "identity:list_trusts_for_trustee";
        where.sql += " AND trustee_user_id = ?";
        where.params.push_back(asked.trustee_user_id);
    }
    if (!asked.trustor_user_id.empty()) {
        rule = "identity:list_trusts_for_trustor";
        where.sql += " AND trustor_user_id = ?";
        where.params.push_back(asked.trustor_user_id);
    }
    call.enforce(rule, target_for(asked));
    Json::Array all;
    for (const auto& trust : select(call.tx, table::trusts(), Scope::all(), where, "ORDER BY id"))
        all.push_back(Trust::shape().write(&trust, call.view()));
    return Json::object({{"trusts", Json(std::move(all))}, {"links", list_links(call)}});
}

Trust need_trust(Call& call, const char* rule) {
    const auto trust = find(call.tx, table::trusts(), Scope::all(), call.path("trust_id"));
    // One that is used up is no longer shown, as upstream.
    if (!trust || (trust->remaining_uses && *trust->remaining_uses <= 0))
        throw_not_found(table::trusts(), call.path("trust_id"));
    // A stranger's answer is that of an absent one.
    if (!call.allowed(rule, target_for(*trust)))
        throw_not_found(table::trusts(), call.path("trust_id"));
    return *trust;
}

Json show(Call& call) {
    return Json::object({{"trust", shown(call, need_trust(call, "identity:get_trust"))}});
}

Json list_roles(Call& call) {
    const Trust trust = need_trust(call, "identity:list_roles_for_trust");
    return Json::object({{"roles", full_roles(call, trust)}, {"links", list_links(call)}});
}

Role show_role(Call& call) {
    const Trust trust = need_trust(call, "identity:get_role_for_trust");
    const auto& id = call.path("role_id");
    if (std::find(trust.role_ids.begin(), trust.role_ids.end(), id) == trust.role_ids.end())
        throw_not_found(table::roles(), id);
    return need(call.tx, table::roles(), Scope::all(), id);
}

void remove(Call& call) {
    const Trust trust = need_trust(call, "identity:delete_trust");
    refuse_derived(call);
    store::remove_trust(call, trust);
}

} // namespace

Resource trust_routes() {
    const std::string all = "/v3/OS-TRUST/trusts", one = all + "/{trust_id}";
    return Resource()
        .on("POST " + all, enforced_by_handler, create, created)
        .on("GET " + all, enforced_by_handler, list_all)
        .on("GET " + one, enforced_by_handler, show)
        .on("DELETE " + one, enforced_by_handler, remove)
        .on("GET " + one + "/roles", enforced_by_handler, list_roles)
        .on("GET " + one + "/roles/{role_id}", enforced_by_handler, show_role)
        .on("HEAD " + one + "/roles/{role_id}", enforced_by_handler, show_role);
}

} // namespace nephele::keystone
