// SPDX-License-Identifier: Apache-2.0
// Host aggregates: sets of hosts with metadata, some of them availability zones. Placement knows
// them as aggregates of the hosts' providers.
#include "base/strings.h"
#include "services/nova/api/manners.h"
#include "services/nova/ops/zones.h"
#include "services/nova/store/groups.h"
#include "services/nova/store/servers.h"
#include "services/placement/client.h"

#include <algorithm>

namespace nephele::nova {
using namespace api;
namespace {
constexpr const char* action_path = "POST /v2.1/os-aggregates/{aggregate_id}/action";

Json aggregate_json(const Call& call, const Aggregate& aggregate) {
    Json out = Json::object();
    if (!aggregate.zone().empty())
        out["availability_zone"] = aggregate.zone();
    else
        out["availability_zone"] = Json();
    out["created_at"] = iso_time(aggregate.created_at, 6, "");
    out["deleted"] = false;
    out["deleted_at"] = Json();
    out["hosts"] = Json(aggregate.hosts);
    out["id"] = aggregate.number;
    out["metadata"] = aggregate.metadata;
    out["name"] = aggregate.name;
    out["updated_at"] =
        aggregate.updated_at ? Json(iso_time(*aggregate.updated_at, 6, "")) : Json();
    if (call.version >= Version{2, 41}) out["uuid"] = aggregate.id;
    return out;
}
Json wrapped(const Call& call, const Aggregate& aggregate) {
    return Json::object({{"aggregate", aggregate_json(call, aggregate)}});
}

Aggregate aggregate_of(Call& call) {
    const std::string& id = call.path("aggregate_id");
    auto number = to_int(id);
    if (!number)
        throw bad_request("InvalidInput", format("Invalid input received: id must be an integer, "
                                                 "not {}",
                                                 id.substr(0, 100)));
    auto found = shape::select(call.tx, aggregates(), Scope::all(), {"number = ?", {*number}});
    if (found.empty())
        throw not_found("AggregateNotFound", format("Aggregate {} could not be found.", *number));
    return std::move(found.front());
}

Failure invalid(const std::string& what) {
    return bad_request("ValidationError", "Invalid input for field/attribute " + what);
}

std::string name_in(const Json& value, const char* what) {
    if (!value.is_string() || trim(value.as_string()).empty() ||
        trim(value.as_string()).size() != value.as_string().size() ||
        utf8_length(value.as_string()) > 255)
        throw invalid(format("{}. It is a text of 1 to 255 characters.", what));
    return value.as_string();
}

std::string zone_in(const Json& value) {
    std::string zone = name_in(value, "availability_zone");
    if (zone.find(':') != std::string::npos)
        throw invalid("availability_zone. It must not contain ':'.");
    return zone;
}

void check_name(Call& call, const std::string& name, const std::string& own_id) {
    for (auto& other : store::all_aggregates(call.tx))
        if (other.name == name && other.id != own_id)
            throw conflict("AggregateNameExists", format("Aggregate {} already exists.", name));
}

// A host is in one zone at most, and not moved to another under its servers.
void check_zone(Call& call, const Aggregate& aggregate, const std::vector<std::string>& hosts,
                const std::string& zone, const char* action) {
    auto refuse = [&](const std::string& why) {
        auto message = format("Cannot {} aggregate {}. Reason: {}.", action, aggregate.number, why);
        return conflict("InvalidAggregateAction", message);
    };
    for (auto& other : store::all_aggregates(call.tx))
        for (auto& host : hosts) {
            bool member =
                std::find(other.hosts.begin(), other.hosts.end(), host) != other.hosts.end();
            if (other.id != aggregate.id && member && !zone.empty() && !other.zone().empty() &&
                other.zone() != zone)
                throw refuse(
                    format("One or more hosts already in availability zone(s) {}", other.zone()));
        }
    auto servers = store::servers_by_host(call.tx);
    for (auto& host : hosts) {
        auto known = store::host_named(call.tx, host);
        if (servers[host] > 0 && known && !zone.empty() && known->zone != zone)
            throw refuse("One or more hosts contain instances in this zone");
    }
}

void save(Call& call, Aggregate& aggregate) {
    aggregate.updated_at = call.now;
    shape::update(call, aggregates(), aggregate);
    settle_zones(call);
}

Json list(Call& call) {
    Json out = Json::array();
    for (auto& aggregate : store::all_aggregates(call.tx))
        out.push_back(aggregate_json(call, aggregate));
    return Json::object({{"aggregates", std::move(out)}});
}
Json show(Call& call) { return wrapped(call, aggregate_of(call)); }

const Json& members_in(const Json& body, std::initializer_list<const char*> known) {
    const Json& wanted = only_member(body, "aggregate");
    if (!wanted.is_object() || wanted.size() == 0) throw invalid("aggregate.");
    for (auto& [key, value] : wanted.as_object())
        if (std::find_if(known.begin(), known.end(), [&](auto* k) { return key == k; }) ==
            known.end())
            throw bad_request("ValidationError",
                              format("Additional properties are not allowed ('{}' was unexpected)",
                                     key.substr(0, 100)));
    return wanted;
}

Json create(Call& call, const Json& body) {
    const Json& wanted = members_in(body, {"name", "availability_zone"});
    Aggregate aggregate;
    aggregate.id = call.new_uuid();
    aggregate.name = name_in(wanted.get("name"), "name");
    check_name(call, aggregate.name, "");
    if (const Json& zone = wanted.get("availability_zone"); !zone.is_null())
        aggregate.metadata["availability_zone"] = zone_in(zone);
    // Never given again, also when the last one is deleted.
    aggregate.number = call.tx.count("SELECT last FROM nova_aggregate_numbers") + 1;
    call.tx.exec("UPDATE nova_aggregate_numbers SET last = ?", db::Params{aggregate.number});
    aggregate.created_at = call.now;
    shape::insert(call, aggregates(), aggregate);
    Json out = aggregate_json(call, aggregate);
    out.erase("hosts");
    out.erase("metadata");
    return Json::object({{"aggregate", std::move(out)}});
}

Json update(Call& call, const Json& body) {
    const Json& wanted = members_in(body, {"name", "availability_zone"});
    Aggregate aggregate = aggregate_of(call);
    if (wanted.has("name")) {
        aggregate.name = name_in(wanted.at("name"), "name");
        check_name(call, aggregate.name, aggregate.id);
    }
    if (wanted.has("availability_zone")) {
        std::string zone = zone_in(wanted.at("availability_zone"));
        check_zone(call, aggregate, aggregate.hosts, zone, "update");
        aggregate.metadata["availability_zone"] = zone;
    }
    save(call, aggregate);
    return wrapped(call, aggregate);
}

void remove(Call& call) {
    Aggregate aggregate = aggregate_of(call);
    if (!aggregate.hosts.empty())
        throw bad_request("InvalidAggregateAction",
                          format("Cannot delete aggregate {}. Reason: Host aggregate is not empty.",
                                 aggregate.number));
    shape::erase(call, aggregates(), aggregate);
}

std::string host_in(const Json& body) { return name_in(only_member(body, "host"), "host"); }

Json add_host(Call& call, const Json& body) {
    std::string name = host_in(body);
    Aggregate aggregate = aggregate_of(call);
    auto host = store::host_named(call.tx, name);
    if (!host)
        throw not_found("ComputeHostNotFound", format("Compute host {} could not be found.", name));
    if (std::find(aggregate.hosts.begin(), aggregate.hosts.end(), name) != aggregate.hosts.end())
        throw conflict("AggregateHostExists",
                       format("Aggregate {} already has host {}.", aggregate.number, name));
    check_zone(call, aggregate, {name}, aggregate.zone(), "add host to");
    aggregate.hosts.push_back(name);
    save(call, aggregate);
    placement::join_aggregate(call, host->id, aggregate.id);
    return wrapped(call, aggregate);
}

Json remove_host(Call& call, const Json& body) {
    std::string name = host_in(body);
    Aggregate aggregate = aggregate_of(call);
    auto found = std::find(aggregate.hosts.begin(), aggregate.hosts.end(), name);
    if (found == aggregate.hosts.end())
        throw not_found("AggregateHostNotFound",
                        format("Aggregate {} has no host {}.", aggregate.number, name));
    if (!aggregate.zone().empty() && store::servers_by_host(call.tx)[name] > 0)
        throw conflict("InvalidAggregateAction",
                       format("Cannot remove host from aggregate {}. Reason: One or more hosts "
                              "contain instances in this zone.",
                              aggregate.number));
    aggregate.hosts.erase(found);
    save(call, aggregate);
    if (auto host = store::host_named(call.tx, name))
        placement::leave_aggregate(call, host->id, aggregate.id);
    return wrapped(call, aggregate);
}

Json set_metadata(Call& call, const Json& body) {
    const Json& metadata = only_member(body, "metadata");
    if (!metadata.is_object()) throw invalid("metadata.");
    Aggregate aggregate = aggregate_of(call);
    std::string zone_before = aggregate.zone();
    for (auto& [key, value] : metadata.as_object()) {
        if (key.empty() || utf8_length(key) > 255) throw invalid("metadata: a key is too long.");
        if (value.is_null()) {
            aggregate.metadata.erase(key);
            continue;
        }
        if (!value.is_string() || utf8_length(value.as_string()) > 255)
            throw invalid("metadata. Values are texts of up to 255 characters, or null.");
        aggregate.metadata[key] = key == "availability_zone" ? Json(zone_in(value)) : value;
    }
    if (aggregate.zone() != zone_before)
        check_zone(call, aggregate, aggregate.hosts, aggregate.zone(), "update metadata of");
    save(call, aggregate);
    return wrapped(call, aggregate);
}
} // namespace

Resource aggregates_resource() {
    RouteOptions answered;
    answered.status = 200;
    return Resource()
        .on("GET /v2.1/os-aggregates", rule("os-aggregates:index"), list)
        .on("POST /v2.1/os-aggregates", rule("os-aggregates:create"), create)
        .on("GET /v2.1/os-aggregates/{aggregate_id}", rule("os-aggregates:show"), show)
        .on("PUT /v2.1/os-aggregates/{aggregate_id}", rule("os-aggregates:update"), update)
        .on("DELETE /v2.1/os-aggregates/{aggregate_id}", rule("os-aggregates:delete"), remove,
            answered)
        .action(action_path, "add_host", rule("os-aggregates:add_host"), add_host, answered)
        .action(action_path, "remove_host", rule("os-aggregates:remove_host"), remove_host,
                answered)
        .action(action_path, "set_metadata", rule("os-aggregates:set_metadata"), set_metadata,
                answered);
}

} // namespace nephele::nova
