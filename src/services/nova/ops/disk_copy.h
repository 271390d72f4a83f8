// SPDX-License-Identifier: Apache-2.0
// From a guest's disk to an image, in the parts that snapshots, backups and shelving share: the
// host is asked for a copy, the copy is given to glance, the host drops it.
#pragma once
#include "services/nova/ops/operations.h"

namespace nephele::nova {

/// The image of a server's disk, without data yet: what it was made of, whose it is. `more` comes
/// last and wins. Returns its id.
std::string make_disk_image(Context&, const Server&, const std::string& name,
                            const std::string& type, const Json& more);

void ask_for_copy(Context&, const Server&, DiskCopy&);
/// Waits until the host has it; notes where.
bool copy_is_there(ops::Step&, const std::string& server_id, DiskCopy&);
/// Gives it to glance.
void upload_copy(ops::Outside&, const DiskCopy&);
void drop_copy(Context&, const std::string& server_id, const DiskCopy&);

/// The server's task while an operation goes on; nothing when it is being deleted.
void set_task(ops::Step&, const std::string& server_id, TaskState);

} // namespace nephele::nova
