// SPDX-License-Identifier: Apache-2.0
#include "services/glance/store/members.h"

namespace nephele::glance {

const Table<Member>& members() {
    static const Table<Member> t({.name = "glance_image_members",
                                  .service = "glance",
                                  .kind = "image_member",
                                  .key = "key",
                                  .project_column = "member_id",
                                  .not_found_code = "MemberNotFound",
                                  .not_found_message = "No member {} of this image",
                                  .updated_column = "updated_at"});
    return t;
}

namespace store {

std::string member_key(const std::string& image_id, const std::string& member_id) {
    return image_id + "/" + member_id;
}

std::vector<Member> members_of(db::Tx& tx, const std::string& image_id) {
    return select(tx, members(), Scope::all(), {"image_id = ?", {image_id}},
                  "ORDER BY created_at, member_id");
}

std::optional<Member> member_of(db::Tx& tx, const std::string& image_id,
                                const std::string& member_id) {
    return find(tx, members(), Scope::all(), member_key(image_id, member_id));
}

} // namespace store
} // namespace nephele::glance
