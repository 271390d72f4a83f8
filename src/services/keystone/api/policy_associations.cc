// SPDX-License-Identifier: Apache-2.0
// OS-ENDPOINT-POLICY: which policy file goes with an endpoint, a service, or a service in a region.
// One set of handlers serves the three: the path says which.
#include "base/strings.h"
#include "services/keystone/api/directory.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/endpoint_filters.h"

namespace nephele::keystone {
namespace {

PolicyFile need_policy(Call& call) {
    return need(call.tx, table::policies(), Scope::all(), call.path("policy_id"));
}

// What the path names, all of which must be there.
PolicyAssociation named(Call& call) {
    const auto endpoint = path_value(call, "endpoint_id"), service = path_value(call, "service_id"),
               region = path_value(call, "region_id");
    const PolicyFile policy = need_policy(call);
    if (endpoint) need(call.tx, table::endpoints(), Scope::all(), *endpoint);
    if (service) need(call.tx, table::services(), Scope::all(), *service);
    if (region) need(call.tx, table::regions(), Scope::all(), *region);
    return PolicyAssociation::of(policy.id, endpoint, service, region);
}

// Another policy's association with the same thing is replaced.
void put(Call& call) {
    PolicyAssociation wanted = named(call);
    if (find(call.tx, table::policy_associations(), Scope::all(), wanted.id))
        store::update(call, table::policy_associations(), wanted);
    else
        store::insert(call, table::policy_associations(), wanted);
}

std::optional<PolicyAssociation> stored(Call& call) {
    const PolicyAssociation wanted = named(call);
    auto found = find(call.tx, table::policy_associations(), Scope::all(), wanted.id);
    if (found && found->policy_id != wanted.policy_id) found.reset();
    return found;
}

void check(Call& call) {
    if (!stored(call)) throw_not_found(table::policy_associations(), "");
}

void remove(Call& call) {
    if (const auto found = stored(call)) store::erase(call, table::policy_associations(), *found);
}

Listed<Endpoint> endpoints_of(Call& call, const Page&) {
    return {store::endpoints_for_policy(call.tx, need_policy(call).id)};
}

Failure no_policy(const std::string& endpoint_id) {
    return not_found("NotFound", format("No policy is associated with endpoint {}.", endpoint_id));
}

PolicyFile in_force(Call& call) {
    const Endpoint endpoint =
        need(call.tx, table::endpoints(), Scope::all(), call.path("endpoint_id"));
    auto policy = store::policy_for_endpoint(call.tx, endpoint);
    if (!policy) throw no_policy(endpoint.id);
    return std::move(*policy);
}

// The documented twin of the above under the policy: there while it is in force for any endpoint.
PolicyFile in_force_anywhere(Call& call) {
    PolicyFile policy = need_policy(call);
    for (const Endpoint& endpoint : store::endpoints_for_policy(call.tx, policy.id)) {
        const auto effective = store::policy_for_endpoint(call.tx, endpoint);
        if (effective && effective->id == policy.id) return policy;
    }
    throw_not_found(table::policy_associations(), policy.id);
}

void add_routes(Resource& resource, const std::string& path, const std::string& suffix) {
    resource.on("PUT " + path, "identity:create_policy_association_for_" + suffix, put)
        .on("GET " + path, "identity:check_policy_association_for_" + suffix, check)
        .on("DELETE " + path, "identity:delete_policy_association_for_" + suffix, remove);
}

} // namespace

Resource policy_association_routes() {
    const std::string under = "/v3/policies/{policy_id}/OS-ENDPOINT-POLICY",
                      of_endpoint = "/v3/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy";
    Resource resource;
    add_routes(resource, under + "/endpoints/{endpoint_id}", "endpoint");
    add_routes(resource, under + "/services/{service_id}", "service");
    add_routes(resource, under + "/services/{service_id}/regions/{region_id}",
               "region_and_service");
    resource.on("GET " + under + "/endpoints", "identity:list_endpoints_for_policy", endpoints_of)
        .on("GET " + under + "/policy", "identity:get_policy_for_endpoint", in_force_anywhere)
        .on("HEAD " + under + "/policy", "identity:get_policy_for_endpoint", in_force_anywhere)
        .on("GET " + of_endpoint, "identity:get_policy_for_endpoint", in_force)
        .on("HEAD " + of_endpoint, "identity:get_policy_for_endpoint", in_force);
    return resource;
}

} // namespace nephele::keystone
