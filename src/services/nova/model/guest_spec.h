// SPDX-License-Identifier: Apache-2.0
// What nova desires of a compute host for one server: the spec of agent records of kind "guest",
// and the status the host reports. The only thing that nova's operations and the compute maker
// share.
#pragma once
#include "platform/shape/shape.h"

#include <string>
#include <vector>

namespace nephele::nova {

using shape::Shape;

inline constexpr const char* guest_kind = "guest";

struct GuestNic {
    std::string port_id; ///< interface id for the switch
    std::string network_id;
    std::string mac;
    std::int64_t mtu = 1442;
    std::string tag;         ///< shown to the guest beside its card
    std::string pci_address; ///< "0000:00:03.0": known to the host only, never desired
    /// One object an address: ip_address, subnet_id, cidr, gateway_ip, dns_nameservers, host_routes
    /// ([{destination, nexthop}]), enable_dhcp, and floating_ip where there is one. What is missing
    /// is left out of the metadata.
    Json fixed_ips = Json::array();
    static const Shape<GuestNic>& shape();
};

struct GuestKey {
    std::string name, public_key, type = "ssh";
    static const Shape<GuestKey>& shape();
};

enum class GuestPower { running, stopped, paused, suspended };
const std::vector<std::pair<GuestPower, const char*>>& names_of(GuestPower);

struct GuestSpec {
    std::string server_id, name, hostname, project_id, user_id, display_name;
    std::int64_t vcpus = 1, memory_mb = 0;
    std::int64_t root_gb = 0; ///< 0: as large as the image
    std::string image_id;
    std::string image_path;   ///< where glance keeps the bytes, readable on this host
    std::string image_format; ///< "raw" or "qcow2": what the inspector found, never guessed again
    std::string image_checksum;
    std::vector<GuestNic> nics;
    std::vector<GuestKey> keys;
    bool config_drive = false;
    std::string user_data; ///< base64, as given
    Json metadata = Json::object();
    std::string availability_zone;
    std::int64_t launch_index = 0;            ///< among those asked for at once
    std::string flavor_name, reservation_id;  ///< shown in the metadata only
    std::vector<std::string> security_groups; ///< names, shown in the metadata only
    Time launched_at;
    GuestPower power = GuestPower::running;
    /// Counted up by each reboot asked for; the host reboots when it has done fewer.
    std::int64_t soft_reboots = 0, hard_reboots = 0;
    /// Counted up by each rebuild: the disk is made anew from the image.
    std::int64_t rebuilds = 0;
    /// The disk as it was before a resize: "kept" beside the present one, "restored" in its place;
    /// empty: there is none.
    std::string old_disk;
    /// What a rescued guest boots from, its own disk being the second; empty: it is not rescued.
    std::string rescue_image_id, rescue_image_path, rescue_image_format, rescue_image_checksum;
    bool rescued() const { return !rescue_image_id.empty(); }
    static const Shape<GuestSpec>& shape();
    /// The part that only the metadata shows: a change of it does not concern the running guest.
    Json documents() const;
    /// All else.
    Json machine() const;
};

/// Status in agent::Observed of a guest.
struct GuestStatus {
    /// As nova shows it: 0 no state, 1 running, 3 paused, 4 shut down, 6 crashed, 7 suspended.
    std::int64_t power_state = 0;
    std::int64_t soft_reboots_done = 0, hard_reboots_done = 0;
    std::string instance_name;
    std::string domain_type;   ///< "kvm" or "qemu"
    std::string vnc_socket;    ///< unix socket of the screen (VNC) on the host
    std::string serial_socket; ///< unix socket of the serial console on the host
    static const Shape<GuestStatus>& shape();
};

} // namespace nephele::nova
