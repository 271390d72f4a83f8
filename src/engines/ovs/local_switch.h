// SPDX-License-Identifier: Apache-2.0
// The integration bridge of one host: which devices are its ports and which logical port each one
// is. Spoken to through the Open_vSwitch database; ovn-controller does the rest.
#pragma once
#include "engines/ovsdb/client.h"

namespace nephele::ovs {

/// Device names have 15 characters at most: the prefix and as much of the id as fits.
std::string device_name(const std::string& prefix, const std::string& id);

struct Port {
    std::string device;       ///< a network device that exists, unless internal
    std::string interface_id; ///< name of the logical switch port
    std::string mac;
    std::string instance; ///< shown to operators as vm-id
    /// The switch makes the device itself.
    bool internal = false;
    int mtu = 0; ///< of an internal device
};

struct PortStatus {
    Port port;
    std::string bridge;
    std::int64_t number = 0; ///< OpenFlow port, over 0 when the switch has it
    std::string error;       ///< the switch's words when it could not take the device
};

struct SwitchFacts {
    std::string chassis; ///< name of this host in OVN
    std::string version;
    std::string datapath; ///< "system" or "netdev"
    bool userspace_segmentation = false;

    /// Whether the datapath completes checksums that guests leave to the card. If not, guests and
    /// namespaces must compute them, or their TCP packets are dropped.
    bool completes_checksums() const { return datapath != "netdev" || userspace_segmentation; }
};

class LocalSwitch {
  public:
    virtual ~LocalSwitch() = default;
    /// Returns when the switch has the port. Throws EngineFailure; permanent when the switch cannot
    /// take the device.
    virtual void ensure_port(const Port& port) = 0;
    virtual void ensure_no_port(const std::string& device) = 0;
    virtual std::optional<PortStatus> find(const std::string& device) = 0;
    /// Ports that ensure_port() made.
    virtual std::vector<PortStatus> ports() = 0;
    virtual SwitchFacts facts() = 0;
};

/// `remote` of the Open_vSwitch database, "unix:/run/openvswitch/db.sock". Connects in the
/// background.
std::unique_ptr<LocalSwitch> connect_local_switch(const std::string& remote,
                                                  const std::string& bridge = "br-int");

/// The operations that make it so; none when it is so. Pure.
Json::Array plan_port(const ovsdb::Replica& replica, const std::string& bridge, const Port& port);
Json::Array plan_no_port(const ovsdb::Replica& replica, const std::string& device);

} // namespace nephele::ovs
