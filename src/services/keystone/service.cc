// SPDX-License-Identifier: Apache-2.0
// The explicit list of what the identity service is made of.
#include "services/keystone/service.h"

#include "services/keystone/api/directory.h"
#include "services/keystone/api/federation.h"
#include "services/keystone/api/oauth.h"
#include "services/keystone/api/support.h"
#include "services/keystone/model/catalog.h"
#include "services/keystone/model/delegation.h"
#include "services/keystone/model/token.h"
#include "services/keystone/ops/audit.h"
#include "services/keystone/ops/authenticator.h"
#include "services/keystone/ops/certificate_login.h"
#include "services/keystone/ops/directories.h"
#include "services/keystone/ops/federation_sources.h"
#include "services/keystone/ops/oauth1.h"
#include "services/keystone/ops/people.h"
#include "services/keystone/ops/shared_facts.h"
#include "services/keystone/ops/state.h"
#include "services/keystone/ops/token_answers.h"
#include "services/keystone/store/checks.h"
#include "services/keystone/store/migrations.h"
#include "services/keystone/store/revocations.h"

namespace nephele::keystone {
namespace {

void start(Cloud& cloud) {
    auto& epoch = cloud.add_state(std::make_shared<store::Epoch>());
    cloud.add_state(std::make_shared<TokenAnswers>(epoch));
    cloud.add_state(std::make_shared<SharedFactsCache>(epoch));
    cloud.add_state(std::make_shared<Directories>(cloud));
    cloud.add_state(std::make_shared<LoginAudit>());
    cloud.add_state(std::make_shared<People>(people()));
    auto& state = cloud.add_state(std::make_shared<State>(cloud));
    cloud.add_state(std::make_shared<OauthNonces>());
    auto& authenticator =
        cloud.add_state(std::make_shared<TokenAuthenticator>(cloud, state, epoch));
    cloud.authenticator = &authenticator;
    start_certificate_logins(cloud);
    const std::string sources = cloud.config().text("keystone.federation_providers_file");
    cloud.add_state(std::make_shared<FederationSources>(
        sources.empty() ? FederationSources() : FederationSources::load(sources)));
}

void forget_old_revocations(Cloud& cloud) {
    const State& state = cloud.state<State>();
    const std::int64_t kept = state.token_seconds + state.expired_window_seconds;
    write_as_cloud(cloud, "", [&](Context& context) {
        store::forget_revocations_before(context, context.now.plus_seconds(-kept));
    });
}

template <std::vector<std::string> (*find)(db::Tx&)>
std::vector<std::string> check(Cloud&, db::Tx& tx) {
    return find(tx);
}

// Also for tokens without a scope.
void let_policy_decide(api::Service& service) {
    for (auto& resource : service.resources)
        for (auto& route : resource.routes) route.options.unscoped = true;
}

} // namespace

api::Service service() {
    api::Service service;
    service.name = "keystone";
    service.type = "identity";
    service.description = "Users, projects, roles, tokens and the catalog";
    service.prefix = "/identity";
    service.catalog_path = "/v3";
    service.port = 5000;
    service.manners = manners();
    service.resources = {discovery_routes(),
                         token_routes(),
                         auth_info_routes(),
                         domain_routes(),
                         project_routes(),
                         project_tag_routes(),
                         user_routes(),
                         password_routes(),
                         group_routes(),
                         role_routes(),
                         implied_role_routes(),
                         grant_routes(),
                         role_assignment_routes(),
                         region_routes(),
                         service_routes(),
                         endpoint_routes(),
                         application_credential_routes(),
                         trust_routes(),
                         credential_routes(),
                         ec2_routes(),
                         oauth1_routes(),
                         access_token_routes(),
                         oauth2_routes(),
                         retired_pki_routes()};
    service.migrations = migrations();
    service.policies = policies();
    service.options = options();
    service.tasks = {{.name = "keystone.forget_revocations",
                      .every_ms = 3'600'000,
                      .run = forget_old_revocations}};
    service.tables = {&table::domains(),
                      &table::projects(),
                      &table::users(),
                      &table::groups(),
                      &table::memberships(),
                      &table::roles(),
                      &table::implications(),
                      &table::assignments(),
                      &table::regions(),
                      &table::services(),
                      &table::endpoints(),
                      &table::revocations(),
                      &table::application_credentials(),
                      &table::access_rules(),
                      &table::trusts(),
                      &table::credentials(),
                      &table::consumers(),
                      &table::request_tokens(),
                      &table::access_tokens()};
    service.checks = {{"role assignments have an actor", check<store::assignments_of_nobody>},
                      {"role assignments have a place", check<store::assignments_to_nothing>},
                      {"projects have a parent", check<store::projects_without_parent>}};
    add_directory(service);
    add_federation(service);
    add_list_indexes(service.migrations);
    let_policy_decide(service);
    service.start = start;
    service.stop = [](Cloud& cloud) { cloud.state<LoginAudit>().write(cloud); };
    return service;
}

} // namespace nephele::keystone
