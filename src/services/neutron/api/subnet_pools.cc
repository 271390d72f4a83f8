// SPDX-License-Identifier: Apache-2.0
// /v2.0/subnetpools
#include "base/strings.h"
#include "services/neutron/api/common.h"
#include "services/neutron/api/resources.h"
#include "services/neutron/logic/pool_check.h"
#include "services/neutron/model/address.h"
#include "services/neutron/ops/quotas.h"

namespace nephele::neutron {
namespace {
// Pools of one address scope never overlap.
void check_scope(Call& call, const SubnetPool& pool) {
    if (!pool.address_scope_id) return;
    auto scope = need(call.tx, address_scopes(), call.scope(), *pool.address_scope_id);
    if (scope.ip_version != pool.ip_version)
        throw bad_request("IllegalSubnetPoolIpVersionAssociationToAddressScope",
                          format("Illegal subnetpool association: subnetpool {} cannot associate "
                                 "with address scope {} because subnetpool ip_version is not {}.",
                                 pool.id, scope.id, scope.ip_version));
    for (auto& other : select(call.tx, subnet_pools(), Scope::all(),
                              {"address_scope_id = ? AND id <> ?", {scope.id, pool.id}}))
        for (auto& theirs : other.prefixes)
            for (auto& ours : pool.prefixes)
                if (parse_cidr(theirs)->overlaps(*parse_cidr(ours)))
                    throw conflict("AddressScopePrefixConflict",
                                   "Illegal subnetpool association: its prefixes overlap another "
                                   "pool of the address scope.");
}

// Whose addresses the pools of a shared scope hold is its owner's affair.
void check_owns_scope(Call& call, const SubnetPool& pool) {
    if (!pool.address_scope_id || call.is_admin()) return;
    auto scope = find(call.tx, address_scopes(), Scope::all(), *pool.address_scope_id);
    if (scope && scope->project_id != call.project())
        throw bad_request("IllegalSubnetPoolUpdate",
                          format("Illegal subnetpool update : the prefixes of subnetpool {} are "
                                 "changed by the owner of its shared address scope {}.",
                                 pool.id, scope->id));
}

void check_default(Call& call, const SubnetPool& pool) {
    if (pool.is_default &&
        call.tx.count("SELECT COUNT(*) FROM neutron_subnetpools WHERE is_default = 1 AND "
                      "ip_version = ? AND id <> ?",
                      {pool.ip_version, pool.id}) > 0)
        throw bad_request("InvalidInput",
                          format("Invalid input for operation: A default subnetpool for this IP "
                                 "family has already been set. Only one default may exist per IP "
                                 "family (IPv{}).",
                                 pool.ip_version));
}

SubnetPool make(Call& call, const Json& fields) {
    auto pool = read_new<SubnetPool>(call, fields);
    SubnetPool defaults;
    enforce_fields(call, "create_subnetpool", SubnetPool::shape(), &pool, &defaults,
                   target_of(pool.project_id));
    normalize_pool(pool);
    check_quota(call, pool.project_id, "subnetpool");
    check_scope(call, pool);
    check_default(call, pool);
    pool.id = call.new_uuid();
    pool.created_at = pool.updated_at = call.now;
    insert(call, subnet_pools(), pool);
    return pool;
}
Reply create(Call& call, const Json& body) { return create_each<SubnetPool>(call, body, make); }

SubnetPool show(Call& call) {
    return need(call.tx, subnet_pools(), call.scope(), call.path("subnetpool_id"));
}
SubnetPool changeable(Call& call, const char* rule) {
    auto pool = show(call);
    call.enforce(rule, target_of(pool.project_id));
    check_revision(call, pool.revision_number);
    return pool;
}

// Prefixes may be added; those in use must stay.
SubnetPool change(Call& call, const SubnetPool& before, SubnetPool after, bool may_shrink) {
    normalize_pool(after);
    for (auto& old : before.prefixes) {
        bool kept = false;
        for (auto& text : after.prefixes) {
            auto prefix = parse_cidr(text), was = parse_cidr(old);
            kept = kept || (prefix->length <= was->length && prefix->holds(was->network));
        }
        if (!kept && !may_shrink)
            throw bad_request("IllegalSubnetPoolPrefixUpdate",
                              format("Illegal update to prefixes: {} is left out; prefixes are "
                                     "taken away by remove_prefixes.",
                                     old));
        bool used = false;
        for (auto& subnet :
             select(call.tx, subnets(), Scope::all(), {"subnetpool_id = ?", {before.id}}))
            used = used || parse_cidr(old)->overlaps(*parse_cidr(subnet.cidr));
        if (!kept && used)
            throw bad_request("IllegalSubnetPoolPrefixUpdate",
                              format("Illegal update to prefixes: {} is in use.", old));
    }
    if (after.prefixes != before.prefixes) check_owns_scope(call, before);
    check_scope(call, after);
    check_default(call, after);
    shape::update(call, subnet_pools(), after);
    return after;
}

SubnetPool update(Call& call, const Json& body) {
    // What may not be changed of any pool is told before whether there is this one.
    SubnetPool any;
    read_edit(call, body, any);
    auto before = changeable(call, "update_subnetpool"), after = before;
    read_edit(call, body, after);
    enforce_fields(call, "update_subnetpool", SubnetPool::shape(), &after, nullptr,
                   target_of(before.project_id));
    return change(call, before, std::move(after), false);
}
void remove(Call& call) {
    auto pool = changeable(call, "delete_subnetpool");
    if (call.tx.count("SELECT COUNT(*) FROM neutron_subnets WHERE subnetpool_id = ?", {pool.id}) >
        0)
        throw conflict("SubnetPoolDeleteError",
                       format("Unable to delete subnet pool: Subnet pool {} has existing "
                              "allocations.",
                              pool.id));
    erase(call, subnet_pools(), pool);
}
Listed<SubnetPool> list(Call& call, Page& page) { return list_of(call, page, subnet_pools(), {}); }

std::vector<std::string> prefixes_in(const Json& body) {
    const Json* list = body.find("prefixes");
    std::vector<std::string> out;
    if (list && list->is_array())
        for (auto& item : list->as_array())
            if (item.is_string() && is_cidr(item.as_string())) out.push_back(item.as_string());
    if (!list || out.size() != list->size() || out.empty())
        throw bad_request("HTTPBadRequest", "Invalid input for prefixes. Reason: a list of CIDRs "
                                            "is expected.");
    return out;
}
Json prefixes_of(const SubnetPool& pool) { return Json::object({{"prefixes", pool.prefixes}}); }
Json add_prefixes(Call& call, const Json& body) {
    auto before = changeable(call, "add_prefixes"), after = before;
    for (auto& text : prefixes_in(body)) after.prefixes.push_back(text);
    return prefixes_of(change(call, before, std::move(after), true));
}
Json remove_prefixes(Call& call, const Json& body) {
    auto before = changeable(call, "remove_prefixes"), after = before;
    for (auto& text : prefixes_in(body)) {
        auto found =
            std::find(after.prefixes.begin(), after.prefixes.end(), parse_cidr(text)->text());
        if (found == after.prefixes.end())
            throw bad_request(
                "IllegalSubnetPoolPrefixUpdate",
                format("Illegal update to prefixes: {} is not one of the pool's.", text));
        after.prefixes.erase(found);
    }
    return prefixes_of(change(call, before, std::move(after), true));
}
} // namespace

Resource subnet_pools_resource() {
    return Resource()
        .on("GET /v2.0/subnetpools", "get_subnetpool", list)
        .on("POST /v2.0/subnetpools", "create_subnetpool", create, created)
        .on("GET /v2.0/subnetpools/{subnetpool_id}", "get_subnetpool", show)
        .on("PUT /v2.0/subnetpools/{subnetpool_id}", "update_subnetpool", update)
        .on("DELETE /v2.0/subnetpools/{subnetpool_id}", "delete_subnetpool", remove)
        .on("PUT /v2.0/subnetpools/{subnetpool_id}/add_prefixes", "add_prefixes", add_prefixes)
        .on("PUT /v2.0/subnetpools/{subnetpool_id}/remove_prefixes", "remove_prefixes",
            remove_prefixes);
}

} // namespace nephele::neutron
