// SPDX-License-Identifier: Apache-2.0
// Users and groups that are in a directory: asked for before they are shown, and written there
// before they are written here.
#pragma once
#include "services/keystone/api/support.h"
#include "services/keystone/ops/directories.h"

namespace nephele::keystone {

// For RouteOptions::prepare.
void refresh_listed_users(FreeCall& call);
void refresh_listed_groups(FreeCall& call);
/// The user and the group in the path, with their memberships.
void refresh_named(FreeCall& call);

/// Without records whose entries went from their directory.
Where not_absent();

/// The answer when the new record's domain has a directory, else nothing. `read` also enforces.
std::optional<Reply> create_in_directory(FreeCall& call, User (*read)(Call&));
std::optional<Reply> create_group_in_directory(FreeCall& call, Group (*read)(Call&));
/// True when the record is in a directory and was changed there and here.
bool update_in_directory(FreeCall& call, User (*read)(Call&));
bool update_group_in_directory(FreeCall& call, Group (*read)(Call&));
/// From its directory, when it is in one; the mirror is the caller's.
void remove_from_directory(Cloud& cloud, const std::string& id);
/// Both must be in the same directory or neither. Throws Failure(forbidden).
void set_member_in_directory(Cloud& cloud, const Group& group, const User& user, bool in);

} // namespace nephele::keystone
