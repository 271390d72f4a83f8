// SPDX-License-Identifier: Apache-2.0
// A server: what was asked for, where it went, and what it is now. Stored in one row; what other
// services know of it (addresses, security groups, its host's state) is filled in before it is
// shown.
#pragma once
#include "platform/shape/shape.h"
#include "services/nova/model/states.h"

namespace nephele::nova {

using shape::Shape;

/// The flavor as it was when the server was made: later changes of the flavor do not touch it.
struct FlavorCopy {
    std::string id, name;
    std::int64_t vcpus = 0, ram = 0, disk = 0, ephemeral = 0, swap = 0;
    Json extra_specs = Json::object();
    static const Shape<FlavorCopy>& shape();
};

/// Why the server is in ERROR.
struct ServerFault {
    std::int64_t code = 500;
    std::string message, details;
    Time created;
    static const Shape<ServerFault>& shape();
};

/// What a resize goes back to, until it is confirmed.
struct ResizeRecord {
    FlavorCopy flavor;
    std::string host, node;
    VmState vm_state = VmState::active; ///< before
    static const Shape<ResizeRecord>& shape();
};

struct Server {
    std::string id, project_id, user_id, name, hostname;
    std::optional<std::string> description;
    std::string image_id;
    FlavorCopy flavor;
    std::string flavor_id;                              ///< again, for filters
    std::int64_t vcpus = 0, memory_mb = 0, root_gb = 0; ///< again, for sums
    std::optional<std::string> key_name;
    std::string public_key;
    std::optional<std::string> user_data; ///< base64
    Json metadata = Json::object();
    std::vector<std::string> tags;
    std::string availability_zone;             ///< of its host
    std::optional<std::string> requested_zone; ///< shown as pinned
    std::string requested_host;                ///< by an administrator
    bool past_scheduler = false;               ///< requested_host without looking at room
    std::vector<std::string> kept_ports;       ///< given by the user: not deleted with the server
    Json scheduler_hints = Json::object();
    std::optional<std::string> host, node, instance_name;
    VmState vm_state = VmState::building;
    std::optional<TaskState> task_state;
    std::int64_t power_state = power::none;
    bool config_drive = false;
    std::string access_ipv4, access_ipv6, disk_config = "MANUAL";
    std::optional<std::string> locked_by; ///< "owner" or "admin"
    std::optional<std::string> locked_reason;
    std::string reservation_id;
    std::int64_t launch_index = 0;
    std::optional<Time> launched_at, terminated_at;
    std::optional<ServerFault> fault;
    Json device_tags = Json::object();        ///< port -> tag its card shows in the guest
    std::optional<ResizeRecord> resize;       ///< while a resize can be taken back
    std::optional<std::string> rescue_image;  ///< while rescued
    std::optional<std::string> shelved_image; ///< while shelved
    Time created_at, updated_at;

    // Filled in for views only.
    std::string addresses;       ///< as JSON text; empty: none
    std::string security_groups; ///< as JSON text; empty: none, left out
    std::string host_status; ///< "UP", "DOWN", "MAINTENANCE", "UNKNOWN" or empty without a host
    Json server_groups;      ///< null: left out (lists)

    static const Shape<Server>& shape();
};

} // namespace nephele::nova
