// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/client.h"

#include "services/keystone/logic/catalog.h"
#include "services/keystone/logic/limit_model.h"
#include "services/keystone/ops/log_in.h"
#include "services/keystone/ops/rotate_keys.h"
#include "services/keystone/store/catalog.h"
#include "services/keystone/store/identity.h"
#include "services/keystone/store/limits.h"

namespace nephele::keystone::client {
namespace {

Claims project_claims(const std::string& user_id, const std::string& project_id) {
    Claims claims;
    claims.user_id = user_id;
    claims.project_id = project_id;
    claims.methods = {"password"};
    return claims;
}

} // namespace

std::optional<ProjectFacts> find_project(db::Tx& tx, const std::string& id) {
    const auto project = find(tx, table::projects(), Scope::all(), id);
    if (!project) return std::nullopt;
    return ProjectFacts{project->id, project->name, project->domain_id.value_or(""),
                        project->parent_id.value_or(""), project->enabled};
}

std::optional<UserFacts> find_user(db::Tx& tx, const std::string& id) {
    const auto user = find(tx, table::users(), Scope::all(), id);
    if (!user) return std::nullopt;
    return UserFacts{user->id,
                     user->name,
                     user->domain_id,
                     user->default_project_id.value_or(""),
                     user->email.value_or(""),
                     user->enabled};
}

std::optional<Principal> principal_on_project(db::Tx& tx, const std::string& user_id,
                                              const std::string& project_id) {
    const auto facts = look_up(tx, project_claims(user_id, project_id));
    if (!facts) return std::nullopt;
    return facts->principal();
}

std::string issue_project_token(Cloud& cloud, db::Tx& tx, const std::string& user_id,
                                const std::string& project_id) {
    return issue(cloud, tx, project_claims(user_id, project_id), nullptr).token;
}

std::optional<LimitFacts> find_limit(const Cloud& cloud, db::Tx& tx,
                                     const std::string& service_type,
                                     const std::string& resource_name,
                                     const std::string& project_id, const std::string& region) {
    const auto service = store::find_service_of_type(tx, service_type);
    if (!service) return std::nullopt;
    std::optional<RegisteredLimit> registered;
    if (!region.empty())
        registered = store::find_registered_limit(tx, service->id, region, resource_name);
    if (!registered)
        registered = store::find_registered_limit(tx, service->id, std::nullopt, resource_name);
    if (!registered) return std::nullopt;
    const auto own = store::find_limit(tx, registered->id, project_id);
    LimitFacts facts{own ? own->resource_limit : registered->default_limit, {}};
    if (logic::limit_model_named(cloud.config().text("keystone.limit_enforcement_model")) ==
        logic::LimitModel::strict_two_level) {
        const auto project = find(tx, table::projects(), Scope::all(), project_id);
        const auto of_domain = project && project->domain_id
                                   ? store::find_limit(tx, registered->id, *project->domain_id)
                                   : std::nullopt;
        facts.domain_limit = of_domain ? of_domain->resource_limit : registered->default_limit;
    }
    return facts;
}

std::optional<std::string> endpoint_url(db::Tx& tx, const std::string& service_type,
                                        const std::string& interface, const std::string& project_id,
                                        const std::string& region) {
    const auto service = store::find_service_of_type(tx, service_type);
    if (!service) return std::nullopt;
    for (const auto& endpoint : store::endpoints_of(tx, service->id))
        if (endpoint.interface == interface && endpoint.enabled &&
            (region.empty() || endpoint.region_id == region))
            return logic::fill_url(endpoint.url, project_id, "");
    return std::nullopt;
}

void rotate_keys(Cloud& cloud, const std::string& kind) {
    const Config& config = cloud.config();
    if (key_directory(config).empty())
        throw bad_request("NoKeyRepository", "There is no key repository on disk to rotate.");
    const int kept = static_cast<int>(config.integer("keystone.max_active_keys"));
    const auto rotate = [&](const std::string& directory) {
        store::KeyRepository(directory, kept, cloud.ids()).rotate();
    };
    if (kind == "token" && config.text("keystone.token_provider") == "jws") {
        store::JwsKeys(jws_key_directory(config), kept).rotate();
    } else if (kind == "token") {
        rotate(key_directory(config));
    } else if (kind == "receipt") {
        rotate(receipt_key_directory(config));
    } else if (kind == "credential") {
        store::KeyRepository keys(credential_key_directory(config), 3, cloud.ids());
        rotate_credential_keys(cloud, keys);
    } else {
        throw bad_request("BadArgument", "Keys are of kind token, receipt or credential.");
    }
}

} // namespace nephele::keystone::client
