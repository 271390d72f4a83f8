// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/store/federation.h"

#include "base/strings.h"
#include "services/keystone/store/changes.h"

#include <algorithm>

namespace nephele::keystone::store {
namespace {

template <class T> std::optional<T> first_of(std::vector<T> records) {
    if (records.empty()) return std::nullopt;
    return std::move(records.front());
}

void forget_identities(Context& context, const Where& where) {
    erase_all(context, table::federated_identities(), where);
}

[[noreturn]] void throw_wrong_object(const std::string& what) {
    throw bad_request("ValidationError", "Invalid input for field 'federated': " + what);
}

FederatedIdentity read_identity(db::Tx& tx, const User& user, const std::string& provider,
                                const Json& protocol) {
    if (!protocol.get("protocol_id").is_string() || !protocol.get("unique_id").is_string() ||
        protocol.text("unique_id").empty() || protocol.size() != 2)
        throw_wrong_object("a protocol needs protocol_id and unique_id");
    const std::string protocol_id = protocol.text("protocol_id"),
                      unique_id = protocol.text("unique_id");
    if (unique_id.size() > 255) throw_wrong_object("unique_id is longer than 255 bytes");
    if (!find(tx, table::identity_providers(), Scope::all(), provider))
        throw_wrong_object(format("identity provider {} does not exist", provider));
    if (!find_protocol(tx, provider, protocol_id))
        throw_wrong_object(format("protocol {} of {} does not exist", protocol_id, provider));
    return {.id = FederatedIdentity::id_of(provider, protocol_id, unique_id),
            .user_id = user.id,
            .identity_provider_id = provider,
            .protocol_id = protocol_id,
            .unique_id = unique_id,
            .display_name = user.name};
}

std::vector<FederatedIdentity> read_identities(db::Tx& tx, const User& user, const Json& objects) {
    std::vector<FederatedIdentity> identities;
    if (!objects.is_array()) throw_wrong_object("not a list");
    for (const Json& object : objects.as_array()) {
        const Json& protocols = object.get("protocols");
        if (!object.get("idp_id").is_string() || !protocols.is_array() || object.size() != 2)
            throw_wrong_object("each needs idp_id and protocols");
        for (const Json& protocol : protocols.as_array()) {
            auto identity = read_identity(tx, user, object.text("idp_id"), protocol);
            const bool twice =
                std::any_of(identities.begin(), identities.end(),
                            [&](const auto& other) { return other.id == identity.id; });
            if (twice) throw_wrong_object("the same identity is given twice");
            identities.push_back(std::move(identity));
        }
    }
    return identities;
}

} // namespace

std::vector<db::Migration> federation_migrations() {
    return {
        {.name = "keystone.020_federation",
         .statements =
             {
                 "CREATE TABLE keystone_identity_providers (id TEXT PRIMARY KEY, description TEXT,"
                 " enabled BIGINT NOT NULL, domain_id TEXT NOT NULL, remote_ids TEXT NOT NULL,"
                 " authorization_ttl BIGINT, valid_from BIGINT NOT NULL)",
                 "CREATE INDEX keystone_identity_providers_domain ON keystone_identity_providers"
                 " (domain_id)",
                 "CREATE TABLE keystone_mappings (id TEXT PRIMARY KEY, rules TEXT NOT NULL,"
                 " schema_version TEXT NOT NULL, valid_from BIGINT NOT NULL)",
                 "CREATE TABLE keystone_federation_protocols (key TEXT PRIMARY KEY,"
                 " id TEXT NOT NULL, idp_id TEXT NOT NULL REFERENCES keystone_identity_providers"
                 " (id), mapping_id TEXT NOT NULL, remote_id_attribute TEXT,"
                 " valid_from BIGINT NOT NULL)",
                 "CREATE INDEX keystone_federation_protocols_provider ON"
                 " keystone_federation_protocols (idp_id)",
                 "CREATE INDEX keystone_federation_protocols_mapping ON"
                 " keystone_federation_protocols (mapping_id)",
                 "CREATE TABLE keystone_service_providers (id TEXT PRIMARY KEY,"
                 " auth_url TEXT NOT NULL, sp_url TEXT NOT NULL, description TEXT,"
                 " enabled BIGINT NOT NULL, relay_state_prefix TEXT)",
                 "CREATE TABLE keystone_federated_identities (id TEXT PRIMARY KEY,"
                 " user_id TEXT NOT NULL REFERENCES keystone_users (id), idp_id TEXT NOT NULL,"
                 " protocol_id TEXT NOT NULL, unique_id TEXT NOT NULL, display_name TEXT NOT NULL)",
                 "CREATE INDEX keystone_federated_identities_user ON"
                 " keystone_federated_identities (user_id)",
                 "CREATE INDEX keystone_federated_identities_protocol ON"
                 " keystone_federated_identities (idp_id, protocol_id)",
                 "CREATE TABLE keystone_expiring_memberships (id TEXT PRIMARY KEY,"
                 " group_id TEXT NOT NULL REFERENCES keystone_groups (id),"
                 " user_id TEXT NOT NULL REFERENCES keystone_users (id), idp_id TEXT NOT NULL,"
                 " last_verified BIGINT NOT NULL, expires_at BIGINT NOT NULL)",
                 "CREATE INDEX keystone_expiring_memberships_user ON keystone_expiring_memberships"
                 " (user_id)",
                 "CREATE INDEX keystone_expiring_memberships_group ON keystone_expiring_memberships"
                 " (group_id)",
                 // Users known only by federation may be called like others.
                 "ALTER TABLE keystone_users ADD COLUMN shadow BIGINT NOT NULL DEFAULT 0",
                 "DROP INDEX keystone_users_name",
                 "CREATE UNIQUE INDEX keystone_users_name ON keystone_users (domain_id, name)"
                 " WHERE shadow = 0",
             }},
        {.name = "keystone.021_used_assertions",
         .statements =
             {
                 "CREATE TABLE keystone_used_assertions (id TEXT PRIMARY KEY,"
                 " expires_at BIGINT NOT NULL)",
                 "CREATE INDEX keystone_used_assertions_end ON keystone_used_assertions"
                 " (expires_at)",
             }},
    };
}

std::optional<FederationProtocol> find_protocol(db::Tx& tx, const std::string& identity_provider,
                                                const std::string& protocol) {
    return find(tx, table::federation_protocols(), Scope::all(),
                FederationProtocol::key_of(identity_provider, protocol));
}

std::optional<IdentityProvider> find_provider_of_remote_id(db::Tx& tx,
                                                           const std::string& remote_id) {
    for (auto& provider : select(tx, table::identity_providers(), Scope::all(), {}, "ORDER BY id"))
        if (std::find(provider.remote_ids.begin(), provider.remote_ids.end(), remote_id) !=
            provider.remote_ids.end())
            return std::move(provider);
    return std::nullopt;
}

void check_remote_ids(db::Tx& tx, const IdentityProvider& provider) {
    for (const auto& remote_id : provider.remote_ids) {
        if (remote_id.size() > 255)
            throw bad_request("ValidationError",
                              "Invalid input for field 'remote_ids': longer than 255 bytes");
        if (std::count(provider.remote_ids.begin(), provider.remote_ids.end(), remote_id) > 1)
            throw bad_request("ValidationError",
                              "Invalid input for field 'remote_ids': has non-unique elements");
        const auto other = find_provider_of_remote_id(tx, remote_id);
        if (other && other->id != provider.id)
            throw conflict("Conflict", format("Conflict occurred attempting to store "
                                              "identity_provider - Duplicate remote ID: {}.",
                                              remote_id));
    }
}

bool federation_in_force(db::Tx& tx, const Claims& claims) {
    const auto in_force = [&](const auto& record) {
        return record && claims.issued_at >= record->valid_from;
    };
    const auto provider =
        find(tx, table::identity_providers(), Scope::all(), claims.identity_provider_id);
    if (!in_force(provider) || !provider->enabled) return false;
    const auto protocol = find_protocol(tx, claims.identity_provider_id, claims.protocol_id);
    if (!in_force(protocol)) return false;
    return in_force(find(tx, table::mappings(), Scope::all(), protocol->mapping_id));
}

void remove_protocol(Context& context, const FederationProtocol& protocol) {
    forget_identities(
        context, {"idp_id = ? AND protocol_id = ?", {protocol.identity_provider_id, protocol.id}});
    store::erase(context, table::federation_protocols(), protocol);
}

void remove_identity_provider(Context& context, const IdentityProvider& provider) {
    erase_all(context, table::expiring_memberships(), {"idp_id = ?", {provider.id}});
    for (const auto& protocol : select(context.tx, table::federation_protocols(), Scope::all(),
                                       {"idp_id = ?", {provider.id}}))
        remove_protocol(context, protocol);
    store::erase(context, table::identity_providers(), provider);
}

Json enabled_service_providers(db::Tx& tx) {
    Json::Array shown;
    for (const auto& provider :
         select(tx, table::service_providers(), Scope::all(), {"enabled = 1", {}}, "ORDER BY id"))
        shown.push_back(Json::object(
            {{"id", provider.id}, {"auth_url", provider.auth_url}, {"sp_url", provider.sp_url}}));
    return Json(std::move(shown));
}

std::vector<FederatedIdentity> federated_identities_of(db::Tx& tx, const std::string& user_id) {
    return select(tx, table::federated_identities(), Scope::all(), {"user_id = ?", {user_id}},
                  "ORDER BY idp_id, protocol_id, unique_id");
}

Json federated_objects_of(db::Tx& tx, const std::string& user_id) {
    Json::Array objects;
    for (const auto& identity : federated_identities_of(tx, user_id)) {
        if (objects.empty() || objects.back().text("idp_id") != identity.identity_provider_id)
            objects.push_back(Json::object(
                {{"idp_id", identity.identity_provider_id}, {"protocols", Json::array()}}));
        objects.back()["protocols"].push_back(Json::object(
            {{"protocol_id", identity.protocol_id}, {"unique_id", identity.unique_id}}));
    }
    return Json(std::move(objects));
}

void set_federated_objects(Context& context, const User& user, const Json& objects) {
    const auto identities = read_identities(context.tx, user, objects);
    forget_identities(context, {"user_id = ?", {user.id}});
    for (const auto& identity : identities)
        store::insert(context, table::federated_identities(), identity);
}

ExpiringGroups expiring_groups_of(db::Tx& tx, const std::string& user_id, Time now) {
    ExpiringGroups groups;
    for (const auto& membership : select(tx, table::expiring_memberships(), Scope::all(),
                                         {"user_id = ? AND expires_at > ?", {user_id, now.us}})) {
        // What a disabled provider said counts no more.
        const auto provider =
            find(tx, table::identity_providers(), Scope::all(), membership.identity_provider_id);
        if (!provider || !provider->enabled) continue;
        groups.ids.push_back(membership.group_id);
        if (!groups.until || membership.expires_at < *groups.until)
            groups.until = membership.expires_at;
    }
    return groups;
}

void set_expiring_memberships(Context& context, const IdentityProvider& provider,
                              const std::string& user_id, const std::vector<std::string>& group_ids,
                              Time expires_at) {
    erase_all(context, table::expiring_memberships(),
              {"user_id = ? AND idp_id = ?", {user_id, provider.id}});
    if (expires_at <= context.now) return;
    for (const auto& group_id : group_ids)
        store::insert(context, table::expiring_memberships(),
                      ExpiringMembership{.id = group_id + "/" + user_id + "/" + provider.id,
                                         .group_id = group_id,
                                         .user_id = user_id,
                                         .identity_provider_id = provider.id,
                                         .last_verified = context.now,
                                         .expires_at = expires_at});
}

std::map<std::string, Time> expiring_memberships_of(db::Tx& tx, const std::string& user_id,
                                                    Time now) {
    std::map<std::string, Time> ends;
    tx.each("SELECT m.group_id, MAX(m.expires_at) FROM keystone_expiring_memberships m JOIN"
            " keystone_identity_providers p ON p.id = m.idp_id AND p.enabled = 1"
            " WHERE m.user_id = ? AND m.expires_at > ? AND NOT EXISTS (SELECT 1 FROM"
            " keystone_memberships o WHERE o.group_id = m.group_id AND o.user_id = m.user_id)"
            " GROUP BY m.group_id",
            {user_id, now.us},
            [&](const db::Row& row) { ends[row.str(0)] = Time{row.integer(1)}; });
    return ends;
}

shape::Where of_user(const std::string& user_id, Time now) {
    return {"(id IN (SELECT group_id FROM keystone_memberships WHERE user_id = ?) OR id IN (SELECT"
            " m.group_id FROM keystone_expiring_memberships m JOIN keystone_identity_providers p"
            " ON p.id = m.idp_id AND p.enabled = 1 WHERE m.user_id = ? AND m.expires_at > ?))",
            {user_id, user_id, now.us}};
}

void forget_expired_memberships(Context& context) {
    erase_all(context, table::expiring_memberships(), {"expires_at <= ?", {context.now.us}});
}

bool use_assertion(Context& context, const std::string& key, Time until) {
    return context.tx.exec("INSERT INTO keystone_used_assertions (id, expires_at) VALUES (?, ?)"
                           " ON CONFLICT DO NOTHING",
                           {key, until.us}) == 1;
}
void forget_used_assertions(Context& context) {
    context.tx.exec("DELETE FROM keystone_used_assertions WHERE expires_at <= ?", {context.now.us});
}

void forget_federation_of_user(Context& context, const std::string& user_id) {
    erase_all(context, table::expiring_memberships(), {"user_id = ?", {user_id}});
    forget_identities(context, {"user_id = ?", {user_id}});
}
void forget_federation_of_group(Context& context, const std::string& group_id) {
    erase_all(context, table::expiring_memberships(), {"group_id = ?", {group_id}});
}
void forget_federation_of_domain(Context& context, const std::string& domain_id) {
    for (const auto& provider : select(context.tx, table::identity_providers(), Scope::all(),
                                       {"domain_id = ?", {domain_id}}))
        remove_identity_provider(context, provider);
}

std::vector<std::string> federated_identities_of_nobody(db::Tx& tx) {
    return shape::lines_of(
        tx,
        "SELECT unique_id, idp_id FROM keystone_federated_identities f WHERE NOT EXISTS"
        " (SELECT 1 FROM keystone_federation_protocols p WHERE p.idp_id = f.idp_id AND"
        " p.id = f.protocol_id)",
        "the federated identity {} of {} belongs to no protocol");
}

std::vector<std::string> identity_providers_of_no_domain(db::Tx& tx) {
    return shape::lines_of(
        tx,
        "SELECT id, domain_id FROM keystone_identity_providers i WHERE NOT EXISTS (SELECT"
        " 1 FROM keystone_projects p WHERE p.id = i.domain_id AND p.is_domain = 1)",
        "identity provider {} is of domain {}, which does not exist");
}

} // namespace nephele::keystone::store
