// SPDX-License-Identifier: Apache-2.0
// Which domain type this host can really run, found out by booting a few instructions.
#pragma once
#include "engines/libvirt/domain_xml.h"
#include "engines/libvirt/hypervisor.h"

namespace nephele::libvirt {

struct DomainTypeProbe {
    DomainType type = DomainType::qemu;
    std::string reason; ///< for operators
};

/// kvm when a test guest gets to run with it, else qemu. `scratch_directory` must be readable by
/// the QEMU processes; files there are removed again. The hypervisor must be on this host.
DomainTypeProbe probe_domain_type(Hypervisor& hypervisor, const std::string& scratch_directory,
                                  int timeout_ms = 10'000);

/// Empty when a test guest of this type ran; else what went wrong.
std::string why_not_bootable(Hypervisor& hypervisor, DomainType type,
                             const std::string& scratch_directory, int timeout_ms);

/// The bytes of the test guest's disk.
std::string boot_probe_disk();

} // namespace nephele::libvirt
