// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/store/endpoint_filters.h"

#include "base/strings.h"
#include "services/keystone/store/catalog.h"
#include "services/keystone/store/changes.h"

#include <set>

namespace nephele::keystone::store {
namespace {

// Ends a walk up the regions should they ever form a circle.
constexpr int depth_limit = 100;

std::set<std::string> with_regions_below(db::Tx& tx, const std::string& region_id) {
    const auto regions = select(tx, table::regions(), Scope::all());
    std::set<std::string> found{region_id};
    for (bool grew = true; grew;) {
        grew = false;
        for (const Region& region : regions)
            if (region.parent_region_id && found.count(*region.parent_region_id))
                grew = found.insert(region.id).second || grew;
    }
    return found;
}

std::optional<PolicyFile> policy_of(db::Tx& tx, const std::optional<std::string>& endpoint_id,
                                    const std::optional<std::string>& service_id,
                                    const std::optional<std::string>& region_id) {
    const auto association = find(tx, table::policy_associations(), Scope::all(),
                                  PolicyAssociation::of("", endpoint_id, service_id, region_id).id);
    if (!association) return std::nullopt;
    return find(tx, table::policies(), Scope::all(), association->policy_id);
}

} // namespace

std::vector<Endpoint> endpoints_in(db::Tx& tx, const EndpointGroup& group) {
    auto endpoints = catalog_endpoints(tx);
    std::erase_if(endpoints, [&](const Endpoint& endpoint) { return !group.takes(endpoint); });
    return endpoints;
}

std::vector<EndpointGroup> endpoint_groups_of_project(db::Tx& tx, const std::string& project_id) {
    return select(tx, table::endpoint_groups(), Scope::all(),
                  {"id IN (SELECT endpoint_group_id FROM keystone_project_endpoint_groups WHERE "
                   "project_id = ?)",
                   {project_id}},
                  "ORDER BY name, id");
}

std::vector<Endpoint> endpoints_for_project(db::Tx& tx, const std::string& project_id) {
    auto found = select(tx, table::endpoints(), Scope::all(),
                        {"id IN (SELECT endpoint_id FROM keystone_project_endpoints WHERE "
                         "project_id = ?)",
                         {project_id}},
                        "ORDER BY id");
    for (const EndpointGroup& group : endpoint_groups_of_project(tx, project_id))
        for (Endpoint& endpoint : endpoints_in(tx, group))
            if (std::none_of(found.begin(), found.end(),
                             [&](const Endpoint& one) { return one.id == endpoint.id; }))
                found.push_back(std::move(endpoint));
    return found;
}

bool any_endpoint_filter(db::Tx& tx) {
    return tx.first("SELECT 1 WHERE EXISTS (SELECT 1 FROM keystone_project_endpoints) OR EXISTS "
                    "(SELECT 1 FROM keystone_project_endpoint_groups)",
                    {}, [](const db::Row&) {});
}

std::vector<Project> projects_with_endpoint(db::Tx& tx, const std::string& endpoint_id) {
    return select(tx, table::projects(), Scope::all(),
                  {"id IN (SELECT project_id FROM keystone_project_endpoints WHERE endpoint_id "
                   "= ?)",
                   {endpoint_id}},
                  "ORDER BY name, id");
}

std::vector<Project> projects_with_endpoint_group(db::Tx& tx, const std::string& group_id) {
    return select(tx, table::projects(), Scope::all(),
                  {"id IN (SELECT project_id FROM keystone_project_endpoint_groups WHERE "
                   "endpoint_group_id = ?)",
                   {group_id}},
                  "ORDER BY name, id");
}

std::optional<PolicyFile> policy_for_endpoint(db::Tx& tx, const Endpoint& endpoint) {
    if (auto own = policy_of(tx, endpoint.id, {}, {})) return own;
    std::optional<std::string> region = endpoint.region_id;
    for (int level = 0; region && level < depth_limit; ++level) {
        if (auto found = policy_of(tx, {}, endpoint.service_id, region)) return found;
        const auto record = find(tx, table::regions(), Scope::all(), *region);
        region = record ? record->parent_region_id : std::nullopt;
    }
    return policy_of(tx, {}, endpoint.service_id, {});
}

std::vector<Endpoint> endpoints_for_policy(db::Tx& tx, const std::string& policy_id) {
    std::vector<Endpoint> found;
    const auto endpoints = catalog_endpoints(tx);
    for (const auto& association : select(tx, table::policy_associations(), Scope::all(),
                                          {"policy_id = ?", {policy_id}}, "ORDER BY id")) {
        std::set<std::string> regions;
        if (association.region_id) regions = with_regions_below(tx, *association.region_id);
        for (const Endpoint& endpoint : endpoints) {
            const bool matches =
                association.endpoint_id
                    ? *association.endpoint_id == endpoint.id
                    : association.service_id == endpoint.service_id &&
                          (regions.empty() || regions.count(endpoint.region_id.value_or("")));
            if (matches) found.push_back(endpoint);
        }
    }
    return found;
}

void remove_endpoint(Context& context, const Endpoint& endpoint) {
    erase_all(context, table::project_endpoints(), {"endpoint_id = ?", {endpoint.id}});
    erase_all(context, table::policy_associations(), {"endpoint_id = ?", {endpoint.id}});
    store::erase(context, table::endpoints(), endpoint);
}

void remove_service(Context& context, const ServiceEntry& service) {
    for (const Endpoint& endpoint : endpoints_of(context.tx, service.id))
        remove_endpoint(context, endpoint);
    erase_all(context, table::policy_associations(), {"service_id = ?", {service.id}});
    store::erase(context, table::services(), service);
}

void remove_region(Context& context, const Region& region) {
    erase_all(context, table::policy_associations(), {"region_id = ?", {region.id}});
    store::erase(context, table::regions(), region);
}

void remove_endpoint_group(Context& context, const EndpointGroup& group) {
    erase_all(context, table::project_endpoint_groups(), {"endpoint_group_id = ?", {group.id}});
    store::erase(context, table::endpoint_groups(), group);
}

void remove_policy(Context& context, const PolicyFile& policy) {
    erase_all(context, table::policy_associations(), {"policy_id = ?", {policy.id}});
    store::erase(context, table::policies(), policy);
}

void remove_endpoint_filters_of(Context& context, const std::string& project_id) {
    erase_all(context, table::project_endpoints(), {"project_id = ?", {project_id}});
    erase_all(context, table::project_endpoint_groups(), {"project_id = ?", {project_id}});
}

std::vector<std::string> filters_of_nobody(db::Tx& tx) {
    std::vector<std::string> out;
    for (const std::string table :
         {"keystone_project_endpoints", "keystone_project_endpoint_groups"})
        tx.each("SELECT project_id FROM " + table +
                    " WHERE NOT EXISTS (SELECT 1 FROM keystone_projects p WHERE p.id = project_id)",
                db::Params{}, [&](const db::Row& row) {
                    out.push_back(
                        format("{} names project {}, which does not exist", table, row.text(0)));
                });
    return out;
}

} // namespace nephele::keystone::store
