// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/api/support.h"

#include "base/strings.h"
#include "services/keystone/logic/multi_factor.h"
#include "services/keystone/store/assignments.h"

#include <algorithm>

namespace nephele::keystone {
namespace {

void set_or_null(policy::Target& target, std::string_view key,
                 const std::optional<std::string>& value) {
    if (value)
        target.set(key, *value);
    else
        target.set_null(key);
}

enum class OptionKind { boolean, rules };
struct KnownOption {
    const char* kind;
    const char* name;
    OptionKind type;
};
constexpr KnownOption known_options[] = {
    {"user", "ignore_change_password_upon_first_use", OptionKind::boolean},
    {"user", "ignore_password_expiry", OptionKind::boolean},
    {"user", "ignore_lockout_failure_attempts", OptionKind::boolean},
    {"user", "lock_password", OptionKind::boolean},
    {"user", "ignore_user_inactivity", OptionKind::boolean},
    {"user", "multi_factor_auth_enabled", OptionKind::boolean},
    {"user", "multi_factor_auth_rules", OptionKind::rules},
    {"project", "immutable", OptionKind::boolean},
    {"domain", "immutable", OptionKind::boolean},
    {"role", "immutable", OptionKind::boolean},
};

} // namespace

void add_target(policy::Target& target, const User& user) {
    target.set("target.user.id", user.id)
        .set("target.user.domain_id", user.domain_id)
        .set("user_id", user.id);
}
void add_target(policy::Target& target, const Group& group) {
    target.set("target.group.id", group.id).set("target.group.domain_id", group.domain_id);
}
void add_target(policy::Target& target, const Project& project) {
    target.set("target.project.id", project.id);
    set_or_null(target, "target.project.domain_id", project.domain_id);
}
void add_target(policy::Target& target, const Domain& domain) {
    target.set("target.domain.id", domain.id);
}
void add_target(policy::Target& target, const Role& role) {
    target.set("target.role.id", role.id).set("target.role.name", role.name);
    set_or_null(target, "target.role.domain_id", role.domain_id);
}

policy::Target list_target(const Call& call) {
    policy::Target target;
    if (!call.who.domain_id.empty()) {
        target.set("target.domain_id", call.who.domain_id);
        target.set("target.group.domain_id", call.who.domain_id);
    }
    return target;
}

Scope list_scope(const Call& call) {
    return call.who.domain_id.empty() ? Scope::all() : Scope::domain(call.who.domain_id);
}

const Json& unwrap(const ShapeBase& shape, const Json& body) {
    const Json* inner = body.find(shape.name());
    if (!inner || !inner->is_object())
        throw bad_request("ValidationError",
                          format("Expecting to find {} in request body. The server could not "
                                 "comply with the request since it is either malformed or "
                                 "otherwise incorrect. The client is assumed to be in error.",
                                 shape.name()));
    return *inner;
}

Json without_own_id(const ShapeBase& shape, const Json& body, const std::string& id) {
    Json fields = unwrap(shape, body);
    const Json* given = fields.find("id");
    if (!given) return fields;
    if (!given->is_string() || given->as_string() != id)
        throw bad_request("ValidationError", format("Cannot change {} ID", shape.name()));
    fields.erase("id");
    return fields;
}

Json merged_options(const Json& before, const Json& change) {
    Json merged = before.is_object() ? before : Json::object();
    if (!change.is_object()) return merged;
    for (const auto& [name, value] : change.as_object()) {
        if (value.is_null())
            merged.erase(name);
        else
            merged[name] = value;
    }
    return merged;
}

void refuse_delegated(const Call& call, const char* action, Delegated allowed) {
    const Principal& who = call.who;
    const bool by_credential = !who.application_credential_id.empty();
    const bool by_ec2_key =
        std::find(who.methods.begin(), who.methods.end(), "ec2credential") != who.methods.end();
    if (who.trust_id.empty() && who.access_token_id.empty() && !by_credential && !by_ec2_key)
        return;
    if (by_credential && !by_ec2_key && who.trust_id.empty() &&
        who.application_credential_unrestricted &&
        allowed == Delegated::unrestricted_application_credential)
        return;
    throw forbidden("ForbiddenAction",
                    format("You are not authorized to perform the requested action: {} with a "
                           "token from a trust, an application credential, an EC2 key or an access "
                           "token.",
                           action));
}

std::vector<std::string> role_ids_of(db::Tx& tx, const Json& list) {
    std::vector<std::string> ids;
    if (list.is_null()) return ids;
    if (!list.is_array())
        throw bad_request("ValidationError", "Invalid input for field 'roles': not a list");
    for (const Json& one : list.as_array()) {
        std::optional<Role> role;
        if (one.get("id").is_string())
            role = find(tx, table::roles(), Scope::all(), one.text("id"));
        else if (one.get("name").is_string())
            role = store::find_role_named(tx, one.text("name"));
        else
            throw bad_request("ValidationError", "A role needs an id or a name.");
        if (!role)
            throw_not_found(table::roles(),
                            one.get("id").is_string() ? one.text("id") : one.text("name"));
        ids.push_back(role->id);
    }
    return ids;
}

Json shown_roles(db::Tx& tx, const std::vector<std::string>& role_ids) {
    Json::Array shown;
    for (const auto& id : role_ids)
        if (const auto role = find(tx, table::roles(), Scope::all(), id))
            shown.push_back(Json::object(
                {{"id", role->id}, {"name", role->name}, {"domain_id", role->domain_id}}));
    return Json(std::move(shown));
}

std::optional<Time> read_expiry(const Json& body, Time now) {
    const Json& value = body.get("expires_at");
    if (value.is_null()) return std::nullopt;
    const auto time = value.is_string() ? parse_time(value.as_string()) : std::nullopt;
    if (!time)
        throw bad_request("ValidationTimeStampError",
                          "Timestamp not in expected format. The server could not comply with the "
                          "request since it is either malformed or otherwise incorrect. The client "
                          "is assumed to be in error.");
    if (*time <= now)
        throw bad_request("ValidationExpirationError",
                          "The 'expires_at' must not be before now. The server could not comply "
                          "with the request since it is either malformed or otherwise incorrect. "
                          "The client is assumed to be in error.");
    return time;
}

void check_options(const Json& options, std::string_view kind) {
    if (options.is_null()) return;
    if (!options.is_object())
        throw bad_request("ValidationError", "Invalid input for field 'options': not an object");
    for (const auto& [name, value] : options.as_object()) {
        const KnownOption* known = nullptr;
        for (const auto& option : known_options)
            if (kind == option.kind && name == option.name) known = &option;
        const bool fits =
            known && (value.is_null() ||
                      (known->type == OptionKind::boolean ? value.is_bool()
                                                          : logic::are_multi_factor_rules(value)));
        if (!fits)
            throw bad_request("ValidationError",
                              format("Invalid input for field 'options': '{}' is not an option of "
                                     "a {} or has a wrong value",
                                     name.substr(0, 100), kind));
    }
}

void check_mutable(const Json& options, const TableBase& table, const std::string& id,
                   const char* change, const Json* body) {
    if (!options.boolean("immutable")) return;
    if (body && body->get("options").has("immutable") &&
        !body->get("options").boolean("immutable") && body->size() == 1)
        return;
    throw forbidden(
        "Forbidden",
        format("Unable to {} immutable {} resource: `{}`. Set resource option \"immutable\" to "
               "false first.",
               change, table.kind, id));
}

void check_tags(const std::vector<std::string>& tags) {
    for (const auto& tag : tags)
        if (!is_tag(tag))
            throw bad_request("ValidationError",
                              format("Invalid input for field 'tags': '{}' is empty, longer than "
                                     "255 characters or holds '/' or ','",
                                     tag.substr(0, 300)));
}

std::string domain_for_new(const Call& call, const std::string& asked) {
    if (!asked.empty()) return asked;
    if (!call.who.domain_id.empty()) return call.who.domain_id;
    if (!call.who.project_domain_id.empty()) return call.who.project_domain_id;
    return "default";
}

bool flag(const Call& call, std::string_view name) {
    const auto value = call.query(name);
    if (!value) return false;
    return *value != "0" && !iequals(*value, "false") && !iequals(*value, "no");
}

std::optional<std::string> path_value(const Call& call, std::string_view name) {
    for (const auto& [key, value] : call.in.path_values)
        if (key == name) return value;
    return std::nullopt;
}

Json list_links(const Call& call) {
    return Json::object({{"next", nullptr},
                         {"self", call.in.base_url + call.in.service_path},
                         {"previous", nullptr}});
}

} // namespace nephele::keystone
