// SPDX-License-Identifier: Apache-2.0
// Servers: list, show, change, delete. Creating has a file of its own.
#include "services/nova/store/servers.h"
#include "base/strings.h"
#include "services/neutron/client.h"
#include "services/nova/api/manners.h"
#include "services/nova/api/server_create.h"
#include "services/nova/api/server_view.h"
#include "services/nova/logic/naming.h"
#include "services/nova/model/new_server.h"
#include "services/nova/ops/guest.h"
#include "services/nova/ops/operations.h"
#include "services/nova/store/server_filters.h"

namespace nephele::nova {
using namespace api;
namespace {

bool truth_of(const std::string& name, const std::string& text) {
    std::string word = lower(text);
    for (auto yes : {"1", "t", "true", "on", "y", "yes", ""})
        if (word == yes) return true;
    for (auto no : {"0", "f", "false", "off", "n", "no"})
        if (word == no) return false;
    throw bad_request("ValidationError", format("Invalid value for {}: '{}'", name, text));
}

// Which projects' servers are meant.
Scope scope_of_list(Call& call, Page& page, Where& where) {
    bool detail = call.in.route.path == "/v2.1/servers/detail";
    auto all = page.take("all_tenants");
    std::optional<std::string> project = page.take("project_id");
    if (auto tenant = page.take("tenant_id"); tenant && !project) project = tenant;
    bool everybody = all && truth_of("all_tenants", *all);
    if (everybody)
        call.enforce(
            rule(detail ? "servers:detail:get_all_tenants" : "servers:index:get_all_tenants"));
    if (project && everybody) {
        where.sql += (where.sql.empty() ? "" : " AND ") + std::string("project_id = ?");
        where.params.emplace_back(*project);
    }
    return everybody ? Scope::all() : Scope::project(call.project());
}

void refuse_unknown(Call& call, const Page& page) {
    if (call.version < Version{2, 75} || page.extra.empty()) return;
    throw bad_request("ValidationError",
                      format("Additional query parameters are not allowed ('{}' was unexpected)",
                             page.extra.begin()->first.substr(0, 100)));
}

// Only what stands in a pattern besides its anchors.
std::string plain(const std::string& pattern) {
    std::string text;
    for (char c : pattern)
        if (c != '^' && c != '$' && c != '\\') text += c;
    return text;
}

bool has_address(const std::vector<neutron::ServerAddress>& addresses,
                 const store::ServerQuery& query) {
    for (auto& a : addresses) {
        const std::string& wanted = a.version == 6 ? query.ip6 : query.ip;
        if (!wanted.empty() && a.address.find(plain(wanted)) != std::string::npos) return true;
    }
    return false;
}

const Table<Server>& table_of(const store::ServerQuery& query) {
    using Deleted = store::ServerQuery::Deleted;
    if (query.deleted == Deleted::only) return deleted_servers();
    return query.deleted == Deleted::with ? servers_with_deleted() : servers();
}

// What the database cannot decide (addresses live with neutron, expressions are ours) is asked of
// what else fits, a thousand at a time.
Listed<Server> list_by_looking(Call& call, const Page& page, const Scope& scope,
                               const store::ServerQuery& query) {
    Listed<Server> out;
    Page part = page;
    part.limit = 1000;
    bool by_address = !query.ip.empty() || !query.ip6.empty();
    for (bool more = true; more;) {
        Listed<Server> found = shape::list(call.tx, table_of(query), scope, part, query.where);
        more = found.more;
        if (more) part.marker = found.items.back().id;
        std::erase_if(found.items, [&](const Server& server) { return !query.fits(server); });
        std::vector<std::string> ids;
        for (auto& server : found.items) ids.push_back(server.id);
        auto addresses = by_address ? neutron::addresses_of_devices(call.tx, ids)
                                    : decltype(neutron::addresses_of_devices(call.tx, ids))();
        for (auto& server : found.items) {
            if (by_address && !has_address(addresses[server.id], query)) continue;
            out.more = page.limit && static_cast<std::int64_t>(out.items.size()) == *page.limit;
            if (out.more) return out;
            out.items.push_back(std::move(server));
        }
    }
    return out;
}

Listed<Server> list(Call& call, Page& page) {
    auto query =
        store::server_query(page, call.version, call.allowed(rule("servers:allow_all_filters")));
    Scope scope = scope_of_list(call, page, query.where);
    refuse_unknown(call, page);
    store::map_sort_keys(page, call.version);
    if (query.nothing) return {};
    bool in_database = query.ip.empty() && query.ip6.empty() && query.expressions.empty();
    Listed<Server> found = in_database
                               ? shape::list(call.tx, table_of(query), scope, page, query.where)
                               : list_by_looking(call, page, scope, query);
    if (!page.brief) fill_in(call, found.items);
    return found;
}

Server show(Call& call) {
    Server server = server_of(call);
    fill_in_one(call, server);
    return server;
}

Json update(Call& call, const ServerEdit& edit) {
    Server server = server_of(call);
    if (call.given("name")) server.name = std::string(trim(edit.name));
    if (call.given("OS-DCF:diskConfig")) server.disk_config = edit.disk_config;
    if (call.given("accessIPv4")) server.access_ipv4 = edit.access_ipv4;
    if (call.given("accessIPv6")) server.access_ipv6 = logic::usual_ipv6(edit.access_ipv6);
    if (call.given("description")) server.description = edit.description;
    if (call.given("hostname")) {
        check_hostname(call, edit.hostname);
        server.hostname = lower(edit.hostname);
    }
    shape::update(call, servers(), server);
    refresh_documents(call, server);
    return Json::object({{"server", changed_view(call, server)}});
}

// Where the site keeps deleted servers for a while, those that have run can be had back.
bool can_be_restored(Call& call, const Server& server) {
    bool runs = server.vm_state == VmState::active || server.vm_state == VmState::paused ||
                server.vm_state == VmState::suspended || server.vm_state == VmState::stopped;
    return call.cloud.config().integer("nova.reclaim_instance_interval") > 0 && runs &&
           server.host && !server.task_state;
}

void remove(Call& call) {
    Server server = unlocked_server_of(call);
    if (can_be_restored(call, server)) return start_power_action(call, server, "soft-delete");
    start_delete(call, server);
}

void force_remove(Call& call, const Json&) {
    Server server = unlocked_server_of(call);
    start_delete(call, server);
}

void restore(Call& call, const Json&) {
    Server server = server_for(call, "restore");
    start_power_action(call, server, "restore");
}

} // namespace

Resource servers_resource() {
    return Resource()
        .on("GET /v2.1/servers", rule("servers:index"), list,
            {.brief = true, .tolerant_query = true})
        .on("GET /v2.1/servers/detail", rule("servers:detail"), list, {.tolerant_query = true})
        .on("POST /v2.1/servers", rule("servers:create"), create_servers,
            {.status = 202, .body_limit = 256 * 1024})
        .on("GET /v2.1/servers/{server_id}", rule("servers:show"), show)
        .on("PUT /v2.1/servers/{server_id}", rule("servers:update"), update)
        .on("DELETE /v2.1/servers/{server_id}", rule("servers:delete"), remove)
        .action("POST /v2.1/servers/{server_id}/action", "forceDelete",
                rule("os-deferred-delete:force"), force_remove)
        .action("POST /v2.1/servers/{server_id}/action", "restore",
                rule("os-deferred-delete:restore"), restore);
}

} // namespace nephele::nova
