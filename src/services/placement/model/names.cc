// SPDX-License-Identifier: Apache-2.0
#include "services/placement/model/names.h"

namespace nephele::placement {

const std::vector<std::string>& standard_classes() {
    static const std::vector<std::string> all{"VCPU",
                                              "MEMORY_MB",
                                              "DISK_GB",
                                              "PCI_DEVICE",
                                              "SRIOV_NET_VF",
                                              "NUMA_SOCKET",
                                              "NUMA_CORE",
                                              "NUMA_THREAD",
                                              "NUMA_MEMORY_MB",
                                              "IPV4_ADDRESS",
                                              "VGPU",
                                              "VGPU_DISPLAY_HEAD",
                                              "NET_BW_EGR_KILOBIT_PER_SEC",
                                              "NET_BW_IGR_KILOBIT_PER_SEC",
                                              "PCPU",
                                              "MEM_ENCRYPTION_CONTEXT",
                                              "FPGA",
                                              "PGPU",
                                              "NET_PACKET_RATE_KILOPACKET_PER_SEC",
                                              "NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC",
                                              "NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC"};
    return all;
}

const std::vector<std::string>& standard_traits() {
    static const std::vector<std::string> all{"COMPUTE_NODE",
                                              "COMPUTE_STATUS_DISABLED",
                                              "COMPUTE_NET_ATTACH_INTERFACE",
                                              "COMPUTE_DEVICE_TAGGING",
                                              "COMPUTE_IMAGE_TYPE_RAW",
                                              "COMPUTE_IMAGE_TYPE_QCOW2",
                                              "COMPUTE_VOLUME_EXTEND",
                                              "COMPUTE_VOLUME_MULTI_ATTACH",
                                              "COMPUTE_TRUSTED_CERTS",
                                              "COMPUTE_RESCUE_BFV",
                                              "COMPUTE_ACCELERATORS",
                                              "COMPUTE_MANAGED_PCI_DEVICE",
                                              "COMPUTE_ARCH_X86_64",
                                              "COMPUTE_ARCH_AARCH64",
                                              "HW_CPU_HYPERTHREADING",
                                              "HW_CPU_X86_VMX",
                                              "HW_CPU_X86_SVM",
                                              "HW_CPU_X86_AVX",
                                              "HW_CPU_X86_AVX2",
                                              "HW_CPU_X86_AVX512F",
                                              "HW_CPU_X86_SSE42",
                                              "HW_CPU_X86_AESNI",
                                              "STORAGE_DISK_SSD",
                                              "STORAGE_DISK_HDD",
                                              "MISC_SHARES_VIA_AGGREGATE",
                                              "OWNER_NOVA"};
    return all;
}

bool is_custom_name(std::string_view name) {
    if (name.substr(0, 7) != "CUSTOM_" || name.size() < 8 || name.size() > 255) return false;
    for (char c : name)
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
    return true;
}

} // namespace nephele::placement
