// SPDX-License-Identifier: Apache-2.0
#include "services/nova/ops/disk_copy.h"

#include "base/strings.h"
#include "platform/agent/agent.h"
#include "services/glance/client.h"
#include "services/nova/model/guest_snapshot.h"
#include "services/nova/store/servers.h"

#include <algorithm>

namespace nephele::nova {
namespace {
constexpr const char* observed_snapshot = "observed.guest_snapshot";

// A signature is of the old bytes; the others are glance's and the cache's own.
bool is_inherited(const std::string& property) {
    for (auto* beginning : {"os_glance_", "img_signature", "cache_in_nova", "bittorrent",
                            "backup_type", "owner_specified."})
        if (property.rfind(beginning, 0) == 0) return false;
    return true;
}
} // namespace

std::string make_disk_image(Context& context, const Server& server, const std::string& name,
                            const std::string& type, const Json& more) {
    glance::WantedImage wanted;
    wanted.name = name;
    wanted.owner = server.project_id;
    wanted.disk_format = "qcow2";
    wanted.min_disk = server.root_gb;
    if (auto base = glance::find_image(context.tx, Scope::all(), server.image_id)) {
        wanted.min_disk = std::max(wanted.min_disk, base->min_disk);
        wanted.min_ram = base->min_ram;
        for (auto& [key, value] : base->properties.as_object())
            if (is_inherited(key)) wanted.properties[key] = value;
    }
    const Principal& who = context.who;
    Json own = Json::object({{"image_type", type},
                             {"instance_uuid", server.id},
                             {"user_id", who.user_id},
                             {"base_image_ref", server.image_id},
                             {"image_location", "snapshot"},
                             {"image_state", "available"},
                             {"owner_id", server.project_id},
                             {"owner_user_name", who.user_name},
                             {"owner_project_name", who.project_name},
                             {"boot_roles", join(who.roles, ",")}});
    for (const Json* part : {static_cast<const Json*>(&own), &more})
        for (auto& [key, value] : part->as_object()) wanted.properties[key] = value;
    return glance::create_image(context, wanted);
}

void ask_for_copy(Context& context, const Server& server, DiskCopy& copy) {
    if (!server.host)
        throw conflict("InstanceNotReady", format("Instance {} is on no host.", server.id));
    SnapshotSpec spec{server.id, copy.image};
    copy.host = *server.host;
    copy.generation = agent::desire(context, copy.host, snapshot_kind, server.id,
                                    SnapshotSpec::shape().image(&spec));
}

bool copy_is_there(ops::Step& step, const std::string& server_id, DiskCopy& copy) {
    if (!agent::reached(step.tx, copy.host, snapshot_kind, server_id, copy.generation)) {
        step.wait_for(observed_snapshot, agent::journal_id(copy.host, server_id));
        return false;
    }
    SnapshotStatus status;
    if (auto seen = agent::observed(step.tx, copy.host, snapshot_kind, server_id))
        SnapshotStatus::shape().from_image(seen->status, &status);
    copy.path = status.path;
    copy.format = status.format;
    return true;
}

void upload_copy(ops::Outside& outside, const DiskCopy& copy) {
    glance::fill_image(outside.cloud, {.image_id = copy.image,
                                       .request_id = outside.request_id,
                                       .path = copy.path,
                                       .disk_format = copy.format,
                                       .cancelled = outside.cancelled});
}

void drop_copy(Context& context, const std::string& server_id, const DiskCopy& copy) {
    if (!copy.host.empty()) agent::desire_absent(context, copy.host, snapshot_kind, server_id);
}

void set_task(ops::Step& step, const std::string& server_id, TaskState task) {
    auto server = store::find_server(step.tx, server_id);
    if (!server || server->task_state == TaskState::deleting || server->task_state == task) return;
    server->task_state = task;
    shape::update(step, servers(), *server);
}

const Shape<DiskCopy>& DiskCopy::shape() {
    static const auto s = Shape<DiskCopy>()
                              .field("image", &DiskCopy::image)
                              .field("host", &DiskCopy::host)
                              .field("generation", &DiskCopy::generation)
                              .field("path", &DiskCopy::path)
                              .field("format", &DiskCopy::format);
    return s;
}

} // namespace nephele::nova
