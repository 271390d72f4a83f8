// SPDX-License-Identifier: Apache-2.0
// Bodies of POST and PUT /servers.
#pragma once
#include "platform/shape/shape.h"

namespace nephele::nova {

using shape::Shape;

struct NetworkRequest {
    std::optional<std::string> uuid, port, fixed_ip, tag;
    static const Shape<NetworkRequest>& shape();
};
struct GroupRequest {
    std::string name; ///< or id
    static const Shape<GroupRequest>& shape();
};

struct NewServer {
    std::string name, flavor_id;
    std::string image_id;
    std::optional<std::string> key_name, user_data, availability_zone, description, hostname, host,
        hypervisor_hostname, admin_password;
    std::string access_ipv4, access_ipv6, disk_config = "MANUAL";
    Json metadata = Json::object();
    Json networks; ///< a list of NetworkRequest, "auto" or "none"; null: not given
    std::vector<GroupRequest> security_groups;
    std::vector<std::string> tags;
    bool config_drive = false, return_reservation_id = false;
    std::optional<std::int64_t> min_count, max_count;
    Json block_devices, block_devices_v2, personality, trusted_certificates;
    static const Shape<NewServer>& shape();
};

struct ServerEdit {
    std::string name, access_ipv4, access_ipv6, disk_config;
    std::optional<std::string> description;
    std::string hostname;
    static const Shape<ServerEdit>& shape();
};

/// What the action rebuild takes.
struct Rebuild {
    std::string image_id, name, access_ipv4, access_ipv6, disk_config, hostname;
    std::optional<std::string> admin_password, description, key_name, user_data;
    Json metadata, personality, trusted_certificates;
    bool preserve_ephemeral = false;
    static const Shape<Rebuild>& shape();
};

} // namespace nephele::nova
