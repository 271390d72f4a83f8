// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/guest_domain.h"

#include "base/strings.h"
#include "engines/ovs/local_switch.h"

namespace nephele::nova::compute {
namespace {

using libvirt::Disk;
using libvirt::DiskFormat;
using libvirt::FileSource;

DiskFormat format_of(const GuestSpec& guest) {
    return guest.image_format == "qcow2" ? DiskFormat::qcow2 : DiskFormat::raw;
}

Disk root_disk(const GuestSpec& guest, const GuestFiles& files) {
    Disk disk;
    disk.source = FileSource{files.disk(guest.server_id)};
    disk.format = DiskFormat::qcow2;
    disk.backing = {{FileSource{files.base_path(GuestFiles::base_name(guest))}, format_of(guest)}};
    disk.target = "vda";
    disk.discard = "unmap";
    return disk;
}

/// What a rescued guest boots from.
Disk rescue_disk(const GuestSpec& guest, const GuestFiles& files) {
    const GuestSpec with = GuestFiles::rescuer(guest);
    Disk disk = root_disk(with, files);
    disk.source = FileSource{files.rescue_disk(guest.server_id)};
    return disk;
}

Disk config_drive(const GuestSpec& guest, const GuestFiles& files) {
    Disk disk;
    disk.device = Disk::Device::cdrom;
    disk.source = FileSource{files.config_drive(guest.server_id)};
    disk.format = DiskFormat::raw;
    disk.target = "hda";
    disk.bus = "ide";
    disk.read_only = true;
    return disk;
}

/// The value of an attribute in text that is one element; either kind of quotes.
std::string attribute(std::string_view element, const std::string& name) {
    for (char quote : {'\'', '"'}) {
        auto begin = element.find(" " + name + "=" + quote);
        if (begin == std::string_view::npos) continue;
        begin += name.size() + 3;
        return std::string(element.substr(begin, element.find(quote, begin) - begin));
    }
    return "";
}

/// The first element of this name in text; empty when there is none.
std::string_view element(std::string_view text, const std::string& name) {
    auto begin = text.find("<" + name + " ");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find('>', begin) - begin);
}

/// "0000:00:03.0" of an address element; empty when it is none of PCI.
std::string pci_address(std::string_view address) {
    if (attribute(address, "type") != "pci") return "";
    auto part = [&](const char* name) {
        std::string digits = attribute(address, name);
        return digits.rfind("0x", 0) == 0 ? digits.substr(2) : digits;
    };
    return part("domain") + ":" + part("bus") + ":" + part("slot") + "." + part("function");
}

} // namespace

std::string tap_name(const GuestNic& nic) { return ovs::device_name("nt", nic.port_id); }

libvirt::Nic domain_nic(const GuestNic& nic, const DomainSettings& settings) {
    libvirt::Nic out;
    out.mac = nic.mac;
    out.tap = tap_name(nic);
    out.mtu = static_cast<int>(nic.mtu);
    out.checksum_offload = settings.checksum_offload;
    return out;
}

libvirt::Guest domain_guest(const GuestSpec& guest, const GuestFiles& files,
                            const DomainSettings& settings, Reboots reboots) {
    libvirt::Guest out;
    out.uuid = guest.server_id;
    out.name = guest.name.empty() ? "instance-" + guest.server_id.substr(0, 8) : guest.name;
    out.type = settings.type;
    if (settings.type == libvirt::DomainType::kvm) out.cpu = libvirt::Cpu::host_model;
    out.memory_mib = static_cast<std::uint64_t>(guest.memory_mb);
    out.vcpus = static_cast<int>(guest.vcpus);
    if (guest.rescued()) out.disks.push_back(rescue_disk(guest, files));
    out.disks.push_back(root_disk(guest, files));
    if (guest.rescued()) out.disks.back().target = "vdb";
    if (guest.config_drive) out.disks.push_back(config_drive(guest, files));
    for (const auto& nic : guest.nics) out.nics.push_back(domain_nic(nic, settings));
    out.console_log = files.console_log(guest.server_id);
    out.console_socket = files.console_socket(guest.server_id);
    out.vnc.listen = libvirt::Vnc::Listen::unix_socket;
    out.vnc.socket = files.vnc_socket(guest.server_id);
    out.random_source = true;
    out.metadata = {{"id", guest.server_id},
                    {"directory", files.directory()},
                    {"project", guest.project_id},
                    {"soft_reboots", std::to_string(reboots.soft)},
                    {"hard_reboots", std::to_string(reboots.hard)}};
    return out;
}

std::string metadata_entry(const std::string& domain_xml, const std::string& name) {
    for (char quote : {'\'', '"'}) {
        const std::string opening = std::string("entry name=") + quote + name + quote + ">";
        auto begin = domain_xml.find(opening);
        if (begin == std::string::npos) continue;
        begin += opening.size();
        return domain_xml.substr(begin, domain_xml.find('<', begin) - begin);
    }
    return "";
}

Reboots reboots_in(const std::string& domain_xml) {
    return {to_int(metadata_entry(domain_xml, "soft_reboots")).value_or(0),
            to_int(metadata_entry(domain_xml, "hard_reboots")).value_or(0)};
}

std::vector<TapInDomain> taps_in(const std::string& domain_xml) {
    std::vector<TapInDomain> taps;
    const std::string_view text = domain_xml;
    for (auto at = text.find("<interface "); at != std::string_view::npos;
         at = text.find("<interface ", at + 1)) {
        auto part = text.substr(at, text.find("</interface>", at) - at);
        taps.push_back({attribute(element(part, "target"), "dev"),
                        attribute(element(part, "mac"), "address"),
                        pci_address(element(part, "address"))});
    }
    return taps;
}

} // namespace nephele::nova::compute
