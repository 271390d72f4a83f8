// SPDX-License-Identifier: Apache-2.0
#include "engines/libvirt/domain_xml.h"

#include "platform/fault/fault.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::libvirt;

namespace {

Guest small_guest() {
    Guest guest;
    guest.uuid = "11111111-0000-4000-8000-000000000001";
    guest.name = "instance-00000001";
    guest.memory_mib = 128;
    guest.console_log = "/var/lib/nephele/1/console.log";
    guest.metadata = {{"id", guest.uuid}, {"generation", "3"}};
    guest.vnc.listen = Vnc::Listen::tcp;
    Disk root;
    root.source = FileSource{"/var/lib/nephele/1/disk"};
    root.format = DiskFormat::qcow2;
    root.backing = {{FileSource{"/var/lib/nephele/base/a"}, DiskFormat::raw}};
    root.target = "vda";
    guest.disks.push_back(root);
    Nic nic;
    nic.mac = "fa:16:3e:00:00:11";
    nic.tap = "nt12345678";
    nic.mtu = 1442;
    guest.nics.push_back(nic);
    return guest;
}

const char* small_guest_xml = R"(<domain type='qemu'>
  <name>instance-00000001</name>
  <uuid>11111111-0000-4000-8000-000000000001</uuid>
  <metadata>
    <nephele:instance xmlns:nephele='urn:nephele:instance:1'>
      <nephele:entry name='generation'>3</nephele:entry>
      <nephele:entry name='id'>11111111-0000-4000-8000-000000000001</nephele:entry>
    </nephele:instance>
  </metadata>
  <memory unit='MiB'>128</memory>
  <vcpu>1</vcpu>
  <sysinfo type='smbios'>
    <system>
      <entry name='manufacturer'>OpenStack Foundation</entry>
      <entry name='product'>OpenStack Nova</entry>
      <entry name='serial'>11111111-0000-4000-8000-000000000001</entry>
      <entry name='uuid'>11111111-0000-4000-8000-000000000001</entry>
      <entry name='family'>Virtual Machine</entry>
    </system>
  </sysinfo>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <boot dev='hd'/>
    <smbios mode='sysinfo'/>
  </os>
  <features>
    <acpi/>
    <apic/>
  </features>
  <clock offset='utc'>
  </clock>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='writeback'/>
      <source file='/var/lib/nephele/1/disk'/>
      <backingStore type='file'>
        <format type='raw'/>
        <source file='/var/lib/nephele/base/a'/>
        <backingStore/>
      </backingStore>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='ethernet'>
      <mac address='fa:16:3e:00:00:11'/>
      <target dev='nt12345678' managed='no'/>
      <model type='virtio'/>
      <mtu size='1442'/>
    </interface>
    <serial type='pty'>
      <log file='/var/lib/nephele/1/console.log' append='off'/>
      <target port='0'/>
    </serial>
    <console type='pty'>
      <log file='/var/lib/nephele/1/console.log' append='off'/>
      <target type='serial' port='0'/>
    </console>
    <graphics type='vnc' port='-1' autoport='yes'>
      <listen type='address' address='127.0.0.1'/>
    </graphics>
    <video>
      <model type='vga'/>
    </video>
    <memballoon model='virtio'>
      <stats period='10'/>
    </memballoon>
  </devices>
</domain>
)";

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a small guest, word for word") { CHECK(domain_xml(small_guest()) == small_guest_xml); }

TEST_CASE("every disk ends its backing chain") {
    Disk disk;
    disk.source = BlockSource{"/dev/mapper/x"};
    disk.target = "vdb";
    disk.cache = "none";
    disk.discard = "unmap";
    disk.serial = "abc";
    disk.shareable = true;
    disk.limits.total_iops = 100;
    CHECK(disk_xml(disk) == R"(<disk type='block' device='disk'>
  <driver name='qemu' type='raw' cache='none' io='native' discard='unmap'/>
  <source dev='/dev/mapper/x'/>
  <backingStore/>
  <target dev='vdb' bus='virtio'/>
  <iotune>
    <total_iops_sec>100</total_iops_sec>
  </iotune>
  <shareable/>
  <serial>abc</serial>
</disk>
)");
}

