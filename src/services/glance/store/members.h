// SPDX-License-Identifier: Apache-2.0
// Where the members of images are kept. A reader must have found the image in its own scope first.
#pragma once
#include "services/glance/model/member.h"

namespace nephele::glance {

const Table<Member>& members();

namespace store {

std::string member_key(const std::string& image_id, const std::string& member_id);
std::vector<Member> members_of(db::Tx& tx, const std::string& image_id);
std::optional<Member> member_of(db::Tx& tx, const std::string& image_id,
                                const std::string& member_id);

} // namespace store
} // namespace nephele::glance
