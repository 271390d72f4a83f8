// SPDX-License-Identifier: Apache-2.0
// POST /servers/{id}/action: createImage, createBackup.
#include "base/strings.h"
#include "services/nova/api/manners.h"
#include "services/nova/api/server_view.h"
#include "services/nova/logic/server_checks.h"
#include "services/nova/ops/disk_copy.h"
#include "services/nova/store/quotas.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
using namespace api;
namespace {
constexpr const char* action_path = "POST /v2.1/servers/{server_id}/action";

Json metadata_in(Call& call, const Json& body) {
    if (!body.has("metadata")) return Json::object();
    const Json& metadata = body.at("metadata");
    logic::check_metadata(metadata, store::limit_of(call.tx, call.project(), "metadata_items"));
    return metadata;
}

// Since 2.45 the body says which image; before, the Location header does.
Reply answer(const Call& call, const std::string& image) {
    Reply reply{.status = 202};
    if (call.version >= Version{2, 45})
        reply.body = Json::object({{"image_id", image}});
    else
        reply.headers.set("Location", call.in.base_url + "/images/" + image);
    return reply;
}

Reply start(Call& call, Server& server, SnapshotServer state, const char* action,
            const char* event) {
    const std::string image = state.copy.image;
    server.task_state =
        state.backup_type.empty() ? TaskState::image_snapshot_pending : TaskState::image_backup;
    shape::update(call, servers(), server);
    store::begin_action(call, server, action, event);
    ops::start(
        call, state,
        {.resource_kind = "server", .resource_id = server.id, .project_id = server.project_id});
    return answer(call, image);
}

Reply create_image(Call& call, const Json& body) {
    check_members(body, {"name", "metadata"});
    std::string name = name_member(body, "name");
    Json metadata = metadata_in(call, body);
    Server server = server_for(call, "createImage");
    SnapshotServer state{.server = server.id};
    state.copy.image = make_disk_image(call, server, name, "snapshot", metadata);
    return start(call, server, std::move(state), "createImage", "compute_snapshot_instance");
}

std::int64_t rotation_in(const Json& body) {
    const Json& given = body.get("rotation");
    std::optional<std::int64_t> number;
    if (given.is_integer()) number = given.as_int();
    if (given.is_string()) number = to_int(given.as_string());
    if (!number || *number < 0)
        throw bad_request("ValidationError", "Invalid input for field/attribute rotation. It is a "
                                             "number of at least 0.");
    return *number;
}

Reply create_backup(Call& call, const Json& body) {
    check_members(body, {"name", "backup_type", "rotation", "metadata"});
    std::string name = name_member(body, "name");
    SnapshotServer state;
    state.backup_type = name_member(body, "backup_type");
    state.rotation = rotation_in(body);
    Json properties = metadata_in(call, body);
    Server server = server_for(call, "createBackup");
    state.server = server.id;
    // By these the rotation finds it again.
    properties["backup_type"] = state.backup_type;
    properties["image_type"] = "backup";
    properties["instance_uuid"] = server.id;
    state.copy.image = make_disk_image(call, server, name, "backup", properties);
    return start(call, server, std::move(state), "createBackup", "compute_backup_instance");
}
} // namespace

Resource server_images_resource() {
    return Resource()
        .action(action_path, "createImage", rule("servers:create_image"), create_image)
        .action(action_path, "createBackup", rule("os-create-backup"), create_backup);
}

} // namespace nephele::nova
