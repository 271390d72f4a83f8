// SPDX-License-Identifier: Apache-2.0
// The shape of servers: every field once, with the versions in which it exists and who sees it.
#include "services/nova/model/server.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/nova/model/links.h"

#include <unordered_map>

namespace nephele::nova {
using namespace shape;

const Shape<FlavorCopy>& FlavorCopy::shape() {
    static const auto s = Shape<FlavorCopy>()
                              .field("id", &FlavorCopy::id)
                              .field("name", &FlavorCopy::name)
                              .field("vcpus", &FlavorCopy::vcpus)
                              .field("ram", &FlavorCopy::ram)
                              .field("disk", &FlavorCopy::disk)
                              .field("ephemeral", &FlavorCopy::ephemeral)
                              .field("swap", &FlavorCopy::swap)
                              .field("extra_specs", &FlavorCopy::extra_specs);
    return s;
}

const Shape<ServerFault>& ServerFault::shape() {
    static const auto s = Shape<ServerFault>()
                              .field("code", &ServerFault::code)
                              .field("created", &ServerFault::created)
                              .field("message", &ServerFault::message)
                              .field("details", &ServerFault::details);
    return s;
}

const Shape<ResizeRecord>& ResizeRecord::shape() {
    static const auto s = Shape<ResizeRecord>()
                              .field("flavor", &ResizeRecord::flavor)
                              .field("host", &ResizeRecord::host)
                              .field("node", &ResizeRecord::node)
                              .field("vm_state", &ResizeRecord::vm_state);
    return s;
}

namespace {
constexpr const char* host_attributes = "os_compute_api:os-extended-server-attributes";

bool may(const View& view, const char* rule, const Server& s) {
    return !view.allowed || view.allowed(rule, &s);
}

Json status(const Server& s, const View&) { return status_of(s.vm_state, s.task_state); }
void links(std::string& out, const Server& s, const View& view) {
    append_links(out, view.base_url, "servers", s.id);
}

// Lists ask for the same few pairs of project and host again and again.
Json host_id(const Server& s, const View&) {
    if (!s.host) return "";
    thread_local std::unordered_map<std::string, std::string> known;
    std::string hashed = s.project_id + *s.host;
    if (auto found = known.find(hashed); found != known.end()) return found->second;
    if (known.size() >= 4096) known.clear();
    return known[hashed] = hex_encode(crypto::digest(crypto::Digest::sha224, hashed));
}

void image(std::string& out, const Server& s, const View& view) {
    if (s.image_id.empty()) {
        out += "\"\"";
        return;
    }
    append_json_string(out += "{\"id\":", s.image_id);
    append_bookmark(out += ",\"links\":", view.base_url, "images", s.image_id);
    out += '}';
}

void flavor(std::string& out, const Server& s, const View& view) {
    const FlavorCopy& f = s.flavor;
    if (view.version < Version{2, 47}) {
        append_json_string(out += "{\"id\":", f.id);
        append_bookmark(out += ",\"links\":", view.base_url, "flavors", f.id);
        out += '}';
        return;
    }
    append_json_integer(out += "{\"vcpus\":", f.vcpus);
    append_json_integer(out += ",\"ram\":", f.ram);
    append_json_integer(out += ",\"disk\":", f.disk);
    append_json_integer(out += ",\"ephemeral\":", f.ephemeral);
    append_json_integer(out += ",\"swap\":", f.swap);
    append_json_string(out += ",\"original_name\":", f.name);
    if (may(view, "os_compute_api:servers:show:flavor-extra-specs", s))
        f.extra_specs.dump_to(out += ",\"extra_specs\":");
    out += '}';
}

Json fault(const Server& s, const View& view) {
    bool shown = s.vm_state == VmState::error || s.vm_state == VmState::deleted;
    if (!shown || !s.fault) return Json();
    Json::Object out{{"code", s.fault->code},
                     {"created", iso_time(s.fault->created)},
                     {"message", s.fault->message}};
    if (!s.fault->details.empty() && (s.fault->code != 500 || may(view, "context_is_admin", s)))
        out.emplace_back("details", s.fault->details);
    return Json(std::move(out));
}

Json progress(const Server& s, const View&) {
    return shows_progress(s.vm_state, s.task_state) ? Json(0) : Json();
}
// Hidden while the server is being built, as upstream does.
void addresses(std::string& out, const Server& s, const View&) {
    out += s.vm_state == VmState::building || s.addresses.empty() ? "{}" : s.addresses;
}
Json config_drive(const Server& s, const View&) { return s.config_drive ? "True" : ""; }
Json null(const Server&, const View&) { return Json(); }
Json empty_text(const Server&, const View&) { return ""; }
Json no_volumes(const Server&, const View&) { return Json(Json::Array()); }
Json locked(const Server& s, const View&) { return s.locked_by.has_value(); }
Json hostname_of(const Server& s, const View&) { return s.hostname; }
Json user_data(const Server& s, const View&) { return Json(s.user_data); }
Json host_status(const Server& s, const View& view) {
    if (may(view, "os_compute_api:servers:show:host_status", s)) return s.host_status;
    bool unknown = s.host_status == "UNKNOWN" &&
                   may(view, "os_compute_api:servers:show:host_status:unknown-only", s);
    return unknown ? Json(s.host_status) : Json();
}
void security_groups(std::string& out, const Server& s, const View&) {
    out += s.security_groups.empty() ? "null" : s.security_groups;
}
Json server_groups(const Server& s, const View&) { return s.server_groups; }

void basic_fields(Shape<Server>& s) {
    s.field("id", &Server::id, {brief, not_filterable})
        .field("name", &Server::name, {brief, not_filterable})
        .computed("status", status)
        .field("tenant_id", &Server::project_id, {not_filterable, column("project_id")})
        .field("user_id", &Server::user_id, {not_filterable})
        .field("metadata", &Server::metadata, {not_filterable})
        .computed("hostId", host_id)
        .computed("image", image)
        .computed("flavor", flavor)
        .field("created", &Server::created_at, {not_filterable, column("created_at")})
        .field("updated", &Server::updated_at, {not_filterable, column("updated_at")})
        .computed("addresses", addresses)
        .field("accessIPv4", &Server::access_ipv4, {not_filterable, column("access_ipv4")})
        .field("accessIPv6", &Server::access_ipv6, {not_filterable, column("access_ipv6")})
        .computed("links", links, {brief})
        .field("OS-DCF:diskConfig", &Server::disk_config, {not_filterable, column("disk_config")})
        .computed("fault", fault, {omit_null})
        .computed("progress", progress, {omit_null})
        .field("OS-EXT-AZ:availability_zone", &Server::availability_zone,
               {not_filterable, column("availability_zone")})
        .computed("config_drive", config_drive)
        .field("key_name", &Server::key_name, {not_filterable})
        .field("OS-SRV-USG:launched_at", &Server::launched_at,
               {not_filterable, column("launched_at"), time_format(6, "")})
        .field("OS-SRV-USG:terminated_at", &Server::terminated_at,
               {not_filterable, column("terminated_at"), time_format(6, "")})
        .computed("security_groups", security_groups, {omit_null});
}

void extended_fields(Shape<Server>& s) {
    s.field("OS-EXT-SRV-ATTR:host", &Server::host,
            {not_filterable, column("host"), shown_if(host_attributes)})
        .field("OS-EXT-SRV-ATTR:instance_name", &Server::instance_name,
               {not_filterable, column("instance_name"), shown_if(host_attributes)})
        .field("OS-EXT-SRV-ATTR:hypervisor_hostname", &Server::node,
               {not_filterable, column("node"), shown_if(host_attributes)})
        .field("OS-EXT-SRV-ATTR:reservation_id", &Server::reservation_id,
               {not_filterable, column("reservation_id"), since(2, 3), shown_if(host_attributes)})
        .field("OS-EXT-SRV-ATTR:launch_index", &Server::launch_index,
               {not_filterable, column("launch_index"), since(2, 3), shown_if(host_attributes)})
        .field("OS-EXT-SRV-ATTR:hostname", &Server::hostname,
               {not_filterable, column("hostname"), since(2, 3), until(2, 89),
                shown_if(host_attributes)})
        .computed("OS-EXT-SRV-ATTR:hostname", hostname_of, {since(2, 90)})
        .computed("OS-EXT-SRV-ATTR:kernel_id", empty_text, {since(2, 3), shown_if(host_attributes)})
        .computed("OS-EXT-SRV-ATTR:ramdisk_id", empty_text,
                  {since(2, 3), shown_if(host_attributes)})
        .computed("OS-EXT-SRV-ATTR:root_device_name",
                  [](const Server&, const View&) { return Json("/dev/vda"); },
                  {since(2, 3), shown_if(host_attributes)})
        .computed("OS-EXT-SRV-ATTR:user_data", user_data, {since(2, 3), shown_if(host_attributes)})
        .field("OS-EXT-STS:task_state", &Server::task_state, {not_filterable, column("task_state")})
        .field("OS-EXT-STS:vm_state", &Server::vm_state, {not_filterable, column("vm_state")})
        .field("OS-EXT-STS:power_state", &Server::power_state,
               {not_filterable, column("power_state")})
        .computed("os-extended-volumes:volumes_attached", no_volumes)
        .computed("host_status", host_status, {since(2, 16), omit_null})
        .computed("locked", locked, {since(2, 9)})
        .field("locked_reason", &Server::locked_reason, {not_filterable, since(2, 73)})
        .field("description", &Server::description, {not_filterable, since(2, 19)})
        .field("tags", &Server::tags, {not_filterable, since(2, 26)})
        .computed("trusted_image_certificates", null, {since(2, 63)})
        .computed("server_groups", server_groups, {since(2, 71), omit_null})
        .field("pinned_availability_zone", &Server::requested_zone,
               {not_filterable, column("requested_zone"), since(2, 96)});
}

// What is kept but has no name in the API.
void inner_fields(Shape<Server>& s) {
    s.field("image_ref", &Server::image_id, {hidden, not_filterable})
        .field("flavor_copy", &Server::flavor, {hidden, not_filterable})
        .field("flavor_id", &Server::flavor_id, {hidden, not_filterable})
        .field("vcpus", &Server::vcpus, {hidden, not_filterable})
        .field("memory_mb", &Server::memory_mb, {hidden, not_filterable})
        .field("root_gb", &Server::root_gb, {hidden, not_filterable})
        .field("public_key", &Server::public_key, {hidden, not_filterable})
        .field("user_data", &Server::user_data, {secret, not_filterable})
        .field("requested_host", &Server::requested_host, {hidden, not_filterable})
        .field("past_scheduler", &Server::past_scheduler, {hidden, not_filterable})
        .field("kept_ports", &Server::kept_ports, {hidden, not_filterable})
        .field("scheduler_hints", &Server::scheduler_hints, {hidden, not_filterable})
        .field("drive", &Server::config_drive, {hidden, not_filterable, column("config_drive")})
        .field("locked_by", &Server::locked_by, {hidden, not_filterable})
        .field("fault_record", &Server::fault, {hidden, not_filterable})
        .field("device_tags", &Server::device_tags, {hidden, not_filterable})
        .field("resize_record", &Server::resize, {hidden, not_filterable})
        .field("rescue_image", &Server::rescue_image, {hidden, not_filterable})
        .field("shelved_image", &Server::shelved_image, {hidden, not_filterable});
}
} // namespace

const Shape<Server>& Server::shape() {
    static const auto s = [] {
        Shape<Server> shape("server", "servers");
        basic_fields(shape);
        extended_fields(shape);
        inner_fields(shape);
        return shape;
    }();
    return s;
}

} // namespace nephele::nova
