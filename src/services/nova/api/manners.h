// SPDX-License-Identifier: Apache-2.0
// Nova's manners (errors, versions, paging), policies, and the resources that service.cc lists.
#pragma once
#include "platform/api/service.h"

namespace nephele::nova {

/// Rule names are "os_compute_api:<what>".
inline std::string rule(const char* what) { return std::string("os_compute_api:") + what; }

api::Manners manners();
std::vector<policy::Rule> policies();

api::Resource discovery_resource();
api::Resource flavors_resource();
api::Resource flavor_parts_resource(); ///< access and extra specs
api::Resource keypairs_resource();
api::Resource servers_resource();
api::Resource server_actions_resource();
api::Resource server_parts_resource();   ///< metadata, tags
api::Resource server_network_resource(); ///< addresses, interfaces
api::Resource instance_actions_resource();
api::Resource consoles_resource();
api::Resource console_proxy_resource();
api::Resource quotas_resource();
api::Resource hosts_resource(); ///< services, availability zones
api::Resource hypervisors_resource();
api::Resource external_events_resource();
api::Resource aggregates_resource();
api::Resource server_groups_resource();
api::Resource tenant_usage_resource();
api::Resource server_rebuild_resource();   ///< rebuild, resize
api::Resource server_images_resource();    ///< createImage, createBackup
api::Resource server_shelve_resource();    ///< shelve, rescue and back
api::Resource server_addresses_resource(); ///< fixed and floating IPs by actions; groups
api::Resource server_details_resource();   ///< diagnostics, password, topology
api::Resource image_proxy_resource();
api::Resource network_proxy_resource();
api::Resource security_group_proxy_resource();
api::Resource floating_ip_proxy_resource();
api::Resource server_diagnostics_resource();
api::Resource old_hosts_resource(); ///< os-hosts, audits of usage
api::Resource extensions_resource();
api::Resource gone_resource(); ///< what upstream answers with 410

/// The next-page link of a list, when there is more.
Json next_link(const api::Call& call, const std::string& marker);
/// Throws as an unknown body member does, unless the value is an object with this one member.
const Json& only_member(const Json& body, const std::string& name);
/// Throws as an unknown body member does, unless the body is an object with only these members.
void check_members(const Json& body, std::initializer_list<const char*> known);
/// A text member of 1 to 255 characters, not only blanks. Throws ValidationError.
std::string name_member(const Json& body, const char* member);
/// Routes of versions up to this one.
inline api::RouteOptions until_version(int minor, int status = 0) {
    api::RouteOptions options;
    options.until = {2, minor};
    options.status = status;
    return options;
}

} // namespace nephele::nova
