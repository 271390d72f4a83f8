// SPDX-License-Identifier: Apache-2.0
// Reading the catalog's parts.
#pragma once
#include "services/keystone/model/catalog.h"

namespace nephele::keystone::store {

std::vector<ServiceEntry> catalog_services(db::Tx& tx);
std::vector<Endpoint> catalog_endpoints(db::Tx& tx);
std::optional<ServiceEntry> find_service_of_type(db::Tx& tx, const std::string& type);
std::vector<Endpoint> endpoints_of(db::Tx& tx, const std::string& service_id);

} // namespace nephele::keystone::store
