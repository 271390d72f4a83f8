// SPDX-License-Identifier: Apache-2.0
#include "services/nova/model/aggregate.h"

namespace nephele::nova {

const Shape<Aggregate>& Aggregate::shape() {
    static const auto s = Shape<Aggregate>("aggregate", "aggregates")
                              .field("uuid", &Aggregate::id, {shape::column("id")})
                              .field("number", &Aggregate::number)
                              .field("name", &Aggregate::name)
                              .field("hosts", &Aggregate::hosts)
                              .field("metadata", &Aggregate::metadata)
                              .field("created_at", &Aggregate::created_at)
                              .field("updated_at", &Aggregate::updated_at);
    return s;
}

} // namespace nephele::nova
