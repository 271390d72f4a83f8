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
api::Resource server_rebuild_resource(); ///< rebuild, resize

/// The next-page link of a list, when there is more.
Json next_link(const api::Call& call, const std::string& marker);
/// Throws as an unknown body member does, unless the value is an object with this one member.
const Json& only_member(const Json& body, const std::string& name);

} // namespace nephele::nova
