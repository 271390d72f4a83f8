// SPDX-License-Identifier: Apache-2.0
#include "engines/libvirt/domain_xml.h"

#include "base/strings.h"
#include "engines/libvirt/xml_writer.h"

namespace nephele::libvirt {

const char* const metadata_namespace = "urn:nephele:instance:1";

namespace {

std::string yes_if(bool condition) { return condition ? "yes" : ""; }
const char* format_name(DiskFormat format) { return format == DiskFormat::raw ? "raw" : "qcow2"; }

struct SourceType {
    const char* operator()(const FileSource&) const { return "file"; }
    const char* operator()(const BlockSource&) const { return "block"; }
    const char* operator()(const NbdSource&) const { return "network"; }
    const char* operator()(const RbdSource&) const { return "network"; }
};

struct SourceElement {
    XmlWriter& xml;
    void operator()(const FileSource& source) const {
        xml.empty("source", {{"file", source.path}});
    }
    void operator()(const BlockSource& source) const {
        xml.empty("source", {{"dev", source.path}});
    }
    void operator()(const NbdSource& source) const {
        xml.element(
            "source",
            {{"protocol", "nbd"}, {"name", source.export_name}, {"tls", yes_if(source.tls)}}, [&] {
                if (source.socket.empty())
                    xml.empty("host",
                              {{"name", source.host}, {"port", std::to_string(source.port)}});
                else
                    xml.empty("host", {{"transport", "unix"}, {"socket", source.socket}});
            });
    }
    void operator()(const RbdSource& source) const {
        xml.element("source", {{"protocol", "rbd"}, {"name", source.pool_and_image}}, [&] {
            for (const auto& [host, port] : source.monitors)
                xml.empty("host", {{"name", host}, {"port", std::to_string(port)}});
            if (!source.secret_uuid.empty())
                xml.element("auth", {{"username", source.user}}, [&] {
                    xml.empty("secret", {{"type", "ceph"}, {"uuid", source.secret_uuid}});
                });
        });
    }
};

/// An empty backingStore ends the chain: without it libvirt would look into the image.
void write_backing(XmlWriter& xml, const std::vector<Backing>& chain, std::size_t from) {
    if (from == chain.size()) return xml.empty("backingStore");
    const Backing& backing = chain[from];
    xml.element("backingStore", {{"type", std::visit(SourceType{}, backing.source)}}, [&] {
        xml.empty("format", {{"type", format_name(backing.format)}});
        std::visit(SourceElement{xml}, backing.source);
        write_backing(xml, chain, from + 1);
    });
}

void write_limits(XmlWriter& xml, const DiskLimits& limits) {
    const std::pair<const char*, std::uint64_t> all[] = {
        {"total_bytes_sec", limits.total_bytes_second},
        {"read_bytes_sec", limits.read_bytes_second},
        {"write_bytes_sec", limits.write_bytes_second},
        {"total_iops_sec", limits.total_iops},
        {"read_iops_sec", limits.read_iops},
        {"write_iops_sec", limits.write_iops}};
    bool any = false;
    for (const auto& [name, limit] : all) any |= limit != 0;
    if (!any) return;
    xml.element("iotune", {}, [&] {
        for (const auto& [name, limit] : all)
            if (limit) xml.text(name, std::to_string(limit));
    });
}

void write_disk(XmlWriter& xml, const Disk& disk) {
    const bool cdrom = disk.device == Disk::Device::cdrom;
    xml.element(
        "disk",
        {{"type", std::visit(SourceType{}, disk.source)}, {"device", cdrom ? "cdrom" : "disk"}},
        [&] {
            xml.empty("driver", {{"name", "qemu"},
                                 {"type", format_name(disk.format)},
                                 {"cache", disk.cache},
                                 {"io", disk.cache == "none" ? "native" : ""},
                                 {"discard", disk.discard}});
            std::visit(SourceElement{xml}, disk.source);
            write_backing(xml, disk.backing, 0);
            xml.empty("target", {{"dev", disk.target}, {"bus", disk.bus}});
            write_limits(xml, disk.limits);
            if (cdrom || disk.read_only) xml.empty("readonly");
            if (disk.shareable) xml.empty("shareable");
            if (!disk.serial.empty()) xml.text("serial", disk.serial);
            if (disk.boot_order) xml.empty("boot", {{"order", std::to_string(disk.boot_order)}});
        });
}

void write_nic(XmlWriter& xml, const Nic& nic) {
    xml.element("interface", {{"type", "ethernet"}}, [&] {
        xml.empty("mac", {{"address", nic.mac}});
        xml.empty("target", {{"dev", nic.tap}, {"managed", "no"}});
        xml.empty("model", {{"type", nic.model}});
        const bool queues = nic.queues > 1;
        if (queues && nic.checksum_offload) {
            xml.empty("driver", {{"queues", std::to_string(nic.queues)}});
        } else if (!nic.checksum_offload) {
            xml.element("driver", {{"queues", queues ? std::to_string(nic.queues) : ""}}, [&] {
                xml.empty("host", {{"csum", "off"}});
            });
        }
        if (nic.mtu) xml.empty("mtu", {{"size", std::to_string(nic.mtu)}});
        if (nic.boot_order) xml.empty("boot", {{"order", std::to_string(nic.boot_order)}});
    });
}

void write_metadata(XmlWriter& xml, const Guest& guest) {
    if (guest.metadata.empty()) return;
    xml.element("metadata", {}, [&] {
        xml.element("nephele:instance", {{"xmlns:nephele", metadata_namespace}}, [&] {
            for (const auto& [key, value] : guest.metadata)
                xml.text("nephele:entry", value, {{"name", key}});
        });
    });
}

bool has_boot_order(const Guest& guest) {
    for (const auto& disk : guest.disks)
        if (disk.boot_order) return true;
    for (const auto& nic : guest.nics)
        if (nic.boot_order) return true;
    return false;
}

void write_system(XmlWriter& xml, const Guest& guest) {
    xml.element("sysinfo", {{"type", "smbios"}}, [&] {
        xml.element("system", {}, [&] {
            xml.text("entry", "OpenStack Foundation", {{"name", "manufacturer"}});
            xml.text("entry", guest.smbios_product, {{"name", "product"}});
            xml.text("entry", guest.smbios_serial.empty() ? guest.uuid : guest.smbios_serial,
                     {{"name", "serial"}});
            xml.text("entry", guest.uuid, {{"name", "uuid"}});
            xml.text("entry", "Virtual Machine", {{"name", "family"}});
        });
    });
    xml.element("os", {{"firmware", guest.uefi ? "efi" : ""}}, [&] {
        xml.text("type", "hvm", {{"arch", guest.architecture}, {"machine", guest.machine}});
        if (!guest.kernel.empty()) {
            xml.text("kernel", guest.kernel);
            if (!guest.ramdisk.empty()) xml.text("initrd", guest.ramdisk);
            if (!guest.command_line.empty()) xml.text("cmdline", guest.command_line);
        }
        if (!has_boot_order(guest)) xml.empty("boot", {{"dev", "hd"}});
        xml.empty("smbios", {{"mode", "sysinfo"}});
    });
    xml.element("features", {}, [&] {
        xml.empty("acpi");
        xml.empty("apic");
    });
    if (guest.cpu == Cpu::host_model) xml.empty("cpu", {{"mode", "host-model"}});
    if (guest.cpu == Cpu::host_passthrough) xml.empty("cpu", {{"mode", "host-passthrough"}});
    xml.element("clock", {{"offset", "utc"}}, [&] {
        if (guest.type != DomainType::kvm) return;
        xml.empty("timer", {{"name", "pit"}, {"tickpolicy", "delay"}});
        xml.empty("timer", {{"name", "rtc"}, {"tickpolicy", "catchup"}});
        xml.empty("timer", {{"name", "hpet"}, {"present", "no"}});
    });
    xml.text("on_poweroff", "destroy");
    xml.text("on_reboot", "restart");
    xml.text("on_crash", "destroy");
}

/// A serial port, and the console element that names it again.
void write_console(XmlWriter& xml, const Guest& guest) {
    const bool socket = !guest.console_socket.empty();
    for (const char* element : {"serial", "console"}) {
        const bool serial = std::string_view(element) == "serial";
        xml.element(element, {{"type", socket ? "unix" : "pty"}}, [&] {
            if (socket) xml.empty("source", {{"mode", "bind"}, {"path", guest.console_socket}});
            if (!guest.console_log.empty())
                xml.empty("log", {{"file", guest.console_log}, {"append", "off"}});
            xml.empty("target", {{"type", serial ? "" : "serial"}, {"port", "0"}});
        });
    }
}

void write_display(XmlWriter& xml, const Guest& guest) {
    const Vnc& vnc = guest.vnc;
    if (vnc.listen == Vnc::Listen::nowhere) {
        xml.element("video", {}, [&] { xml.empty("model", {{"type", "none"}}); });
        return;
    }
    if (vnc.listen == Vnc::Listen::unix_socket)
        xml.element("graphics", {{"type", "vnc"}, {"keymap", vnc.keymap}}, [&] {
            xml.empty("listen", {{"type", "socket"}, {"socket", vnc.socket}});
        });
    else
        xml.element("graphics",
                    {{"type", "vnc"}, {"port", "-1"}, {"autoport", "yes"}, {"keymap", vnc.keymap}},
                    [&] {
                        xml.empty("listen", {{"type", "address"}, {"address", vnc.address}});
                    });
    xml.element("video", {}, [&] { xml.empty("model", {{"type", guest.video_model}}); });
}

void write_devices(XmlWriter& xml, const Guest& guest) {
    if (!guest.emulator.empty()) xml.text("emulator", guest.emulator);
    for (const auto& disk : guest.disks) write_disk(xml, disk);
    for (const auto& nic : guest.nics) write_nic(xml, nic);
    write_console(xml, guest);
    if (guest.guest_agent)
        xml.element("channel", {{"type", "unix"}}, [&] {
            xml.empty("target", {{"type", "virtio"}, {"name", "org.qemu.guest_agent.0"}});
        });
    if (guest.usb_tablet) xml.empty("input", {{"type", "tablet"}, {"bus", "usb"}});
    write_display(xml, guest);
    if (guest.random_source)
        xml.element("rng", {{"model", "virtio"}}, [&] {
            xml.text("backend", "/dev/urandom", {{"model", "random"}});
        });
    xml.element("memballoon", {{"model", "virtio"}}, [&] {
        xml.empty("stats", {{"period", "10"}});
    });
}

/// The value of `attribute` in the first element after `position` that begins with `start`.
std::optional<std::string> attribute_after(const std::string& xml, const std::string& start,
                                           const std::string& attribute) {
    auto element = xml.find(start);
    if (element == std::string::npos) return std::nullopt;
    auto end = xml.find('>', element);
    auto name = xml.find(" " + attribute + "='", element);
    if (name == std::string::npos || name > end) return std::nullopt;
    name += attribute.size() + 3;
    return xml.substr(name, xml.find('\'', name) - name);
}

} // namespace

std::string domain_xml(const Guest& guest) {
    XmlWriter xml;
    xml.element("domain", {{"type", guest.type == DomainType::kvm ? "kvm" : "qemu"}}, [&] {
        xml.text("name", guest.name);
        xml.text("uuid", guest.uuid);
        if (!guest.title.empty()) xml.text("title", guest.title);
        write_metadata(xml, guest);
        xml.text("memory", std::to_string(guest.memory_mib), {{"unit", "MiB"}});
        xml.text("vcpu", std::to_string(guest.vcpus));
        write_system(xml, guest);
        xml.element("devices", {}, [&] { write_devices(xml, guest); });
    });
    return xml.take();
}

std::string disk_xml(const Disk& disk) {
    XmlWriter xml;
    write_disk(xml, disk);
    return xml.take();
}

std::string nic_xml(const Nic& nic) {
    XmlWriter xml;
    write_nic(xml, nic);
    return xml.take();
}

std::string disk_copy_xml(const std::string& target, const std::string& path) {
    XmlWriter xml;
    xml.element("domainbackup", {{"mode", "push"}}, [&] {
        xml.element("disks", {}, [&] {
            xml.element("disk", {{"name", target}, {"backup", "yes"}, {"type", "file"}}, [&] {
                xml.empty("driver", {{"type", "qcow2"}});
                xml.empty("target", {{"file", path}});
            });
        });
    });
    return xml.take();
}

std::optional<int> vnc_port(const std::string& domain_xml) {
    auto port = attribute_after(domain_xml, "<graphics type='vnc'", "port");
    auto number = port ? to_int(*port) : std::nullopt;
    if (!number || *number <= 0) return std::nullopt;
    return static_cast<int>(*number);
}

std::optional<std::string> console_pty(const std::string& domain_xml) {
    auto serial = domain_xml.find("<serial type='pty'");
    if (serial == std::string::npos) return std::nullopt;
    return attribute_after(domain_xml.substr(serial), "<source", "path");
}

} // namespace nephele::libvirt
