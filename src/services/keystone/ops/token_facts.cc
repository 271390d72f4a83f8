// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/token_facts.h"

#include "services/keystone/logic/catalog.h"
#include "services/keystone/logic/role_inference.h"
#include "services/keystone/ops/shared_facts.h"
#include "services/keystone/store/assignments.h"
#include "services/keystone/store/catalog.h"
#include "services/keystone/store/delegations.h"
#include "services/keystone/store/endpoint_filters.h"
#include "services/keystone/store/federation.h"
#include "services/keystone/store/identity.h"
#include "services/keystone/store/revocations.h"

namespace nephele::keystone {
namespace {

// Whose rights the token uses: for a trust those of its trustor, whoever acts; for a trust that was
// passed on those of the first trustor.
const std::string& owner_of(const TokenFacts& facts) {
    if (!facts.trust) return facts.claims.user_id;
    return facts.trust_pedigree.empty() ? facts.trust->trustor_user_id
                                        : facts.trust_pedigree.back().trustor_user_id;
}

std::vector<Role> effective_roles(db::Tx& tx, TokenFacts& facts, std::optional<Time> now,
                                  const SharedFacts& shared) {
    const Claims& claims = facts.claims;
    auto groups = store::group_ids_of(tx, owner_of(facts));
    // A federated token says its groups itself.
    if (now && !claims.federated()) {
        const auto expiring = store::expiring_groups_of(tx, owner_of(facts), *now);
        groups.insert(groups.end(), expiring.ids.begin(), expiring.ids.end());
        facts.until = expiring.until;
    }
    groups.insert(groups.end(), claims.group_ids.begin(), claims.group_ids.end());
    const Place place = claims.system               ? Place::system
                        : !claims.domain_id.empty() ? Place::domain
                                                    : Place::project;
    const std::string place_id = claims.system               ? "all"
                                 : !claims.domain_id.empty() ? claims.domain_id
                                                             : claims.project_id;
    const auto& implications = shared.implications;
    auto wanted = logic::with_implied(
        store::assigned_role_ids(tx, owner_of(facts), groups, place, place_id), implications);
    if (facts.application_credential)
        wanted = logic::narrowed(
            logic::with_implied(facts.application_credential->role_ids, implications), wanted);
    for (const Trust& above : facts.trust_pedigree)
        wanted = logic::narrowed(logic::with_implied(above.role_ids, implications), wanted);
    if (facts.trust)
        wanted = logic::narrowed(logic::with_implied(facts.trust->role_ids, implications), wanted);
    if (facts.access_token)
        wanted = logic::narrowed(logic::with_implied(facts.access_token->role_ids, implications),
                                 wanted);
    std::vector<Role> roles;
    for (const Role& role : shared.roles)
        if (!role.domain_id && std::find(wanted.begin(), wanted.end(), role.id) != wanted.end())
            roles.push_back(role);
    return roles;
}

bool is_usable_user(db::Tx& tx, const std::string& id) {
    const auto user = find(tx, table::users(), Scope::all(), id);
    if (!user || !user->enabled) return false;
    const auto domain = store::find_domain(tx, user->domain_id);
    return domain && domain->enabled;
}

bool look_up_application_credential(db::Tx& tx, TokenFacts& facts) {
    const Claims& claims = facts.claims;
    auto source =
        find(tx, table::application_credentials(), Scope::all(), claims.application_credential_id);
    if (!source || source->user_id != claims.user_id || source->project_id != claims.project_id)
        return false;
    for (const auto& id : source->access_rule_ids)
        if (auto rule = find(tx, table::access_rules(), Scope::all(), id))
            facts.access_rules.push_back(std::move(*rule));
    // A limited credential whose rules are gone must not become an unlimited one.
    if (facts.access_rules.size() != source->access_rule_ids.size()) return false;
    facts.application_credential = std::move(source);
    return true;
}

// Both people of every trust in the chain must be there and enabled, and each trust must come from
// one that is still there.
bool look_up_trust(db::Tx& tx, TokenFacts& facts) {
    const Claims& claims = facts.claims;
    auto trust = find(tx, table::trusts(), Scope::all(), claims.trust_id);
    if (!trust || trust->project_id.value_or("") != claims.project_id) return false;
    const auto& actor = trust->impersonation ? trust->trustor_user_id : trust->trustee_user_id;
    if (actor != claims.user_id) return false;
    const auto people_are_usable = [&](const Trust& one) {
        return is_usable_user(tx, one.trustor_user_id) && is_usable_user(tx, one.trustee_user_id);
    };
    if (!people_are_usable(*trust)) return false;
    auto pedigree = store::trust_pedigree(tx, *trust);
    if (!pedigree || !std::all_of(pedigree->begin(), pedigree->end(), people_are_usable))
        return false;
    facts.trust = std::move(trust);
    facts.trust_pedigree = std::move(*pedigree);
    return true;
}

bool look_up_access_token(db::Tx& tx, TokenFacts& facts) {
    const Claims& claims = facts.claims;
    auto token = find(tx, table::access_tokens(), Scope::all(), claims.access_token_id);
    if (!token || token->authorizing_user_id != claims.user_id ||
        token->project_id != claims.project_id)
        return false;
    facts.access_token = std::move(token);
    return true;
}

// False when the token is derived from something that is gone, or that says something else by now.
bool look_up_source(db::Tx& tx, TokenFacts& facts) {
    const Claims& claims = facts.claims;
    if (!claims.application_credential_id.empty() && !look_up_application_credential(tx, facts))
        return false;
    if (!claims.trust_id.empty() && !look_up_trust(tx, facts)) return false;
    return claims.access_token_id.empty() || look_up_access_token(tx, facts);
}

// False when the scope is gone or disabled, or gives no role.
bool look_up_scope(db::Tx& tx, TokenFacts& facts, std::optional<Time> now,
                   const SharedFacts& shared) {
    const Claims& claims = facts.claims;
    if (!claims.project_id.empty()) {
        facts.project = find(tx, table::projects(), Scope::all(), claims.project_id);
        if (!facts.project || !facts.project->enabled) return false;
        if (facts.project->domain_id) {
            facts.project_domain = store::find_domain(tx, *facts.project->domain_id);
            if (!facts.project_domain || !facts.project_domain->enabled) return false;
        }
    } else if (!claims.domain_id.empty()) {
        facts.domain = store::find_domain(tx, claims.domain_id);
        if (!facts.domain || !facts.domain->enabled) return false;
    } else if (!claims.system) {
        return true;
    }
    facts.roles = effective_roles(tx, facts, now, shared);
    return !facts.roles.empty();
}

Json named(const std::string& id, const std::string& name) {
    return Json::object({{"id", id}, {"name", name}});
}

Json user_part(const TokenFacts& facts) {
    Json user = Json::object({{"domain", named(facts.user_domain.id, facts.user_domain.name)},
                              {"id", facts.user.id},
                              {"name", facts.user.name}});
    if (facts.claims.federated()) {
        Json groups = Json::array();
        for (const auto& id : facts.claims.group_ids) groups.push_back(Json::object({{"id", id}}));
        user["OS-FEDERATION"] = Json::object(
            {{"groups", groups},
             {"identity_provider", Json::object({{"id", facts.claims.identity_provider_id}})},
             {"protocol", Json::object({{"id", facts.claims.protocol_id}})}});
    } else {
        user["password_expires_at"] = facts.user.password_expires_at
                                          ? Json(iso_time(*facts.user.password_expires_at, 6, ""))
                                          : Json();
    }
    return user;
}

} // namespace

std::string token_time(Time time) { return iso_time({time.seconds() * 1'000'000}, 6); }

std::optional<TokenFacts> look_up(db::Tx& tx, const Claims& claims, std::optional<Time> now,
                                  const SharedFacts* shared) {
    std::optional<SharedFacts> read_here;
    if (!shared) shared = &read_here.emplace(read_shared_facts(tx));
    TokenFacts facts;
    facts.claims = claims;
    auto user = find(tx, table::users(), Scope::all(), claims.user_id);
    if (!user || !user->enabled) return std::nullopt;
    facts.user = std::move(*user);
    auto domain = store::find_domain(tx, facts.user.domain_id);
    if (!domain || !domain->enabled) return std::nullopt;
    facts.user_domain = std::move(*domain);
    if (claims.federated() && !store::federation_in_force(tx, claims)) return std::nullopt;
    if (!look_up_source(tx, facts) || !look_up_scope(tx, facts, now, *shared)) return std::nullopt;
    for (const auto& revocation : shared->revocations)
        if (revocation.matches(claims)) return std::nullopt;
    facts.service_providers = shared->service_providers;
    return facts;
}

Json catalog_of(const Cloud& cloud, db::Tx& tx, const std::string& project_id,
                const std::string& user_id, const SharedFacts* shared) {
    std::vector<Endpoint> chosen;
    if (!project_id.empty() && (!shared || shared->endpoint_filters))
        chosen = store::endpoints_for_project(tx, project_id);
    if (!chosen.empty())
        return logic::catalog_for(store::catalog_services(tx), chosen, project_id, user_id,
                                  logic::EmptyServices::left_out);
    if (!cloud.config().boolean("keystone.return_all_endpoints_if_no_filter")) return Json::array();
    if (shared) return logic::catalog_for(shared->services, shared->endpoints, project_id, user_id);
    return logic::catalog_for(store::catalog_services(tx), store::catalog_endpoints(tx), project_id,
                              user_id);
}

Principal TokenFacts::principal() const {
    Principal who;
    who.user_id = user.id;
    who.user_name = user.name;
    who.user_domain_id = user_domain.id;
    who.user_domain_name = user_domain.name;
    if (project) {
        who.project_id = project->id;
        who.project_name = project->name;
        who.project_is_domain = project->is_domain;
    }
    if (project_domain) {
        who.project_domain_id = project_domain->id;
        who.project_domain_name = project_domain->name;
    }
    if (domain) {
        who.domain_id = domain->id;
        who.domain_name = domain->name;
    }
    who.system_all = claims.system;
    for (const auto& role : roles) {
        who.roles.push_back(role.name);
        who.role_ids.push_back(role.id);
    }
    who.group_ids = claims.group_ids;
    who.is_service = who.has_role("service");
    who.methods = claims.methods;
    who.audit_ids = claims.audit_ids;
    who.issued_at = claims.issued_at;
    who.expires_at = claims.expires_at;
    who.trust_id = claims.trust_id;
    if (trust) {
        who.trustor_user_id = trust->trustor_user_id;
        who.trustee_user_id = trust->trustee_user_id;
    }
    who.application_credential_id = claims.application_credential_id;
    if (application_credential)
        who.application_credential_unrestricted = application_credential->unrestricted;
    for (const auto& rule : access_rules)
        who.access_rules.push_back({rule.service, rule.method, rule.path});
    who.access_token_id = claims.access_token_id;
    who.certificate_thumbprint = claims.certificate_thumbprint;
    return who;
}

Json TokenFacts::body(const Json* catalog) const {
    Json token = Json::object({{"methods", Json(claims.methods)},
                               {"user", user_part(*this)},
                               {"audit_ids", Json(claims.audit_ids)},
                               {"expires_at", token_time(claims.expires_at)},
                               {"issued_at", token_time(claims.issued_at)}});
    if (project) {
        token["project"] = Json::object(
            {{"domain", project_domain ? named(project_domain->id, project_domain->name)
                                       : Json::object({{"id", nullptr}, {"name", nullptr}})},
             {"id", project->id},
             {"name", project->name}});
        token["is_domain"] = project->is_domain;
    } else if (domain) {
        token["domain"] = named(domain->id, domain->name);
    } else if (claims.system) {
        token["system"] = Json::object({{"all", true}});
    }
    if (project || domain || claims.system) {
        Json shown = Json::array();
        for (const auto& role : roles) shown.push_back(named(role.id, role.name));
        token["roles"] = std::move(shown);
    }
    if (application_credential) {
        Json source = Json::object({{"id", application_credential->id},
                                    {"name", application_credential->name},
                                    {"restricted", !application_credential->unrestricted}});
        for (const auto& rule : access_rules)
            source["access_rules"].push_back(AccessRule::shape().write(&rule, {}));
        token["application_credential"] = std::move(source);
    }
    if (trust)
        token["OS-TRUST:trust"] =
            Json::object({{"id", trust->id},
                          {"impersonation", trust->impersonation},
                          {"trustee_user", Json::object({{"id", trust->trustee_user_id}})},
                          {"trustor_user", Json::object({{"id", trust->trustor_user_id}})}});
    if (access_token)
        token["OS-OAUTH1"] = Json::object(
            {{"access_token_id", access_token->id}, {"consumer_id", access_token->consumer_id}});
    if (!claims.certificate_thumbprint.empty())
        token["oauth2_credential"] = Json::object({{"x5t#S256", claims.certificate_thumbprint}});
    if (catalog) token["catalog"] = *catalog;
    if (service_providers.size() > 0) token["service_providers"] = service_providers;
    return token;
}

} // namespace nephele::keystone
