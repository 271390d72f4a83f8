// SPDX-License-Identifier: Apache-2.0
// createImage and createBackup: the guest's disk as it is now becomes an image, while the guest
// goes on. The image's row was made with the request; whatever fails takes it away again.
#include "base/strings.h"
#include "services/glance/client.h"
#include "services/nova/ops/disk_copy.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
namespace {
constexpr std::int64_t copy_deadline_ms = 2 * 3600 * 1000LL;
constexpr std::int64_t upload_deadline_ms = 24 * 3600 * 1000LL;

void capture(ops::Step& step, SnapshotServer& s) {
    if (s.copy.generation == 0)
        ask_for_copy(step, shape::need(step.tx, servers(), Scope::all(), s.server), s.copy);
    set_task(step, s.server,
             s.backup_type.empty() ? TaskState::image_snapshot : TaskState::image_backup);
}
bool captured(ops::Step& step, SnapshotServer& s) {
    if (!copy_is_there(step, s.server, s.copy)) return false;
    set_task(step, s.server, TaskState::image_uploading);
    return true;
}
void drop(ops::Step& step, SnapshotServer& s) { drop_copy(step, s.server, s.copy); }

void upload(ops::Outside& outside, SnapshotServer& s) { upload_copy(outside, s.copy); }

// The oldest beyond the number that is to be kept; protected ones stay and count.
void rotate(ops::Step& step, const SnapshotServer& s, const Server& server) {
    if (s.backup_type.empty()) return;
    auto backups = glance::images_with(
        step.tx, server.project_id,
        {{"instance_uuid", s.server}, {"image_type", "backup"}, {"backup_type", s.backup_type}});
    for (std::size_t i = static_cast<std::size_t>(s.rotation); i < backups.size(); ++i)
        if (!backups[i].is_protected) glance::discard_image(step, backups[i].id);
}

void finish(ops::Step& step, SnapshotServer& s) {
    drop_copy(step, s.server, s.copy);
    Server server = shape::need(step.tx, servers(), Scope::all(), s.server);
    rotate(step, s, server);
    if (server.task_state != TaskState::deleting) server.task_state.reset();
    shape::update(step, servers(), server);
    store::finish_action(step, s.server, server.host.value_or(""), "");
}

// The server is as it was: only the image is gone.
void undone(ops::Step& step, SnapshotServer& s) {
    glance::discard_image(step, s.copy.image);
    auto server = store::find_server(step.tx, s.server);
    if (!server) return;
    std::string message = step.failure ? step.failure->what() : "The image was not made.";
    store::finish_action(step, s.server, server->host.value_or(""), message);
    if (server->task_state == TaskState::deleting) return;
    server->task_state.reset();
    shape::update(step, servers(), *server);
}
} // namespace

const Shape<SnapshotServer>& SnapshotServer::shape() {
    static const auto s = Shape<SnapshotServer>()
                              .field("server", &SnapshotServer::server)
                              .field("copy", &SnapshotServer::copy)
                              .field("backup_type", &SnapshotServer::backup_type)
                              .field("rotation", &SnapshotServer::rotation);
    return s;
}

ops::Operation snapshot_server() {
    return ops::OperationOf<SnapshotServer>()
        .step("capture", capture, drop)
        .until(captured)
        .within_ms(copy_deadline_ms)
        .outside("upload", upload)
        .within_ms(upload_deadline_ms)
        .attempts(5)
        .then("finish", finish)
        .if_undone(undone);
}

} // namespace nephele::nova
