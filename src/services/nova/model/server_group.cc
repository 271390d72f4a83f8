// SPDX-License-Identifier: Apache-2.0
#include "services/nova/model/server_group.h"

namespace nephele::nova {

const Shape<ServerGroup>& ServerGroup::shape() {
    static const auto s = Shape<ServerGroup>("server_group", "server_groups")
                              .field("id", &ServerGroup::id)
                              .field("project_id", &ServerGroup::project_id)
                              .field("user_id", &ServerGroup::user_id)
                              .field("name", &ServerGroup::name)
                              .field("policy", &ServerGroup::policy)
                              .field("max_server_per_host", &ServerGroup::max_server_per_host)
                              .field("created_at", &ServerGroup::created_at);
    return s;
}

} // namespace nephele::nova
