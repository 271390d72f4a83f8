// SPDX-License-Identifier: Apache-2.0
// POST /servers/{id}/action: rebuild, resize, confirmResize, revertResize.
#include "base/strings.h"
#include "services/glance/client.h"
#include "services/nova/api/manners.h"
#include "services/nova/api/server_create.h"
#include "services/nova/api/server_view.h"
#include "services/nova/logic/naming.h"
#include "services/nova/logic/quota.h"
#include "services/nova/logic/server_checks.h"
#include "services/nova/model/new_server.h"
#include "services/nova/ops/operations.h"
#include "services/nova/store/quotas.h"
#include "services/nova/store/servers.h"
#include "services/nova/store/tables.h"

namespace nephele::nova {
using namespace api;
namespace {
constexpr const char* action_path = "POST /v2.1/servers/{server_id}/action";

template <class S> void start(Call& call, const Server& server, const S& state) {
    ops::start(
        call, state,
        {.resource_kind = "server", .resource_id = server.id, .project_id = server.project_id});
}

// ---- rebuild ----

void refuse_unbuilt(const Rebuild& wanted) {
    if (wanted.preserve_ephemeral)
        throw bad_request("PreserveEphemeralNotServed",
                          "There are no ephemeral disks here to preserve.");
    if (wanted.personality.is_array() && wanted.personality.size() > 0)
        throw bad_request("PersonalityNotServed",
                          "personality (injected files) is not served. Use user_data.");
    if (wanted.trusted_certificates.is_array() && wanted.trusted_certificates.size() > 0)
        throw bad_request("CertificateValidationFailed",
                          "Trusted image certificates are not served by this cloud.");
}

void set_image(Call& call, const Rebuild& wanted, Server& server) {
    std::string id = wanted.image_id.substr(wanted.image_id.rfind('/') + 1);
    if (!is_uuid(id)) throw bad_request("InvalidImageRef", "Invalid imageRef provided.");
    auto image = glance::find_image(call.tx, call.scope(), id);
    if (!image) throw bad_request("ImageNotFound", "Cannot find image for rebuild");
    logic::check_image({image->id, image->status, image->min_disk, image->min_ram, image->size,
                        image->virtual_size},
                       server.root_gb, server.memory_mb);
    server.image_id = image->id;
}

void set_key(Call& call, const Rebuild& wanted, Server& server) {
    if (!call.given("key_name")) return;
    server.key_name.reset();
    server.public_key.clear();
    if (!wanted.key_name) return;
    auto key = store::find_keypair(call.tx, server.user_id, *wanted.key_name);
    if (!key) throw bad_request("KeypairNotFound", "Invalid key_name provided.");
    server.key_name = key->name;
    server.public_key = key->public_key;
}

void set_rest(Call& call, const Rebuild& wanted, Server& server) {
    if (call.given("name")) server.name = wanted.name;
    if (call.given("description")) server.description = wanted.description;
    if (call.given("accessIPv4")) server.access_ipv4 = wanted.access_ipv4;
    if (call.given("accessIPv6")) server.access_ipv6 = logic::usual_ipv6(wanted.access_ipv6);
    if (call.given("OS-DCF:diskConfig")) server.disk_config = wanted.disk_config;
    if (call.given("hostname")) {
        check_hostname(call, wanted.hostname);
        server.hostname = lower(wanted.hostname);
    }
    if (call.given("metadata")) {
        logic::check_metadata(wanted.metadata,
                              store::limit_of(call.tx, server.project_id, "metadata_items"));
        server.metadata = wanted.metadata;
    }
    if (!call.given("user_data")) return;
    if (wanted.user_data) logic::check_user_data(*wanted.user_data);
    server.user_data = wanted.user_data;
}

Json rebuild(Call& call, const Json& body) {
    Rebuild wanted;
    Rebuild::shape().read(body, &wanted, call.reading);
    refuse_unbuilt(wanted);
    Server server = server_for(call, "rebuild");
    set_image(call, wanted, server);
    set_key(call, wanted, server);
    set_rest(call, wanted, server);
    server.task_state = TaskState::rebuilding;
    shape::update(call, servers(), server);
    store::begin_action(call, server, "rebuild", "compute_rebuild_instance");
    start(call, server, RebuildServer{.server = server.id});
    call.headers.set("Location", call.in.base_url + "/v2.1/servers/" + server.id);
    Json out = changed_view(call, server);
    out["adminPass"] = wanted.admin_password.value_or(call.new_hex().substr(0, 12));
    if (call.version >= Version{2, 54}) out["key_name"] = Json(server.key_name);
    // Upstream shows it under its plain name here, and not as in other answers.
    out.erase("OS-EXT-SRV-ATTR:user_data");
    if (call.version >= Version{2, 57}) out["user_data"] = Json(server.user_data);
    return Json::object({{"server", std::move(out)}});
}

// ---- resize ----

void check_room(Call& call, const Server& server, const Flavor& flavor) {
    auto limits = store::limits_of(call.tx, server.project_id);
    auto used = store::usage_of(call.tx, server.project_id);
    // Only what it becomes larger by.
    used["instances"] -= 1;
    used["cores"] -= server.vcpus;
    used["ram"] -= server.memory_mb;
    if (flavor.vcpus <= server.vcpus) limits["cores"] = -1;
    if (flavor.ram <= server.memory_mb) limits["ram"] = -1;
    limits["instances"] = -1;
    logic::check_instances(limits, used, 1, flavor.vcpus, flavor.ram);
}

void resize(Call& call, const Json& body) {
    if (!body.is_object()) throw bad_request("ValidationError", "resize takes an object.");
    for (auto& [key, value] : body.as_object())
        if (key != "flavorRef" && key != "OS-DCF:diskConfig")
            throw bad_request("ValidationError",
                              format("Additional properties are not allowed ('{}' was unexpected)",
                                     key.substr(0, 100)));
    const Json& reference = body.get("flavorRef");
    std::string id =
        reference.is_integer() ? std::to_string(reference.as_int()) : body.text("flavorRef");
    if (id.empty() || id.size() > 255)
        throw bad_request("ValidationError", "Invalid input for field/attribute flavorRef.");
    std::string disk_config = body.text("OS-DCF:diskConfig", "AUTO");
    if (disk_config != "AUTO" && disk_config != "MANUAL")
        throw bad_request("ValidationError", "Invalid input for field/attribute diskConfig.");
    Server server = server_for(call, "resize");
    Flavor flavor;
    try {
        flavor = store::need_flavor(call.tx, id.substr(id.rfind('/') + 1), call.project(),
                                    call.is_admin());
    } catch (const Failure& absent) {
        throw bad_request(absent.code(), "Unable to locate requested flavor.");
    }
    if (flavor.id == server.flavor.id)
        throw bad_request("CannotResizeToSameFlavor",
                          "When resizing, instances must change flavor!");
    if (flavor.disk < server.root_gb)
        throw bad_request("CannotResizeDisk", "Server disk was unable to be resized because: "
                                              "Resize to a smaller disk is not possible.");
    if (flavor.ephemeral > 0 || flavor.swap > 0)
        throw bad_request("InvalidFlavor",
                          "Flavors with ephemeral or swap disks are not served here.");
    check_room(call, server, flavor);
    server.task_state = TaskState::resize_prep;
    if (body.has("OS-DCF:diskConfig")) server.disk_config = disk_config;
    shape::update(call, servers(), server);
    store::begin_action(call, server, "resize", "compute_prep_resize");
    FlavorCopy to{flavor.id,   flavor.name,      flavor.vcpus, flavor.ram,
                  flavor.disk, flavor.ephemeral, flavor.swap,  flavor.extra_specs};
    start(call, server, ResizeServer{.server = server.id, .to = std::move(to)});
}

Server resized(Call& call, const char* action) {
    Server server = server_for(call, action);
    if (!server.resize) throw bad_request("MigrationNotFound", "Instance has not been resized.");
    return server;
}

void confirm(Call& call, const Json&) {
    Server server = resized(call, "confirmResize");
    store::begin_action(call, server, "confirmResize", "compute_confirm_resize");
    confirm_resize(call, server);
    store::finish_action(call, server.id, server.host.value_or(""), "");
}

void revert(Call& call, const Json&) {
    Server server = resized(call, "revertResize");
    server.task_state = TaskState::resize_reverting;
    shape::update(call, servers(), server);
    store::begin_action(call, server, "revertResize", "compute_revert_resize");
    start(call, server, RevertResize{.server = server.id});
}
} // namespace

Resource server_rebuild_resource() {
    return Resource()
        .action(action_path, "rebuild", rule("servers:rebuild"), rebuild)
        .action(action_path, "resize", rule("servers:resize"), resize)
        .action(action_path, "confirmResize", rule("servers:confirm_resize"), confirm, no_content)
        .action(action_path, "revertResize", rule("servers:revert_resize"), revert);
}

} // namespace nephele::nova
