// SPDX-License-Identifier: Apache-2.0
// A guest in typed form and its libvirt description. Pure: text in, text out. Every disk says its
// format and its whole backing chain, so that QEMU never looks into tenant bytes to find them.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace nephele::libvirt {

enum class DomainType { kvm, qemu };
enum class DiskFormat { raw, qcow2 };
enum class Cpu { hypervisor_default, host_model, host_passthrough };

struct FileSource {
    std::string path;
};
struct BlockSource {
    std::string path;
};
/// A network block device; by a unix socket, or by host and port.
struct NbdSource {
    std::string socket;
    std::string host;
    int port = 10809;
    std::string export_name;
    bool tls = false;
};
struct RbdSource {
    std::string pool_and_image; ///< "pool/image"
    std::vector<std::pair<std::string, int>> monitors;
    std::string user;
    std::string secret_uuid; ///< of the libvirt secret that holds the key; empty: no authentication
};
using DiskSource = std::variant<FileSource, BlockSource, NbdSource, RbdSource>;

struct Backing {
    DiskSource source;
    DiskFormat format = DiskFormat::raw;
};

struct DiskLimits {
    std::uint64_t read_bytes_second = 0, write_bytes_second = 0, total_bytes_second = 0;
    std::uint64_t read_iops = 0, write_iops = 0, total_iops = 0;
};

struct Disk {
    enum class Device { disk, cdrom };
    Device device = Device::disk;
    DiskSource source;
    DiskFormat format = DiskFormat::raw;
    std::vector<Backing> backing; ///< nearest first; empty: there is none
    std::string target;           ///< "vda"
    std::string bus = "virtio";
    std::string serial;              ///< up to 20 characters are seen by guests of virtio disks
    std::string cache = "writeback"; ///< "none" needs a file system that can do O_DIRECT
    std::string discard;             ///< "unmap" or empty
    bool read_only = false;
    bool shareable = false;
    int boot_order = 0; ///< from 1; 0: not booted from
    DiskLimits limits;
};

/// A tap device that is there already.
struct Nic {
    std::string mac;
    std::string tap;
    std::string model = "virtio";
    int mtu = 0;
    int queues = 0;
    int boot_order = 0;
    /// Off where the switch cannot finish checksums that the guest leaves open (userspace datapath
    /// without segmentation offload).
    bool checksum_offload = true;
};

struct Vnc {
    enum class Listen { nowhere, unix_socket, tcp };
    Listen listen = Listen::nowhere;
    std::string socket;                ///< path
    std::string address = "127.0.0.1"; ///< tcp: a free port is chosen
    std::string keymap;
};

struct Guest {
    std::string uuid;
    std::string name; ///< without "/"
    std::string title;
    DomainType type = DomainType::qemu;
    std::string architecture = "x86_64";
    std::string machine = "pc";
    std::string emulator; ///< empty: libvirt's choice
    std::uint64_t memory_mib = 0;
    int vcpus = 1;
    Cpu cpu = Cpu::hypervisor_default;
    bool uefi = false;

    // Booted directly where an image brings a kernel of its own.
    std::string kernel, ramdisk, command_line;

    std::vector<Disk> disks;
    std::vector<Nic> nics;
    std::string console_log;    ///< file, emptied at each start
    std::string console_socket; ///< unix socket to listen on; empty: a pty
    Vnc vnc;
    std::string video_model = "vga";
    bool usb_tablet = false;
    bool random_source = false; ///< virtio-rng from the host
    bool guest_agent = false;   ///< the channel of qemu-guest-agent

    /// Shown to the guest by SMBIOS; cloud-init knows its platform by "OpenStack Nova".
    std::string smbios_product = "OpenStack Nova";
    std::string smbios_serial;

    /// Kept in the metadata element. "id" is what Hypervisor::list() answers as `instance`.
    std::map<std::string, std::string> metadata;
};

/// Names our metadata element.
extern const char* const metadata_namespace;

/// Throws EngineFailure (permanent) on text that XML cannot carry (control characters).
std::string domain_xml(const Guest& guest);
std::string disk_xml(const Disk& disk);
std::string nic_xml(const Nic& nic);
/// A backup job that writes one disk, whole, to a new qcow2 file.
std::string disk_copy_xml(const std::string& target, const std::string& path);

/// The TCP port of a running guest's VNC display.
std::optional<int> vnc_port(const std::string& domain_xml);
/// "/dev/pts/3" of a running guest's first serial port.
std::optional<std::string> console_pty(const std::string& domain_xml);

} // namespace nephele::libvirt
