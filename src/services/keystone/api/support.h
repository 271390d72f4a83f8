// SPDX-License-Identifier: Apache-2.0
// What the resource files share: policy targets, reading updates, option and immutability rules.
#pragma once
#include "platform/api/service.h"
#include "services/keystone/model/project.h"
#include "services/keystone/model/role.h"
#include "services/keystone/model/user.h"

namespace nephele::keystone {
using namespace api;

// Resource files, in the order service.cc lists them.
Resource discovery_routes();
Resource token_routes();
Resource auth_info_routes();
Resource domain_routes();
Resource project_routes();
Resource project_tag_routes();
Resource user_routes();
Resource password_routes();
Resource group_routes();
Resource role_routes();
Resource implied_role_routes();
Resource grant_routes();
Resource role_assignment_routes();
Resource region_routes();
Resource service_routes();
Resource endpoint_routes();
Resource application_credential_routes();
Resource trust_routes();
Resource credential_routes();
Resource ec2_routes();
std::vector<policy::Rule> policies();
Manners manners();

// "target.user.id" and the like, as the rules name them. An absent record gives no attributes, so
// that only rules that need none allow.
void add_target(policy::Target& target, const User& user);
void add_target(policy::Target& target, const Group& group);
void add_target(policy::Target& target, const Project& project);
void add_target(policy::Target& target, const Domain& domain);
void add_target(policy::Target& target, const Role& role);
template <class T> policy::Target target_of(const std::optional<T>& record) {
    policy::Target target;
    if (record) add_target(target, *record);
    return target;
}
template <class T> policy::Target target_of(const T& record) {
    policy::Target target;
    add_target(target, record);
    return target;
}
/// For lists: the caller's domain when the token is scoped to one.
policy::Target list_target(const Call& call);
/// Tokens of a domain list records of that domain only.
Scope list_scope(const Call& call);

/// The record by id after the rule allowed it. A caller without the right learns nothing of whether
/// it exists.
template <class T>
T need_allowed(Call& call, const Table<T>& table, const std::string& id, const char* rule) {
    auto record = find(call.tx, table, Scope::all(), id);
    call.enforce(rule, target_of(record));
    if (!record) throw_not_found(table, id);
    return std::move(*record);
}

/// What stands under the shape's name in the body.
const Json& unwrap(const ShapeBase& shape, const Json& body);
/// The body without the record's own id, which a change may repeat but not alter.
Json without_own_id(const ShapeBase& shape, const Json& body, const std::string& id);
Json merged_options(const Json& before, const Json& change);
/// Reads an update into the stored record: members that are not given keep their values, options
/// are merged (null removes one).
template <class T> void read_update(Call& call, const Json& body, T& record) {
    [[maybe_unused]] Json options;
    if constexpr (requires { record.options; }) options = record.options;
    call.reading.mode = Reading::Mode::update;
    T::shape().read(without_own_id(T::shape(), body, record.id), &record, call.reading);
    if constexpr (requires { record.options; })
        if (call.given("options")) record.options = merged_options(options, record.options);
}

/// Throws Failure(forbidden) for tokens that are themselves derived (trust, application credential,
/// access token): they must not reach what would give their bearer more than they were given.
enum class Delegated { never, unrestricted_application_credential };
void refuse_delegated(const Call& call, const char* action, Delegated allowed);
/// The ids of {"id": ..} or {"name": ..} entries of a body.
std::vector<std::string> role_ids_of(db::Tx& tx, const Json& list);
/// {"id", "name", "domain_id"} of each role that is still there.
Json shown_roles(db::Tx& tx, const std::vector<std::string>& role_ids);
/// A time to come, or none when null or absent. Throws Failure(bad_request).
std::optional<Time> read_expiry(const Json& body, Time now);

/// Throws Failure(bad_request) for an option that is unknown or of the wrong kind.
void check_options(const Json& options, std::string_view kind);
/// Throws Failure(forbidden) while the option `immutable` is set, but for a change that clears it.
void check_mutable(const Json& options, const TableBase& table, const std::string& id,
                   const char* change, const Json* body = nullptr);
/// Throws Failure(bad_request) on a tag that is too long or holds '/' or ','.
void check_tags(const std::vector<std::string>& tags);

/// The domain of a new record: as asked, else the caller's.
std::string domain_for_new(const Call& call, const std::string& asked);
/// True for "?name", "?name=1" and "?name=true".
bool flag(const Call& call, std::string_view name);
/// Value of {name} in the path, when the route has it.
std::optional<std::string> path_value(const Call& call, std::string_view name);
Json list_links(const Call& call);

} // namespace nephele::keystone
