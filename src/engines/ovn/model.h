// SPDX-License-Identifier: Apache-2.0
// What the northbound database of OVN should contain, in typed form. The caller hands in rows;
// where they are stored, and under which uuid, is the reconciler's business. Rows point to each
// other by key. Names of fields follow ovn-nb(5); OVN 23.03 is the oldest schema we write to.
#pragma once
#include "engines/ovsdb/value.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nephele::ovn {

using ovsdb::StringMap;

/// Who a row is, unique within its table. Two rows of one table may stand for the same thing under
/// different kinds (a network's localnet port and its metadata port).
struct RowKey {
    std::string kind;
    std::string id;
    auto operator<=>(const RowKey&) const = default;
};

/// Kept in external_ids under "nephele:", together with the notes.
struct Identity {
    std::string kind;
    std::string id;
    /// The thing this row belongs to (a router's routes: the router). A scope that names the owner
    /// covers the row.
    std::string owner;
    /// Of the record this row was made from. A row never goes back to an older revision.
    std::int64_t revision = 0;
    StringMap notes;

    RowKey key() const { return {kind, id}; }
};

struct LogicalSwitch {
    Identity self;
    std::string name;
    StringMap other_config;
};

struct SwitchPort {
    Identity self;
    RowKey logical_switch;
    std::string name; ///< unique in the whole database; the iface-id of the interface
    std::string type; ///< "", "router", "localnet", "localport", "virtual", ...
    std::vector<std::string>
        addresses; ///< "fa:16:3e:00:00:01 10.0.0.5 2001:db8::5", "router", "unknown"
    std::vector<std::string> port_security;
    StringMap options;
    bool enabled = true;
    std::optional<RowKey> dhcpv4, dhcpv6; ///< rows of DhcpOptions
    std::vector<RowKey> groups;           ///< every port group of ours that it is a member of
    std::string parent_name;              ///< a trunk's parent port, with `tag`
    std::optional<int> tag;
};

struct DhcpOptions {
    Identity self;
    std::string cidr; ///< of either family
    StringMap options;
};

struct LogicalRouter {
    Identity self;
    std::string name;
    bool enabled = true;
    StringMap options;
};

/// A chassis that may carry a gateway router port; the highest priority that lives does.
struct GatewayChassis {
    std::string chassis;
    int priority = 0;
};

struct RouterPort {
    Identity self;
    RowKey router;
    std::string name; ///< unique in the whole database
    std::string mac;
    std::vector<std::string> networks; ///< "10.0.0.1/24"
    StringMap options;
    StringMap ipv6_ra_configs;
    bool enabled = true;
    std::vector<GatewayChassis> gateway_chassis;
};

struct Nat {
    enum class Type { snat, dnat, dnat_and_snat };
    Identity self;
    RowKey router;
    Type type = Type::snat;
    std::string external_ip;
    std::string logical_ip;
    // Both or none: translated on the port's own chassis (distributed floating IP).
    std::string external_mac;
    std::string logical_port;
    std::optional<RowKey> gateway_port; ///< the router port, where a router has several gateways
    std::string external_port_range;
    StringMap options;
};

struct StaticRoute {
    Identity self;
    RowKey router;
    std::string ip_prefix;
    std::string nexthop; ///< an address or "discard"
    std::string output_port;
    bool by_source = false;
    std::string route_table;
    StringMap options;
};

struct RouterPolicy {
    Identity self;
    RowKey router;
    int priority = 0;
    std::string match;
    std::string action; ///< "allow", "drop", "reroute"
    std::vector<std::string> nexthops;
};

struct PortGroup {
    Identity self;
    std::string name; ///< starts with a letter or "_": it is written as @name in matches
};

struct Acl {
    enum class Direction { from_port, to_port };
    Identity self;
    RowKey group; ///< the port group that carries it
    Direction direction = Direction::to_port;
    int priority = 0;
    std::string match;
    std::string action; ///< "allow", "allow-related", "allow-stateless", "drop", "reject"
    bool log = false;
    std::string name;
    std::string severity;
    std::string meter;
    std::int64_t label = 0;
};

struct AddressSet {
    Identity self;
    std::string name;
    std::vector<std::string> addresses;
};

struct DnsRecords {
    Identity self;
    StringMap records; ///< "vm1.example.org" to "10.0.0.5 2001:db8::5"
    std::vector<RowKey> switches;
};

struct LoadBalancer {
    Identity self;
    std::string name;
    StringMap vips; ///< "10.0.0.100:80" to "10.0.0.5:8080,10.0.0.6:8080"
    std::string protocol;
    std::vector<std::string> selection_fields;
    StringMap options;
    std::vector<RowKey> switches;
    std::vector<RowKey> routers;
};

struct QosRule {
    Identity self;
    RowKey logical_switch;
    Acl::Direction direction = Acl::Direction::to_port;
    int priority = 0;
    std::string match;
    std::optional<int> dscp;
    std::optional<std::int64_t> rate_kbps, burst_kb;
};

struct Desired {
    std::vector<AddressSet> address_sets;
    std::vector<DhcpOptions> dhcp_options;
    std::vector<PortGroup> port_groups;
    std::vector<LogicalSwitch> switches;
    std::vector<LogicalRouter> routers;
    std::vector<DnsRecords> dns;
    std::vector<LoadBalancer> load_balancers;
    std::vector<SwitchPort> switch_ports;
    std::vector<RouterPort> router_ports;
    std::vector<Nat> nats;
    std::vector<StaticRoute> routes;
    std::vector<RouterPolicy> policies;
    std::vector<QosRule> qos_rules;
    std::vector<Acl> acls;
};

} // namespace nephele::ovn
