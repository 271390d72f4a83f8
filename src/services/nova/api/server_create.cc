// SPDX-License-Identifier: Apache-2.0
// POST /servers.
#include "services/nova/api/server_create.h"

#include "base/strings.h"
#include "services/glance/client.h"
#include "services/nova/api/manners.h"
#include "services/nova/logic/naming.h"
#include "services/nova/logic/quota.h"
#include "services/nova/logic/server_checks.h"
#include "services/nova/model/links.h"
#include "services/nova/ops/operations.h"
#include "services/nova/ops/ports.h"
#include "services/nova/store/groups.h"
#include "services/nova/store/quotas.h"
#include "services/nova/store/servers.h"
#include "services/nova/store/tables.h"

namespace nephele::nova {
using namespace api;
namespace {

NewServer read_new_server(Call& call, const Json& body, Json& hints) {
    if (!body.is_object() || !body.has("server"))
        throw bad_request("ValidationError",
                          "Invalid input for field/attribute body. 'server' is a "
                          "required property");
    for (auto& [key, value] : body.as_object()) {
        if (key == "server") continue;
        if (key != "os:scheduler_hints" && key != "OS-SCH-HNT:scheduler_hints")
            throw bad_request("ValidationError",
                              format("Additional properties are not allowed ('{}' was unexpected)",
                                     key.substr(0, 100)));
        if (!value.is_object())
            throw bad_request("ValidationError",
                              "Invalid input for field/attribute os:scheduler_hints.");
        hints = value;
    }
    NewServer wanted;
    NewServer::shape().read(body.at("server"), &wanted, call.reading);
    return wanted;
}

// What is not built is refused, not ignored.
void refuse_unbuilt(const NewServer& wanted, const Json& hints) {
    auto some = [](const Json& list) { return list.is_array() && list.size() > 0; };
    if (some(wanted.block_devices) ||
        logic::needs_volumes(wanted.block_devices_v2, wanted.image_id))
        throw bad_request("InvalidBDM",
                          "Block Device Mapping is Invalid: servers with volumes are not served by "
                          "this cloud. Boot from an image without block devices.");
    if (some(wanted.personality))
        throw bad_request("PersonalityNotServed",
                          "personality (injected files) is not served. Use user_data.");
    if (some(wanted.trusted_certificates))
        throw bad_request("CertificateValidationFailed",
                          "Trusted image certificates are not served by this cloud.");
    for (auto& [key, value] : hints.as_object())
        if (key != "same_host" && key != "different_host" && key != "group")
            throw bad_request("ValidationError",
                              format("The scheduler hint '{}' is not honoured here: group, "
                                     "same_host and different_host are.",
                                     key.substr(0, 100)));
}

// "zone", or "zone:host[:node]" for who may choose the host.
void set_destination(Call& call, const NewServer& wanted, Server& server) {
    auto place = logic::read_zone(wanted.availability_zone.value_or(""));
    if (!place.host.empty()) call.enforce(rule("servers:create:forced_host"));
    if (!place.zone.empty()) server.requested_zone = place.zone;
    server.requested_host = place.host;
    server.past_scheduler = !place.host.empty();
    if (wanted.host || wanted.hypervisor_hostname) {
        call.enforce("compute:servers:create:requested_destination");
        server.requested_host = wanted.host ? *wanted.host : *wanted.hypervisor_hostname;
    }
    if (!server.requested_host.empty() && !store::host_named(call.tx, server.requested_host))
        throw bad_request("ComputeHostNotFound",
                          format("Compute host {} could not be found.", server.requested_host));
    if (server.requested_zone && !store::zone_exists(call.tx, *server.requested_zone))
        throw bad_request("InvalidRequest", "The requested availability zone is not available");
}

FlavorCopy flavor_for(Call& call, const NewServer& wanted) {
    Flavor f;
    try {
        f = store::need_flavor(call.tx, wanted.flavor_id, call.project(), call.is_admin());
    } catch (const Failure& absent) {
        throw bad_request(absent.code(), absent.what());
    }
    if (f.disk == 0 && !call.allowed(rule("servers:create:zero_disk_flavor")))
        throw forbidden("BootFromVolumeRequiredForZeroDiskFlavor",
                        "Only volume-backed servers are allowed for flavors with zero disk.");
    if (f.ephemeral > 0 || f.swap > 0)
        throw bad_request("InvalidFlavor",
                          format("Flavor {} has ephemeral or swap disks, which this cloud does not "
                                 "serve yet. Choose another flavor.",
                                 f.id));
    return {f.id, f.name, f.vcpus, f.ram, f.disk, f.ephemeral, f.swap, f.extra_specs};
}

std::string image_for(Call& call, const NewServer& wanted, const FlavorCopy& flavor) {
    // Full URLs are accepted by upstream: the id is what counts.
    std::string id = wanted.image_id.substr(wanted.image_id.rfind('/') + 1);
    if (!is_uuid(id)) throw bad_request("InvalidImageRef", "Invalid imageRef provided.");
    auto image = glance::find_image(call.tx, call.scope(), id);
    if (!image) throw bad_request("ImageNotFound", "Can not find requested image");
    logic::check_image({image->id, image->status, image->min_disk, image->min_ram, image->size,
                        image->virtual_size},
                       flavor.disk, flavor.ram);
    return image->id;
}

void set_key(Call& call, const NewServer& wanted, Server& server) {
    if (!wanted.key_name) return;
    auto key = store::find_keypair(call.tx, call.who.user_id, *wanted.key_name);
    if (!key) throw bad_request("KeypairNotFound", "Invalid key_name provided.");
    server.key_name = key->name;
    server.public_key = key->public_key;
}

Server template_of(Call& call, const NewServer& wanted, const Json& hints) {
    Server server;
    server.project_id = call.project();
    server.user_id = call.who.user_id;
    server.description = wanted.description;
    server.metadata = wanted.metadata;
    server.tags = wanted.tags;
    server.config_drive = wanted.config_drive;
    server.access_ipv4 = wanted.access_ipv4;
    server.access_ipv6 = logic::usual_ipv6(wanted.access_ipv6);
    server.disk_config = wanted.disk_config;
    server.user_data = wanted.user_data;
    server.scheduler_hints = hints;
    server.task_state = TaskState::scheduling;
    server.created_at = server.updated_at = call.now;
    server.reservation_id = "r-" + call.new_hex().substr(0, 8);
    logic::check_metadata(wanted.metadata,
                          store::limit_of(call.tx, call.project(), "metadata_items"));
    if (wanted.user_data) logic::check_user_data(*wanted.user_data);
    set_destination(call, wanted, server);
    server.flavor = flavor_for(call, wanted);
    server.image_id = image_for(call, wanted, server.flavor);
    server.flavor_id = server.flavor.id;
    server.vcpus = server.flavor.vcpus;
    server.memory_mb = server.flavor.ram;
    server.root_gb = server.flavor.disk;
    set_key(call, wanted, server);
    return server;
}

// min_count fit or nothing; beyond that as many as the quota allows.
std::int64_t count_of(Call& call, const NewServer& wanted, const Server& server) {
    std::int64_t least = wanted.min_count.value_or(1);
    std::int64_t most = wanted.max_count.value_or(least);
    if (least > most) throw bad_request("ValidationError", "min_count must be <= max_count");
    if (most > 1 && wanted.hostname && call.version < Version{2, 94})
        throw bad_request("AmbiguousHostnameForMultipleInstances",
                          "Unable to allocate a single hostname to multiple instances");
    auto limits = store::limits_of(call.tx, call.project());
    auto used = store::usage_of(call.tx, call.project());
    std::int64_t fits =
        logic::instances_that_fit(limits, used, most, server.vcpus, server.memory_mb);
    if (fits < least) logic::check_instances(limits, used, least, server.vcpus, server.memory_mb);
    return std::max(fits, least);
}

// The group of the hint; room for so many more servers in it.
std::optional<std::string> group_for(Call& call, const Json& hints, std::int64_t count) {
    const Json& hint = hints.get("group");
    if (hint.is_null()) return std::nullopt;
    if (!hint.is_string() || !is_uuid(hint.as_string()))
        throw bad_request(
            "ValidationError",
            "Invalid input for field/attribute group. It is the id of a server group.");
    auto group = shape::find(call.tx, server_groups(), call.scope(), hint.as_string());
    if (!group)
        throw bad_request("InstanceGroupNotFound",
                          format("Instance group {} could not be found.", hint.as_string()));
    std::int64_t limit = store::limit_of(call.tx, call.project(), "server_group_members");
    auto members = store::members_of(call.tx, {group->id})[group->id].size();
    if (limit >= 0 && static_cast<std::int64_t>(members) + count > limit)
        throw forbidden("OverQuota", "Quota exceeded, too many servers in group");
    return group->id;
}

Server make_one(Call& call, const NewServer& wanted, const Server& like, const PortPlan& plan,
                std::int64_t index, std::int64_t count) {
    Server server = like;
    server.id = call.new_uuid();
    server.name = logic::name_of_one(wanted.name, index, count);
    server.launch_index = index;
    server.hostname = wanted.hostname ? logic::name_of_one(lower(*wanted.hostname), index, count)
                                      : logic::hostname_from(server.name, server.id);
    make_ports(call, plan, server);
    shape::insert(call, servers(), server);
    store::begin_action(call, server, "create", "compute__do_build_and_run_instance");
    ops::start(
        call, CreateServer{.server = server.id},
        {.resource_kind = "server", .resource_id = server.id, .project_id = server.project_id});
    return server;
}

Json answer(Call& call, const NewServer& wanted, const Server& first) {
    if (wanted.return_reservation_id)
        return Json::object({{"reservation_id", first.reservation_id}});
    Json groups = Json::array();
    for (auto& group : wanted.security_groups)
        groups.push_back(Json::object({{"name", group.name}}));
    if (groups.size() == 0) groups.push_back(Json::object({{"name", "default"}}));
    std::string password = wanted.admin_password.value_or(call.new_hex().substr(0, 12));
    call.headers.set("Location", call.in.base_url + "/v2.1/servers/" + first.id);
    return Json::object(
        {{"server", Json::object({{"id", first.id},
                                  {"links", links_of(call.in.base_url, "servers", first.id)},
                                  {"OS-DCF:diskConfig", first.disk_config},
                                  {"security_groups", std::move(groups)},
                                  {"adminPass", password}})}});
}
} // namespace

void check_hostname(const Call& call, const std::string& hostname) {
    bool full = call.version >= Version{2, 94};
    if (!logic::is_hostname_allowed(hostname, full))
        throw bad_request("ValidationError",
                          format("Invalid input for field/attribute hostname. Value: {}. It is not "
                                 "a {}.",
                                 hostname.substr(0, 100),
                                 full ? "fully qualified domain name" : "host name of one label"));
}

Json create_servers(Call& call, const Json& body) {
    Json hints = Json::object();
    NewServer wanted = read_new_server(call, body, hints);
    refuse_unbuilt(wanted, hints);
    if (wanted.hostname) check_hostname(call, *wanted.hostname);
    Server like = template_of(call, wanted, hints);
    std::int64_t count = count_of(call, wanted, like);
    PortRules rules;
    rules.required = call.version >= Version{2, 37};
    rules.may_attach_external = call.allowed("network:attach_external_network");
    rules.servers = count;
    if (wanted.networks.is_array() && wanted.networks.size() > 0)
        call.enforce(rule("servers:create:attach_network"));
    PortPlan plan = plan_ports(call, call.scope(), call.project(), wanted.networks,
                               wanted.security_groups, rules);
    auto group = group_for(call, hints, count);
    Server first;
    for (std::int64_t i = 0; i < count; ++i) {
        Server server = make_one(call, wanted, like, plan, i, count);
        if (group) store::join_group(call.tx, *group, server.id);
        if (i == 0) first = std::move(server);
    }
    return answer(call, wanted, first);
}

} // namespace nephele::nova
