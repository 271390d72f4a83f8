// SPDX-License-Identifier: Apache-2.0
// Network devices of this host: taps for guests, and namespaces joined to the switch by a veth pair
// (metadata service). Needs root. All calls ask for an end state and may be repeated.
#pragma once
#include "platform/fault/fault.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nephele::ovs {

struct Tap {
    std::string name;
    int mtu = 1500;
    bool several_queues = false;
};

/// A namespace with one interface "eth0"; the other end is a device of the host.
struct NamespaceLink {
    std::string name_space;
    std::string device; ///< the host's end, to be made a port of the switch
    std::string mac;    ///< of eth0
    int mtu = 1500;
    std::vector<std::string> addresses; ///< "10.0.0.2/24"; others are removed
    /// For switches that do not complete checksums: the inner end computes them.
    bool compute_checksums = false;
};

struct Link {
    std::string name;
    int mtu = 0;
    bool up = false;
    bool tap = false;
};

class HostLinks {
  public:
    virtual ~HostLinks() = default;
    /// Persistent and up. A tap outlives the guest that uses it.
    virtual void ensure_tap(const Tap& tap) = 0;
    virtual void ensure_no_link(const std::string& name) = 0;
    virtual std::optional<Link> find(const std::string& name) = 0;
    /// Names of devices that start so.
    virtual std::vector<std::string> names(const std::string& prefix) = 0;

    virtual void ensure_namespace_link(const NamespaceLink& link) = 0;
    /// The namespace and, with it, its devices.
    virtual void ensure_no_namespace(const std::string& name) = 0;
    virtual std::vector<std::string> namespaces(const std::string& prefix) = 0;
    /// A TCP socket that listens inside the namespace; it is used and closed by the caller like any
    /// other, from anywhere in the process.
    virtual int listen_in_namespace(const std::string& name_space, const std::string& address,
                                    int port) = 0;
};

std::unique_ptr<HostLinks> host_links();

} // namespace nephele::ovs
