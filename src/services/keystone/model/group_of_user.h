// SPDX-License-Identifier: Apache-2.0
// A group as one of a user's: with the end of the membership, when a federated login gave it.
#pragma once
#include "platform/shape/table.h"

namespace nephele::keystone {

struct GroupOfUser {
    std::string id, name, domain_id;
    std::string description;
    Json extra;
    std::optional<Time> membership_expires_at;
    static const shape::Shape<GroupOfUser>& shape();
};

namespace table {
/// Rows of the groups; for reading alone.
const shape::Table<GroupOfUser>& groups_of_user();
} // namespace table

} // namespace nephele::keystone
