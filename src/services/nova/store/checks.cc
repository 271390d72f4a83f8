// SPDX-License-Identifier: Apache-2.0
// These look into the tables of the parts that hold something for servers: that is their point.
#include "services/nova/store/checks.h"

#include "platform/shape/table.h"

namespace nephele::nova::store {
using shape::lines_of;

std::vector<std::string> tasks_without_operation(db::Tx& tx) {
    return lines_of(
        tx,
        "SELECT id, COALESCE(task_state, vm_state) FROM nova_servers WHERE (task_state IS "
        "NOT NULL OR vm_state = 'building') AND NOT EXISTS (SELECT 1 FROM operations o "
        "WHERE o.resource_kind = 'server' AND o.resource_id = nova_servers.id AND o.status "
        "NOT IN ('done', 'undone'))",
        "server {} is {} but no operation works on it");
}

std::vector<std::string> guests_without_server(db::Tx& tx) {
    return lines_of(
        tx,
        "SELECT host, id FROM agent_desired WHERE kind = 'guest' AND absent = 0 AND NOT "
        "EXISTS (SELECT 1 FROM nova_servers s WHERE s.id = agent_desired.id AND s.host = "
        "agent_desired.host)",
        "host {} is asked for guest {}, but no server is there");
}

std::vector<std::string> servers_without_guest(db::Tx& tx) {
    return lines_of(
        tx,
        "SELECT id, host FROM nova_servers WHERE host IS NOT NULL AND launched_at IS NOT "
        "NULL AND task_state IS NULL AND vm_state <> 'error' AND NOT EXISTS (SELECT 1 "
        "FROM agent_desired d WHERE "
        "d.host = nova_servers.host AND d.kind = 'guest' AND d.id = nova_servers.id AND "
        "d.absent = 0)",
        "server {} is said to be on host {}, which is not asked for it");
}

std::vector<std::string> copies_without_operation(db::Tx& tx) {
    return lines_of(
        tx,
        "SELECT host, id FROM agent_desired WHERE kind = 'guest_snapshot' AND absent = 0 AND NOT "
        "EXISTS (SELECT 1 FROM operations o WHERE o.resource_kind = 'server' AND o.resource_id = "
        "agent_desired.id AND o.status NOT IN ('done', 'undone'))",
        "host {} is asked for a copy of server {}'s disk, but no operation waits for it");
}

std::vector<std::string> shelved_without_image(db::Tx& tx) {
    return lines_of(tx,
                    "SELECT id, vm_state FROM nova_servers WHERE (vm_state = 'shelved_offloaded' "
                    "OR vm_state = 'shelved') AND (shelved_image IS NULL OR shelved_image = '')",
                    "server {} is {} but has no image to come back from");
}

std::vector<std::string> claims_without_server(db::Tx& tx) {
    return lines_of(tx,
                    "SELECT DISTINCT a.consumer, c.host FROM placement_allocations a JOIN "
                    "nova_compute_hosts c ON c.id = a.provider WHERE NOT EXISTS (SELECT 1 FROM "
                    "nova_servers s WHERE s.id = a.consumer)",
                    "consumer {} holds room on host {} but is no server");
}

std::vector<std::string> servers_without_claim(db::Tx& tx) {
    return lines_of(
        tx,
        "SELECT id, host FROM nova_servers WHERE host IS NOT NULL AND NOT EXISTS (SELECT 1 "
        "FROM placement_allocations a WHERE a.consumer = nova_servers.id)",
        "server {} is on host {} without a claim");
}

std::vector<std::string> ports_without_server(db::Tx& tx) {
    return lines_of(
        tx,
        "SELECT id, device_id FROM neutron_ports WHERE device_owner LIKE 'compute:%' AND "
        "device_id <> '' AND NOT EXISTS (SELECT 1 FROM nova_servers s WHERE s.id = "
        "neutron_ports.device_id)",
        "port {} belongs to server {}, which does not exist");
}

std::vector<std::string> members_without_server(db::Tx& tx) {
    return lines_of(
        tx,
        "SELECT group_id, server_id FROM nova_server_group_members m WHERE NOT EXISTS "
        "(SELECT 1 FROM nova_servers s WHERE s.id = m.server_id) OR NOT EXISTS (SELECT 1 "
        "FROM nova_server_groups g WHERE g.id = m.group_id)",
        "server group {} has a member {}, and one of the two does not exist");
}

} // namespace nephele::nova::store
