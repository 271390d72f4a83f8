// SPDX-License-Identifier: Apache-2.0
// A server group: servers that are to be on the same host, or on different ones.
#pragma once
#include "platform/shape/shape.h"

namespace nephele::nova {

using shape::Shape;

struct ServerGroup {
    std::string id, project_id, user_id, name;
    std::string policy; ///< "affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"
    std::optional<std::int64_t> max_server_per_host; ///< of anti-affinity; nothing: 1
    Time created_at;
    static const Shape<ServerGroup>& shape();
};

} // namespace nephele::nova
