// SPDX-License-Identifier: Apache-2.0
// /v2.0/networks
#include "services/neutron/ops/networks.h"

#include "services/neutron/api/common.h"
#include "services/neutron/api/resources.h"

namespace nephele::neutron {
namespace {
Network make(Call& call, const Json& fields) {
    auto wanted = read_new<Network>(call, fields);
    auto target = target_of(wanted.project_id);
    Network defaults;
    enforce_fields(call, "create_network", Network::shape(), &wanted, &defaults, target);
    return make_network(call, std::move(wanted), call.given("mtu"));
}
Reply create(Call& call, const Json& body) { return create_each<Network>(call, body, make); }

// The network as its owner or an administrator may change it.
Network changeable(Call& call, const char* rule) {
    auto network = need(call.tx, networks(), call.scope(), call.path("network_id"));
    call.enforce(rule, target_of(network.project_id));
    check_revision(call, network.revision_number);
    return network;
}

Network update(Call& call, const Json& body) {
    Network before = changeable(call, "update_network"), after = before;
    read_edit(call, body, after);
    enforce_fields(call, "update_network", Network::shape(), &after, nullptr,
                   target_of(before.project_id));
    return change_network(call, before, std::move(after), call.given("mtu"));
}

void remove(Call& call) { drop_network(call, changeable(call, "delete_network")); }

Network show(Call& call) {
    std::vector<Network> one{need(call.tx, networks(), call.scope(), call.path("network_id"))};
    mark_shared(call.tx, call.project(), one);
    return one.front();
}

Listed<Network> list(Call& call, Page& page) {
    auto out = list_of(call, page, networks(), {});
    mark_shared(call.tx, call.project(), out.items);
    return out;
}
} // namespace

Resource networks_resource() {
    return Resource()
        .on("GET /v2.0/networks", "get_network", list)
        .on("POST /v2.0/networks", "create_network", create, created)
        .on("GET /v2.0/networks/{network_id}", "get_network", show)
        .on("PUT /v2.0/networks/{network_id}", "update_network", update)
        .on("DELETE /v2.0/networks/{network_id}", "delete_network", remove);
}

} // namespace nephele::neutron
