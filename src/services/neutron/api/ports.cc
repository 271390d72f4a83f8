// SPDX-License-Identifier: Apache-2.0
// /v2.0/ports
#include "services/neutron/ops/ports.h"

#include "base/strings.h"
#include "services/neutron/api/common.h"
#include "services/neutron/api/resources.h"

#include <set>

namespace nephele::neutron {
namespace {
policy::Target port_target(const Network& network, const Port& port) {
    auto target = target_on(network, port.project_id);
    target.set("device_owner", port.device_owner);
    return target;
}

// "create_port:fixed_ips:ip_address" and the like: rules for the parts of an address.
void enforce_addresses(Call& call, const std::string& action, const Port& port,
                       const policy::Target& target) {
    if (!call.given("fixed_ips")) return;
    bool by_address = false, by_subnet = false;
    for (auto& fixed : port.fixed_ips) (fixed.ip_address.empty() ? by_subnet : by_address) = true;
    if (by_address) call.enforce(action + ":fixed_ips:ip_address", target);
    if (by_subnet) call.enforce(action + ":fixed_ips:subnet_id", target);
}

std::optional<std::vector<FixedIp>> asked_addresses(Call& call, const Json& fields,
                                                    const Port& port) {
    if (!call.given("fixed_ips") || fields.get("fixed_ips").is_null()) return std::nullopt;
    return port.fixed_ips;
}

void read_tags(const Json& fields, Port& port) {
    const Json* tags = fields.find("tags");
    if (!tags) return;
    bool valid = tags->is_array() && tags->size() <= 50;
    for (auto& tag : valid ? tags->as_array() : Json::Array()) {
        valid = valid && tag.is_string() && utf8_length(tag.as_string()) <= 60;
        if (valid) port.tags.push_back(tag.as_string());
    }
    if (!valid)
        throw bad_request("HTTPBadRequest", "Invalid input for tags. Reason: a list of up to 50 "
                                            "texts of up to 60 characters is expected.");
}

// Naming a group twice is refused, as every list of distinct things is upstream.
void check_distinct_groups(const Port& port) {
    std::set<std::string> distinct(port.security_groups.begin(), port.security_groups.end());
    if (distinct.size() != port.security_groups.size())
        throw bad_request("HTTPBadRequest",
                          "Invalid input for security_groups. Reason: Duplicate items in the list: "
                          "'" +
                              join(port.security_groups, ", ") + "'.");
}

Port make(Call& call, const Json& asked) {
    Json fields = asked;
    fields.erase("tags");
    PortWish wish{.port = read_new<Port>(call, fields)};
    read_tags(asked, wish.port);
    check_distinct_groups(wish.port);
    auto network = need(call.tx, networks(), call.scope(), wish.port.network_id);
    auto target = port_target(network, wish.port);
    call.enforce("create_port", target);
    Port defaults;
    enforce_fields(call, "create_port", Port::shape(), &wish.port, &defaults, target);
    enforce_addresses(call, "create_port", wish.port, target);
    wish.fixed_ips = asked_addresses(call, fields, wish.port);
    wish.groups_given = call.given("security_groups") && !fields.get("security_groups").is_null();
    wish.security_given = call.given("port_security_enabled");
    return make_port(call, network, std::move(wish));
}
Reply create(Call& call, const Json& body) { return create_each<Port>(call, body, make); }

struct Changeable {
    Port port;
    Network network;
};
Changeable changeable(Call& call, const char* rule) {
    auto port = need(call.tx, ports(), call.scope(), call.path("port_id"));
    auto network = need(call.tx, networks(), Scope::all(), port.network_id);
    call.enforce(rule, port_target(network, port));
    check_revision(call, port.revision_number);
    return {port, network};
}

Port update(Call& call, const Json& body) {
    auto [before, network] = changeable(call, "update_port");
    Port after = before;
    read_edit(call, body, after);
    check_distinct_groups(after);
    auto target = port_target(network, after);
    enforce_fields(call, "update_port", Port::shape(), &after, nullptr, target);
    enforce_addresses(call, "update_port", after, target);
    auto addresses = asked_addresses(call, wrapped(body, "port"), after);
    after.fixed_ips = before.fixed_ips;
    return change_port(call, before, std::move(after), addresses);
}

void remove(Call& call) {
    Port port = changeable(call, "delete_port").port;
    check_deletable(port);
    drop_port(call, port);
}
Port show(Call& call) { return need(call.tx, ports(), call.scope(), call.path("port_id")); }

// fixed_ips=ip_address=10.0.0.3, fixed_ips=subnet_id=..., fixed_ips=ip_address_substr=0.0.
Where address_filter(Page& page) {
    std::vector<std::string> addresses, subnets, parts;
    for (auto& value : page.take_all("fixed_ips")) {
        auto equals = value.find('=');
        std::string key = value.substr(0, equals);
        std::string text = equals == std::string::npos ? "" : value.substr(equals + 1);
        if (key == "ip_address")
            addresses.push_back(text);
        else if (key == "subnet_id")
            subnets.push_back(text);
        else if (key == "ip_address_substr")
            parts.push_back(text);
        else
            throw bad_request("HTTPBadRequest",
                              format("'{}' is invalid for filtering by fixed_ips", key));
    }
    Where where;
    if (!addresses.empty()) where = both(where, any_of("a.ip_address", addresses));
    if (!subnets.empty()) where = both(where, any_of("a.subnet_id", subnets));
    for (auto& part : parts)
        where = both(where, {"a.ip_address LIKE ?", {"%" + replace_all(part, "%", "") + "%"}});
    if (where.sql.empty()) return where;
    where.sql = "neutron_ports.id IN (SELECT a.port_id FROM neutron_ip_allocations a WHERE " +
                where.sql + ")";
    return where;
}

Listed<Port> list(Call& call, Page& page) {
    Where where = address_filter(page);
    if (auto groups = page.take_all("security_groups"); !groups.empty()) {
        auto in = any_of("g.security_group_id", groups);
        in.sql = "neutron_ports.id IN (SELECT g.port_id FROM neutron_port_groups g WHERE " +
                 in.sql + ")";
        where = both(where, in);
    }
    return list_of(call, page, ports(), where);
}
} // namespace

Resource ports_resource() {
    return Resource()
        .on("GET /v2.0/ports", "get_port", list)
        .on("POST /v2.0/ports", enforced_by_handler, create, created)
        .on("GET /v2.0/ports/{port_id}", "get_port", show)
        .on("PUT /v2.0/ports/{port_id}", enforced_by_handler, update)
        .on("DELETE /v2.0/ports/{port_id}", enforced_by_handler, remove);
}

} // namespace nephele::neutron
