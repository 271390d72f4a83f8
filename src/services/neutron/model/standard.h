// SPDX-License-Identifier: Apache-2.0
// The attributes every standard resource of the network API carries: description, tags, times,
// revision number, and the project under its two names.
#pragma once
#include "platform/shape/shape.h"

namespace nephele::neutron {
using namespace shape;

/// A record T with members id, project_id, description, tags, revision_number, created_at,
/// updated_at.
template <class T> Shape<T>& with_standard_fields(Shape<T>& shape) {
    return shape.field("project_id", &T::project_id, {create_only, max_length(255)})
        .computed("tenant_id", [](const T& record, const View&) { return Json(record.project_id); })
        .field("description", &T::description, {max_length(255), nullable})
        .field("tags", &T::tags, {read_only, not_filterable, not_sortable})
        .field("revision_number", &T::revision_number, {read_only})
        .field("created_at", &T::created_at, {read_only})
        .field("updated_at", &T::updated_at, {read_only});
}

/// "10.0.0.0/24 via 10.0.0.1": host routes of subnets and routes of routers.
struct Route {
    std::string destination;
    std::string nexthop;
    bool operator==(const Route&) const = default;
    static const Shape<Route>& shape();
};

} // namespace nephele::neutron
