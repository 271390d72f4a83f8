// SPDX-License-Identifier: Apache-2.0
// What nova once served and upstream answers with 410 for good: networks of its own, certificates,
// cells, agents of guests, and more.
#include "services/nova/api/manners.h"

namespace nephele::nova {
using namespace api;
namespace {
constexpr const char* routes[] = {
    "POST /v2.1/os-networks",
    "POST /v2.1/os-networks/add",
    "DELETE /v2.1/os-networks/{network_id}",
    "POST /v2.1/os-tenant-networks",
    "DELETE /v2.1/os-tenant-networks/{network_id}",
    "POST /v2.1/os-certificates",
    "GET /v2.1/os-certificates/root",
    "GET /v2.1/os-cloudpipe",
    "POST /v2.1/os-cloudpipe",
    "PUT /v2.1/os-cloudpipe/configure-project",
    "GET /v2.1/os-fping",
    "GET /v2.1/os-fping/{instance_id}",
    "GET /v2.1/servers/{server_id}/os-virtual-interfaces",
    "GET /v2.1/os-fixed-ips/{fixed_ip}",
    "GET /v2.1/os-floating-ips-bulk",
    "POST /v2.1/os-floating-ips-bulk",
    "PUT /v2.1/os-floating-ips-bulk/delete",
    "GET /v2.1/os-floating-ips-bulk/{host_name}",
    "GET /v2.1/os-floating-ip-dns",
    "PUT /v2.1/os-floating-ip-dns/{domain}",
    "DELETE /v2.1/os-floating-ip-dns/{domain}",
    "GET /v2.1/os-floating-ip-dns/{domain}/entries/{ip}",
    "PUT /v2.1/os-floating-ip-dns/{domain}/entries/{name}",
    "DELETE /v2.1/os-floating-ip-dns/{domain}/entries/{name}",
    "GET /v2.1/os-cells",
    "POST /v2.1/os-cells",
    "GET /v2.1/os-cells/capacities",
    "GET /v2.1/os-cells/detail",
    "GET /v2.1/os-cells/info",
    "GET /v2.1/os-cells/{cell_id}",
    "PUT /v2.1/os-cells/{cell_id}",
    "DELETE /v2.1/os-cells/{cell_id}",
    "GET /v2.1/os-cells/{cell_id}/capacities",
    "GET /v2.1/servers/{server_id}/consoles",
    "POST /v2.1/servers/{server_id}/consoles",
    "GET /v2.1/servers/{server_id}/consoles/{console_id}",
    "DELETE /v2.1/servers/{server_id}/consoles/{console_id}",
    "GET /v2.1/os-security-group-default-rules",
    "GET /v2.1/os-security-group-default-rules/{security_group_default_rule_id}",
    "POST /v2.1/os-security-group-default-rules",
    "DELETE /v2.1/os-security-group-default-rules/{security_group_default_rule_id}",
    "GET /v2.1/os-agents",
    "POST /v2.1/os-agents",
    "PUT /v2.1/os-agents/{agent_build_id}",
    "DELETE /v2.1/os-agents/{agent_build_id}",
};
constexpr struct {
    const char *route, *action;
} actions[] = {
    {"POST /v2.1/servers/{server_id}/action", "resetNetwork"},
    {"POST /v2.1/os-networks/{network_id}/action", "associate_host"},
    {"POST /v2.1/os-fixed-ips/{fixed_ip}/action", "reserve"},
    {"POST /v2.1/os-fixed-ips/{fixed_ip}/action", "unreserve"},
    {"POST /v2.1/os-networks/{network_id}/action", "disassociate"},
    {"POST /v2.1/os-networks/{network_id}/action", "disassociate_host"},
    {"POST /v2.1/os-networks/{network_id}/action", "disassociate_project"},
};

Reply gone(FreeCall&) {
    throw Failure(Fault::gone, "HTTPGone",
                  "This resource is no longer available. No forwarding address is given.");
}
} // namespace

Resource gone_resource() {
    Resource all;
    for (auto* route : routes) all.on(route, enforced_by_handler, gone);
    for (auto& [route, action] : actions) all.action(route, action, enforced_by_handler, gone);
    return all;
}

} // namespace nephele::nova
