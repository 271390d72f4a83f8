// SPDX-License-Identifier: Apache-2.0
// The guest as a libvirt domain: the description made from the spec, and what a description read
// back says. Pure.
#pragma once
#include "engines/libvirt/domain_xml.h"
#include "services/nova/compute/guest_files.h"
#include "services/nova/model/guest_spec.h"

#include <string>
#include <vector>

namespace nephele::nova::compute {

/// What every guest of this host has alike.
struct DomainSettings {
    libvirt::DomainType type = libvirt::DomainType::qemu;
    bool checksum_offload = true; ///< the switch completes checksums
};

/// Reboots are counted in the domain's metadata: it changes with the very start that is the reboot.
struct Reboots {
    std::int64_t soft = 0, hard = 0;
};

std::string tap_name(const GuestNic& nic);
libvirt::Nic domain_nic(const GuestNic& nic, const DomainSettings& settings);
libvirt::Guest domain_guest(const GuestSpec& guest, const GuestFiles& files,
                            const DomainSettings& settings, Reboots reboots);

/// An entry of our metadata in a description; empty when there is none.
std::string metadata_entry(const std::string& domain_xml, const std::string& name);
Reboots reboots_in(const std::string& domain_xml);
struct TapInDomain {
    std::string tap, mac, pci_address; ///< "0000:00:03.0"; empty while it is not decided
};
std::vector<TapInDomain> taps_in(const std::string& domain_xml);

} // namespace nephele::nova::compute
