// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/model/group_of_user.h"

#include "services/keystone/model/project.h"

namespace nephele::keystone {
using namespace shape;

const Shape<GroupOfUser>& GroupOfUser::shape() {
    static const auto made =
        Shape<GroupOfUser>("group", "groups")
            .field("id", &GroupOfUser::id)
            .field("name", &GroupOfUser::name)
            .field("domain_id", &GroupOfUser::domain_id)
            .field("description", &GroupOfUser::description, {nullable})
            .field("membership_expires_at", &GroupOfUser::membership_expires_at,
                   {not_stored, not_filterable, not_sortable, time_format(6, "")})
            .computed("links",
                      [](const GroupOfUser& group, const View& view) {
                          return self_link(view, "/v3/groups/", group.id);
                      })
            .extras("extra", &GroupOfUser::extra);
    return made;
}

const Table<GroupOfUser>& table::groups_of_user() {
    static const Table<GroupOfUser> made({.name = "keystone_groups",
                                          .service = "keystone",
                                          .kind = "group",
                                          .domain_column = "domain_id",
                                          .not_found_code = "GroupNotFound",
                                          .not_found_message = "Could not find group: {}."});
    return made;
}

} // namespace nephele::keystone
