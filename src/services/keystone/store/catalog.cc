// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/store/catalog.h"

namespace nephele::keystone::store {

std::vector<ServiceEntry> catalog_services(db::Tx& tx) {
    return select(tx, table::services(), Scope::all(), {}, "ORDER BY type, id");
}
std::vector<Endpoint> catalog_endpoints(db::Tx& tx) {
    return select(tx, table::endpoints(), Scope::all(), {}, "ORDER BY id");
}
std::optional<ServiceEntry> find_service_of_type(db::Tx& tx, const std::string& type) {
    auto found = select(tx, table::services(), Scope::all(), {"type = ?", {type}}, "ORDER BY id");
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}
std::vector<Endpoint> endpoints_of(db::Tx& tx, const std::string& service_id) {
    return select(tx, table::endpoints(), Scope::all(), {"service_id = ?", {service_id}},
                  "ORDER BY id");
}

} // namespace nephele::keystone::store
