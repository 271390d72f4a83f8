// SPDX-License-Identifier: Apache-2.0
// The directory side of the identity API: limits, endpoint filters, policies, domain configuration.
// Its routes and what their handlers share.
#pragma once
#include "services/keystone/api/support.h"

namespace nephele::keystone {

Resource registered_limit_routes();
Resource limit_routes();
Resource endpoint_filter_routes();
Resource endpoint_group_routes();
Resource policy_routes();
Resource policy_association_routes();
Resource domain_config_routes();
std::vector<policy::Rule> directory_policies();

/// Adds all of it to the service: routes, rules, tables, migrations, checks, options.
void add_directory(Service& service);

/// {"limits": [...]}: the items, at least one. Throws Failure(bad_request).
const Json::Array& list_in_body(const Json& body, const std::string& name);
/// Reads one item of such a list as a new record.
void read_item(Call& call, const ShapeBase& shape, const Json& item, void* record,
               const std::string& where);
/// "Expecting to find region_id in limit. ..."
Failure expected(const std::string& attribute, const std::string& target);
/// Throws Failure(bad_request) when the service or region is not there.
void check_catalog_ids(Call& call, const std::string& service_id,
                       const std::optional<std::string>& region_id, const std::string& target);
/// {"name": [...]} without links.
Reply reply_with(int status, const std::string& name, Json::Array items);

} // namespace nephele::keystone
