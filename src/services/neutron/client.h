// SPDX-License-Identifier: Apache-2.0
// The door for other services: ports of servers, what networks a project may use, addresses. All
// functions work in the caller's transaction; failures carry upstream's exception names.
#pragma once
#include "platform/context/context.h"
#include "services/neutron/model/network.h"
#include "services/neutron/model/port.h"
#include "services/neutron/model/router.h"
#include "services/neutron/model/security_group.h"
#include "services/neutron/model/subnet.h"

#include <map>

namespace nephele::neutron {

// ---- ports of servers ----

struct WantedPort {
    std::string project_id, network_id, name;
    std::string subnet_id, ip_address; ///< empty: any address of any subnet
    std::string mac_address;           ///< empty: chosen
    /// Ids; nothing: the project's default group (made when it is not there yet). Ignored on
    /// networks without port security.
    std::optional<std::vector<std::string>> security_groups;
    std::string device_id, device_owner; ///< "compute:nova"
    std::string host;                    ///< bind it at once; empty: later
    std::vector<std::string> tags;
};
/// Throws NetworkNotFound, IpAddressGenerationFailure (no addresses left),
/// IpAddressAlreadyAllocated, SecurityGroupNotFound, OverQuota ...
Port create_port(Context&, const WantedPort&);
/// Gives an existing port to a device. Throws PortInUse when another one has it.
Port attach_port(Context&, const std::string& port_id, const std::string& device_id,
                 const std::string& device_owner);
/// Says on which host the port is to be: OVN plugs it there, and the host gets the metadata service
/// of the port's network. The port goes ACTIVE (journal: service "neutron", kind "port") when it is
/// up.
Port bind_port(Context&, const std::string& port_id, const std::string& host);
void unbind_port(Context&, const std::string& port_id);
/// For ports that the caller did not create: clears device and binding, keeps the port.
void detach_port(Context&, const std::string& port_id);
/// Ids; replaces the port's groups. Throws SecurityGroupNotFound.
void set_security_groups(Context&, const std::string& port_id,
                         const std::vector<std::string>& groups);
/// Nothing happens when it is gone already. Floating IPs on it are dissociated.
void delete_port(Context&, const std::string& port_id);
/// Deletes the device's ports except `keep`, which are detached.
void release_device(Context&, const std::string& device_id, const std::vector<std::string>& keep);

std::optional<Port> find_port(db::Tx&, const Scope&, const std::string& port_id);
std::vector<Port> ports_of_device(db::Tx&, const std::string& device_id);
/// One query for any number of devices; each list in the order of creation.
std::map<std::string, std::vector<Port>> ports_of_devices(db::Tx&,
                                                          const std::vector<std::string>& devices);
/// True when all ports of the device are ACTIVE (or administratively down).
bool all_ports_up(db::Tx&, const std::string& device_id);

// ---- addresses of servers, as nova shows them ----

struct ServerAddress {
    std::string network_id, network_name, address, mac_address;
    int version = 4;
    bool floating = false;
    std::string port_id;
};
/// Three queries for any number of devices.
std::map<std::string, std::vector<ServerAddress>>
addresses_of_devices(db::Tx&, const std::vector<std::string>& devices);

/// Floating IP -> port, of all that lead to one.
std::map<std::string, std::string> ports_of_floating_ips(db::Tx&);

/// What a server needs to know to set up one card by hand: config drive, network_data.json.
struct Attachment {
    Port port;
    Network network;
    std::vector<Subnet> subnets; ///< of the port's addresses
};
std::vector<Attachment> attachments_of_device(db::Tx&, const std::string& device_id);

/// Which port has this address on a network: the metadata service's question.
std::optional<Port> port_at(db::Tx&, const std::string& network_id, const std::string& address);

// ---- networks ----

/// A network as this scope sees it (own, shared, external), else nothing.
std::optional<Network> find_network(db::Tx&, const Scope&, const std::string& network_id);
/// What "networks: auto" or no networks at all means: the project's own networks and the shared
/// ones, without the external ones that are not its own.
std::vector<Network> networks_for_servers(db::Tx&, const std::string& project_id);
bool has_subnets(const Network& network);

// ---- security groups ----

/// Id of the group with this id or name. Throws SecurityGroupNotFound, NoUniqueMatch. "default" is
/// made when the project does not have it yet.
std::string security_group_named(Context&, const std::string& project_id,
                                 const std::string& name_or_id);
/// Names of the groups on the ports of each device, sorted, without duplicates.
std::map<std::string, std::vector<std::string>>
security_group_names(db::Tx&, const std::vector<std::string>& devices);

// ---- what nova's old API (to 2.43) passes on; written in client_old_api.cc ----

/// All that the scope sees, external ones as well.
std::vector<Network> visible_networks(db::Tx&, const Scope&);

/// With their rules. Asking for a project's groups makes its default one.
std::vector<SecurityGroup> security_groups_of_project(Context&, const std::string& project_id);
/// Those on the device's ports, with their rules.
std::vector<SecurityGroup> security_groups_of_device(db::Tx&, const std::string& device_id);
std::optional<SecurityGroup> find_security_group(db::Tx&, const Scope&, const std::string& id);
SecurityGroup create_security_group(Context&, const std::string& project_id,
                                    const std::string& name, const std::string& description);
SecurityGroup rename_security_group(Context&, SecurityGroup, const std::string& name,
                                    const std::string& description);
/// Throws SecurityGroupInUse, SecurityGroupCannotRemoveDefault.
void delete_security_group(Context&, const SecurityGroup&);
std::optional<SecurityGroupRule> find_security_group_rule(db::Tx&, const Scope&,
                                                          const std::string& id);
/// Throws what upstream's neutron refuses rules for.
SecurityGroupRule create_security_group_rule(Context&, const Scope&, const SecurityGroup&,
                                             const SecurityGroupRule& wanted);
void delete_security_group_rule(Context&, const SecurityGroupRule&);

std::vector<FloatingIp> floating_ips_of_project(db::Tx&, const std::string& project_id);
std::optional<FloatingIp> find_floating_ip(db::Tx&, const Scope&, const std::string& id);
/// By its address.
std::optional<FloatingIp> floating_ip_at(db::Tx&, const Scope&, const std::string& address);
FloatingIp create_floating_ip(Context&, const Network& external, const std::string& project_id);
void delete_floating_ip(Context&, const FloatingIp&);
/// Leads it to this address of the port, wherever it led before.
void associate_floating_ip(Context&, FloatingIp, const Port&, const std::string& fixed_address);
void dissociate_floating_ip(Context&, FloatingIp);

/// One address more, of the first of the network's subnets that has one left. Throws
/// IpAddressGenerationFailure.
Port add_fixed_address(Context&, const Port&);
Port remove_fixed_address(Context&, const Port&, const std::string& address);

// ---- on the hosts ----

/// Desired records of this kind (id: the network) tell a host's agent to run the metadata listener:
///   namespace      "ovnmeta-<network id>"
///   port_id        external_ids:iface-id of the interface to plug into `bridge`
///   interface      name of the end in the bridge; inner_interface: in the namespace
///   mac_address, mtu
///   addresses      ["10.0.0.2/24", "169.254.169.254/32", ...]
///   bridge         "br-int"
///   listen_address "169.254.169.254", listen_port 80
///   network_id     what the listener passes on, with the peer's address, to port_at()
inline constexpr const char* metadata_network_kind = "metadata_network";

} // namespace nephele::neutron
