// SPDX-License-Identifier: Apache-2.0
// A project with which an image is shared, and what it answered.
#pragma once
#include "platform/shape/table.h"

namespace nephele::glance {
using namespace shape;

enum class MemberStatus { pending, accepted, rejected };
const std::vector<std::pair<MemberStatus, const char*>>& names_of(MemberStatus);

struct Member {
    std::string key; ///< "<image>/<project>"
    std::string image_id, member_id;
    MemberStatus status = MemberStatus::pending;
    Time created_at, updated_at;
    static const Shape<Member>& shape();
};

} // namespace nephele::glance
