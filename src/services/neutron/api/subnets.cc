// SPDX-License-Identifier: Apache-2.0
// /v2.0/subnets
#include "base/strings.h"
#include "services/neutron/api/common.h"
#include "services/neutron/api/resources.h"
#include "services/neutron/ops/networks.h"

namespace nephele::neutron {
namespace {
Subnet make(Call& call, const Json& fields) {
    SubnetWish wish{.subnet = read_new<Subnet>(call, fields)};
    auto network = need(call.tx, networks(), call.scope(), wish.subnet.network_id);
    auto target = target_on(network, wish.subnet.project_id);
    call.enforce("create_subnet", target);
    Subnet defaults;
    enforce_fields(call, "create_subnet", Subnet::shape(), &wish.subnet, &defaults, target);
    if (!call.given("ip_version") && !wish.subnet.subnetpool_id &&
        !wish.subnet.use_default_subnetpool)
        throw bad_request("HTTPBadRequest", "Failed to parse request. Required attribute "
                                            "'ip_version' not specified");
    wish.gateway_given = call.given("gateway_ip");
    wish.pools_given = call.given("allocation_pools");
    if (wish.subnet.subnetpool_id)
        need(call.tx, subnet_pools(), call.scope(), *wish.subnet.subnetpool_id);
    return make_subnet(call, network, std::move(wish));
}
Reply create(Call& call, const Json& body) { return create_each<Subnet>(call, body, make); }

Subnet changeable(Call& call, const char* rule) {
    auto subnet = need(call.tx, subnets(), call.scope(), call.path("subnet_id"));
    auto network = need(call.tx, networks(), Scope::all(), subnet.network_id);
    call.enforce(rule, target_on(network, subnet.project_id));
    check_revision(call, subnet.revision_number);
    return subnet;
}

Subnet update(Call& call, const Json& body) {
    Subnet before = changeable(call, "update_subnet"), after = before;
    read_edit(call, body, after);
    enforce_fields(call, "update_subnet", Subnet::shape(), &after, nullptr,
                   target_of(before.project_id));
    return change_subnet(call, before, std::move(after));
}

void remove(Call& call) { drop_subnet(call, changeable(call, "delete_subnet")); }
Subnet show(Call& call) { return need(call.tx, subnets(), call.scope(), call.path("subnet_id")); }
Listed<Subnet> list(Call& call, Page& page) {
    Where where;
    if (auto shared = page.take("shared"))
        where.sql = "network_id " +
                    std::string(iequals(*shared, "true") || *shared == "1" ? "" : "NOT ") +
                    "IN (SELECT n.id FROM neutron_networks n WHERE n.shared = 1)";
    return list_of(call, page, subnets(), where);
}
} // namespace

Resource subnets_resource() {
    return Resource()
        .on("GET /v2.0/subnets", "get_subnet", list)
        .on("POST /v2.0/subnets", enforced_by_handler, create, created)
        .on("GET /v2.0/subnets/{subnet_id}", "get_subnet", show)
        .on("PUT /v2.0/subnets/{subnet_id}", enforced_by_handler, update)
        .on("DELETE /v2.0/subnets/{subnet_id}", enforced_by_handler, remove);
}

} // namespace nephele::neutron
