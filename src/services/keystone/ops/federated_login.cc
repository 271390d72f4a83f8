// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/federated_login.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/keystone/store/assignments.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/federation.h"
#include "services/keystone/store/identity.h"

#include <algorithm>

namespace nephele::keystone {
namespace {
using logic::MappedDomain;
using logic::MappedIdentity;

// A token carries the groups' ids and must stay shorter than what is read as one.
constexpr std::size_t most_groups = 100, longest_unique_id = 255;

struct Source {
    IdentityProvider provider;
    FederationProtocol protocol;
    Mapping mapping;
};

// The provider says who it is, and that must be one of the names it is known by.
void check_remote_id(const Config& config, const Source& source, const FederatedLogin& login) {
    const std::string name =
        remote_id_attribute(config, source.protocol.remote_id_attribute, login.remote_id_attribute);
    const auto& accepted = source.provider.remote_ids;
    if (name.empty() || accepted.empty()) return;
    const auto found = login.attributes.find(name);
    if (found == login.attributes.end() || found->second.empty())
        throw bad_request("ValidationError",
                          "Could not find Identity Provider identifier in environment");
    if (std::find(accepted.begin(), accepted.end(), found->second.front()) == accepted.end())
        throw forbidden("Forbidden", "Incoming identity provider identifier not included among the "
                                     "accepted identifiers.");
}

Source find_source(Context& context, const FederatedLogin& login) {
    Source source;
    source.provider =
        need(context.tx, table::identity_providers(), Scope::all(), login.identity_provider_id);
    if (!source.provider.enabled)
        throw forbidden("Forbidden",
                        format("Identity Provider {} is disabled", source.provider.id));
    auto protocol = store::find_protocol(context.tx, login.identity_provider_id, login.protocol_id);
    if (!protocol)
        throw not_found("FederatedProtocolNotFound",
                        format("Could not find federated protocol {} for Identity Provider: {}.",
                               login.protocol_id, login.identity_provider_id));
    source.protocol = std::move(*protocol);
    check_remote_id(context.cloud.config(), source, login);
    source.mapping = need(context.tx, table::mappings(), Scope::all(), source.protocol.mapping_id);
    return source;
}

std::string domain_id_of(db::Tx& tx, const MappedDomain& domain, const std::string& by_default) {
    if (!domain.given()) return by_default;
    if (!domain.id.empty()) return store::need_domain(tx, domain.id).id;
    if (const auto found = store::find_domain_named(tx, domain.name)) return found->id;
    throw_not_found(table::domains(), domain.name);
}

// ---- groups ----

// Ids must be there; names that are not there are passed over, as upstream does.
std::vector<std::string> group_ids_of(db::Tx& tx, const Source& source,
                                      const MappedIdentity& identity) {
    std::vector<std::string> ids;
    const auto add = [&](const std::string& id) {
        if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    };
    for (const auto& id : identity.group_ids) {
        if (!find(tx, table::groups(), Scope::all(), id))
            throw Failure(Fault::internal, "MappedGroupNotFound",
                          format("Group {} returned by mapping {} was not found in the backend.",
                                 id, source.mapping.id));
        add(id);
    }
    for (const auto& group : identity.groups) {
        const auto domain_id = domain_id_of(tx, group.domain, source.provider.domain_id);
        const auto found = select(tx, table::groups(), Scope::all(),
                                  {"domain_id = ? AND name = ?", {domain_id, group.name}});
        if (!found.empty()) add(found.front().id);
    }
    if (ids.size() > most_groups)
        throw forbidden("Forbidden",
                        format("Mapping {} gives {} groups; a token holds {} at most. Filter them "
                               "by a whitelist in the mapping.",
                               source.mapping.id, ids.size(), most_groups));
    return ids;
}

// ---- the user ----

struct Name {
    std::string unique_id, display_name;
};

Name name_of(const MappedIdentity& identity, const FederatedLogin& login) {
    std::string name = identity.user_name;
    if (name.empty()) {
        const auto remote_user = login.attributes.find("REMOTE_USER");
        if (remote_user != login.attributes.end() && !remote_user->second.empty())
            name = remote_user->second.front();
    }
    std::string id = identity.user_id.empty() ? name : identity.user_id;
    if (id.empty())
        throw unauthorized("Could not map user while setting ephemeral user identity. Either "
                           "mapping rules must specify user id/name or REMOTE_USER environment "
                           "variable must be set.");
    if (name.empty()) name = id;
    id = replace_all(percent_encode(id), "%2F", "/");
    if (id.size() > longest_unique_id || utf8_length(name) > longest_unique_id)
        throw bad_request("ValidationError", "The user's id or name is longer than 255 characters");
    return {std::move(id), std::move(name)};
}

// The same person gets the same id in every region. Another provider of the same domain may call
// somebody else so: that one gets an id of its own.
std::string new_user_id(Context& context, const std::string& domain_id,
                        const std::string& unique_id) {
    std::string id = hex_encode(crypto::sha256(domain_id + "user" + unique_id));
    return find(context.tx, table::users(), Scope::all(), id) ? context.new_hex() : id;
}

// Known by the same name through another protocol of the same provider.
std::optional<User> find_by_other_protocol(Context& context, const Source& source,
                                           const std::string& unique_id) {
    for (const auto& other :
         select(context.tx, table::federated_identities(), Scope::all(),
                {"idp_id = ? AND unique_id = ?", {source.provider.id, unique_id}}))
        return find(context.tx, table::users(), Scope::all(), other.user_id);
    return std::nullopt;
}

User new_shadow_user(Context& context, const Source& source, const MappedIdentity& identity,
                     const Name& name) {
    User user;
    user.domain_id = source.mapping.schema_version == "2.0"
                         ? domain_id_of(context.tx, identity.user_domain, source.provider.domain_id)
                         : source.provider.domain_id;
    user.id = new_user_id(context, user.domain_id, name.unique_id);
    user.name = name.display_name;
    if (!identity.email.empty()) user.email = identity.email;
    user.shadow = true;
    user.created_at = context.now;
    store::insert(context, table::users(), user);
    return user;
}

// Names change at the identity provider.
void refresh(Context& context, User& user, FederatedIdentity& known, const Name& name,
             const std::string& email) {
    const bool renamed = user.shadow && user.name != name.display_name;
    const bool new_email = user.shadow && !email.empty() && user.email != email;
    if (renamed) user.name = name.display_name;
    if (new_email) user.email = email;
    if (renamed || new_email) store::update(context, table::users(), user);
    if (known.display_name == name.display_name) return;
    known.display_name = name.display_name;
    store::update(context, table::federated_identities(), known);
}

User shadow_user(Context& context, const Source& source, const MappedIdentity& identity,
                 const FederatedLogin& login) {
    const Name name = name_of(identity, login);
    const std::string key =
        FederatedIdentity::id_of(source.provider.id, source.protocol.id, name.unique_id);
    if (auto known = find(context.tx, table::federated_identities(), Scope::all(), key)) {
        User user = need(context.tx, table::users(), Scope::all(), known->user_id);
        refresh(context, user, *known, name, identity.email);
        return user;
    }
    auto user = find_by_other_protocol(context, source, name.unique_id);
    if (!user) user = new_shadow_user(context, source, identity, name);
    store::insert(context, table::federated_identities(),
                  FederatedIdentity{.id = key,
                                    .user_id = user->id,
                                    .identity_provider_id = source.provider.id,
                                    .protocol_id = source.protocol.id,
                                    .unique_id = name.unique_id,
                                    .display_name = name.display_name});
    return std::move(*user);
}

User local_user(db::Tx& tx, const MappedIdentity& identity) {
    if (identity.user_id.empty() && (identity.user_name.empty() || !identity.user_domain.given()))
        throw bad_request("ValidationError",
                          "A mapping to a local user gives its id, or its name and domain.");
    auto user = find_named_user(tx, {.id = identity.user_id,
                                     .name = identity.user_name,
                                     .domain_id = identity.user_domain.id,
                                     .domain_name = identity.user_domain.name});
    if (!user) throw refused_login();
    return std::move(*user);
}

// ---- projects made on the fly ----

Role role_for(db::Tx& tx, const Source& source, const logic::MappedRole& wanted) {
    const std::string domain_id =
        wanted.domain.given() ? domain_id_of(tx, wanted.domain, "") : std::string();
    auto role = store::find_role_named(tx, wanted.name, domain_id);
    // A role of the provider's domain may be named without it.
    if (!role && domain_id.empty())
        role = store::find_role_named(tx, wanted.name, source.provider.domain_id);
    if (!role) throw_not_found(table::roles(), wanted.name);
    if (role->domain_id && *role->domain_id != source.provider.domain_id)
        throw forbidden("DomainSpecificRoleNotWithinIdPDomain",
                        format("role: {} must be within the same domain as the identity provider: "
                               "{}.",
                               wanted.name, source.provider.id));
    return std::move(*role);
}

Project ensure_project(Context& context, const logic::MappedProject& wanted,
                       const std::string& domain_id) {
    if (auto project = store::find_project_named(context.tx, wanted.name, domain_id))
        return std::move(*project);
    if (wanted.name.empty() || utf8_length(wanted.name) > 64)
        throw bad_request("ValidationError",
                          "A mapped project's name is empty or longer than 64 characters");
    Project project;
    project.id = context.new_hex();
    project.name = wanted.name;
    project.domain_id = project.parent_id = domain_id;
    store::insert(context, table::projects(), project);
    return project;
}

void provide_projects(Context& context, const Source& source, const MappedIdentity& identity,
                      const std::string& user_id) {
    // All roles before the first change: what is missing shows before anything is made.
    std::vector<std::vector<Role>> roles;
    for (const auto& wanted : identity.projects) {
        roles.emplace_back();
        for (const auto& role : wanted.roles)
            roles.back().push_back(role_for(context.tx, source, role));
    }
    for (std::size_t i = 0; i < identity.projects.size(); ++i) {
        const auto& wanted = identity.projects[i];
        const Project project = ensure_project(
            context, wanted, domain_id_of(context.tx, wanted.domain, source.provider.domain_id));
        for (const Role& role : roles[i])
            store::ensure_assignment(
                context, Assignment::of(role.id, Actor::user, user_id, Place::project, project.id));
    }
}

Time memberships_until(const Context& context, const IdentityProvider& provider) {
    const std::int64_t minutes = provider.authorization_ttl.value_or(
        context.cloud.config().integer("keystone.default_authorization_ttl"));
    return context.now.plus_seconds(minutes * 60);
}

} // namespace

std::string federated_method(const std::string& protocol_id) {
    return protocol_id == "saml2" || protocol_id == "openid" ? protocol_id : "mapped";
}

std::string remote_id_attribute(const Config& config, const std::optional<std::string>& protocols,
                                const std::string& by_default) {
    if (protocols && !protocols->empty()) return *protocols;
    const std::string configured = config.text("keystone.remote_id_attribute");
    return configured.empty() ? by_default : configured;
}

Issued log_in_federated(Cloud& cloud, const FederatedLogin& login) {
    return write_as_cloud(cloud, "", [&](Context& context) {
        const Source source = find_source(context, login);
        if (login.once && !store::use_assertion(context, login.once->key, login.once->until))
            throw unauthorized("The identity provider's answer was used before.");
        const MappedIdentity identity =
            logic::apply_mapping(Json::object({{"rules", source.mapping.rules},
                                               {"schema_version", source.mapping.schema_version}}),
                                 source.mapping.id, login.attributes);
        Claims claims;
        claims.methods = {federated_method(source.protocol.id)};
        if (identity.local) {
            claims.user_id = local_user(context.tx, identity).id;
            return issue(cloud, context.tx, std::move(claims), nullptr, login.limit);
        }
        claims.group_ids = group_ids_of(context.tx, source, identity);
        claims.user_id = shadow_user(context, source, identity, login).id;
        claims.identity_provider_id = source.provider.id;
        claims.protocol_id = source.protocol.id;
        provide_projects(context, source, identity, claims.user_id);
        store::set_expiring_memberships(context, source.provider, claims.user_id, claims.group_ids,
                                        memberships_until(context, source.provider));
        return issue(cloud, context.tx, std::move(claims), nullptr, login.limit);
    });
}

} // namespace nephele::keystone