TEST_CASE("network disks") {
    Disk disk;
    disk.target = "vdb";
    disk.source = NbdSource{.socket = "/run/x.sock", .export_name = "volume-1"};
    CHECK(contains(disk_xml(disk), R"(<source protocol='nbd' name='volume-1'>
    <host transport='unix' socket='/run/x.sock'/>)"));
    disk.source = NbdSource{.host = "10.0.0.9", .port = 10900, .export_name = "v", .tls = true};
    CHECK(contains(disk_xml(disk), R"(<source protocol='nbd' name='v' tls='yes'>
    <host name='10.0.0.9' port='10900'/>)"));
    disk.source = RbdSource{"pool/image", {{"10.0.0.1", 6789}}, "cinder", "u-1"};
    CHECK(contains(disk_xml(disk), R"(<source protocol='rbd' name='pool/image'>
    <host name='10.0.0.1' port='6789'/>
    <auth username='cinder'>
      <secret type='ceph' uuid='u-1'/>
    </auth>)"));
}

TEST_CASE("a config drive is a read-only CD-ROM") {
    Disk drive;
    drive.device = Disk::Device::cdrom;
    drive.source = FileSource{"/d/config"};
    drive.target = "hdd";
    drive.bus = "ide";
    CHECK(contains(disk_xml(drive), "device='cdrom'"));
    CHECK(contains(disk_xml(drive), "<readonly/>"));
}

TEST_CASE("interfaces") {
    Nic nic = small_guest().nics[0];
    nic.checksum_offload = false;
    nic.queues = 4;
    nic.boot_order = 2;
    CHECK(nic_xml(nic) == R"(<interface type='ethernet'>
  <mac address='fa:16:3e:00:00:11'/>
  <target dev='nt12345678' managed='no'/>
  <model type='virtio'/>
  <driver queues='4'>
    <host csum='off'/>
  </driver>
  <mtu size='1442'/>
  <boot order='2'/>
</interface>
)");
}

TEST_CASE("sockets, firmware, direct kernel, boot order") {
    Guest guest = small_guest();
    guest.type = DomainType::kvm;
    guest.cpu = Cpu::host_model;
    guest.uefi = true;
    guest.machine = "q35";
    guest.vnc.listen = Vnc::Listen::unix_socket;
    guest.vnc.socket = "/run/1/vnc";
    guest.console_socket = "/run/1/console";
    guest.disks[0].boot_order = 1;
    const auto xml = domain_xml(guest);
    CHECK(contains(xml, "<domain type='kvm'>"));
    CHECK(contains(xml, "<os firmware='efi'>"));
    CHECK(contains(xml, "<cpu mode='host-model'/>"));
    CHECK(contains(xml, "<listen type='socket' socket='/run/1/vnc'/>"));
    CHECK(contains(xml, "<source mode='bind' path='/run/1/console'/>"));
    CHECK(contains(xml, "<boot order='1'/>"));
    CHECK_FALSE(contains(xml, "<boot dev="));

    guest.kernel = "/k";
    guest.ramdisk = "/r";
    guest.command_line = "console=ttyS0 a=\"b\"";
    CHECK(contains(domain_xml(guest), "<cmdline>console=ttyS0 a=&quot;b&quot;</cmdline>"));
}

TEST_CASE("no text of a caller becomes markup") {
    Guest guest = small_guest();
    guest.title = "</title><devices>&'\"\n";
    guest.disks[0].source = FileSource{"/a' b='c"};
    const auto xml = domain_xml(guest);
    CHECK(contains(xml, "<title>&lt;/title&gt;&lt;devices&gt;&amp;&apos;&quot;&#10;</title>"));
    CHECK(contains(xml, "<source file='/a&apos; b=&apos;c'/>"));
    guest.title = std::string("bell \x07");
    CHECK_THROWS_AS(domain_xml(guest), EngineFailure);
    guest.title = "\xff";
    CHECK_THROWS_AS(domain_xml(guest), EngineFailure);
}

TEST_CASE("what a running guest's description answers") {
    CHECK(vnc_port("<graphics type='vnc' port='5901' autoport='yes'>") == 5901);
    CHECK(vnc_port("<graphics type='vnc' port='-1' autoport='yes'>") == std::nullopt);
    CHECK(vnc_port("<graphics type='vnc'><listen port='1'/>") == std::nullopt);
    CHECK(console_pty("<serial type='pty'>\n <source path='/dev/pts/3'/>") == "/dev/pts/3");
    CHECK(console_pty("<serial type='unix'>") == std::nullopt);
}
