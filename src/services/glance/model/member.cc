// SPDX-License-Identifier: Apache-2.0
#include "services/glance/model/member.h"

namespace nephele::glance {

const std::vector<std::pair<MemberStatus, const char*>>& names_of(MemberStatus) {
    static const std::vector<std::pair<MemberStatus, const char*>> names{
        {MemberStatus::pending, "pending"},
        {MemberStatus::accepted, "accepted"},
        {MemberStatus::rejected, "rejected"}};
    return names;
}

const Shape<Member>& Member::shape() {
    static const auto s =
        Shape<Member>("", "members")
            .field("key", &Member::key, {hidden, read_only})
            .field("image_id", &Member::image_id, {help("An identifier for the image")})
            .field("member_id", &Member::member_id,
                   {help("An identifier for the image member (tenantId)")})
            .field("status", &Member::status, {help("The status of this image member")})
            .field("created_at", &Member::created_at,
                   {help("Date and time of image member creation")})
            .field("updated_at", &Member::updated_at,
                   {help("Date and time of last modification of image member")})
            .computed("schema",
                      [](const Member&, const View&) { return Json("/v2/schemas/member"); });
    return s;
}

} // namespace nephele::glance
