// SPDX-License-Identifier: Apache-2.0
// What a server's host keeps of it: the password its guest posted, how the guest is laid out; and
// its volumes.
#include "base/ids.h"
#include "base/strings.h"
#include "services/nova/api/manners.h"
#include "services/nova/api/server_view.h"
#include "services/nova/compute/host.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
using namespace api;
namespace {
// The host of the request's server; null for servers that are on none.
compute::Host* host_of(FreeCall& free, std::string& server_id) {
    Server server = free.read([](Call& call) { return server_of(call); });
    server_id = server.id;
    if (!server.host) return nullptr;
    auto* hosts = compute::hosts_of(free.cloud);
    auto* host = hosts ? hosts->find(*server.host) : nullptr;
    if (!host)
        throw Failure(
            Fault::not_implemented, "NotImplemented",
            format("What host {} keeps cannot be read from this control node.", *server.host));
    return host;
}

// Encrypted by the guest with the key pair's public key: of no use to others.
Reply show_password(FreeCall& free) {
    std::string id;
    auto* host = host_of(free, id);
    Reply reply;
    reply.body = Json::object({{"password", host ? host->password(id) : ""}});
    return reply;
}

Reply clear_password(FreeCall& free) {
    std::string id;
    if (auto* host = host_of(free, id)) host->clear_password(id);
    return Reply{.status = 204};
}

// No guest here is bound to parts of its host.
Json topology(Call& call) {
    server_of(call);
    return Json::object({{"nodes", Json::array()}, {"pagesize_kb", Json()}});
}

// ---- volumes, of which there are none yet ----

[[noreturn]] void no_attachment(Call& call) {
    std::string volume = call.path("volume_id").substr(0, 100);
    throw not_found("VolumeAttachmentNotFound",
                    format("Volume attachment {} could not be found.", volume));
}
Json show_attachment(Call& call) {
    server_of(call);
    no_attachment(call);
}
void change_attachment(Call& call) {
    unlocked_server_of(call);
    no_attachment(call);
}
Json attach_volume(Call& call, const Json& body) {
    const Json& wanted = only_member(body, "volumeAttachment");
    const Json& volume = wanted.get("volumeId");
    if (!volume.is_string() || !is_uuid(volume.as_string()))
        throw bad_request("ValidationError",
                          "Invalid input for field/attribute volumeId. It is a UUID.");
    unlocked_server_of(call);
    throw not_found(
        "VolumeNotFound",
        format("Volume {} could not be found: this cloud has no volumes.", volume.as_string()));
}
} // namespace

Resource server_details_resource() {
    RouteOptions since_2_78;
    since_2_78.since = {2, 78};
    return Resource()
        .on("GET /v2.1/servers/{server_id}/os-server-password", rule("os-server-password:show"),
            show_password)
        .on("DELETE /v2.1/servers/{server_id}/os-server-password", rule("os-server-password:clear"),
            clear_password, {.status = 204})
        .on("GET /v2.1/servers/{server_id}/topology", "compute:server:topology:index", topology,
            since_2_78)
        .on("GET /v2.1/servers/{server_id}/os-volume_attachments/{volume_id}",
            rule("os-volumes-attachments:show"), show_attachment)
        .on("POST /v2.1/servers/{server_id}/os-volume_attachments",
            rule("os-volumes-attachments:create"), attach_volume)
        .on("PUT /v2.1/servers/{server_id}/os-volume_attachments/{volume_id}",
            rule("os-volumes-attachments:update"), change_attachment, accepted)
        .on("DELETE /v2.1/servers/{server_id}/os-volume_attachments/{volume_id}",
            rule("os-volumes-attachments:delete"), change_attachment, accepted);
}

} // namespace nephele::nova
