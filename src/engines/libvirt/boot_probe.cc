// SPDX-License-Identifier: Apache-2.0
// Finds out by booting whether an accelerator runs ordinary guests: that /dev/kvm opens says little
// (nested and paravirtual ones open and then hang or abort).
#include "engines/libvirt/boot_probe.h"

#include "base/ids.h"
#include "base/strings.h"
#include "base/time.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace nephele::libvirt {
namespace {

/// boot_probe.S, assembled, without the padding and the boot signature.
constexpr const char* code_hex =
    "fa31c08ed88ec08ed0bc007cfcbf00106631c0b9000c66f3abc70600100320c70600200330c7060030830066"
    "b8001000000f22d80f20e0660d200600000f22e066b9800000c00f32660d000100000f300f0116c07c0f20c0"
    "660d030000806683e0fb0f22c0ea6a7c080066b810008ed88ed0bec67c0000b9400d0300f20f2ac1f20f58c8"
    "ffc975f4ac84c0741488c466bafd03eca82074fb66baf80388e0eeebe7f4ebfd0f1f40000000000000000000"
    "ffff0000009aaf00ffff00000092cf001700a87c00006e657068656c653a20677565737420636f6465207275"
    "6e730d0a";
constexpr const char* message = "nephele: guest code runs";
constexpr std::size_t disk_bytes = 64 * 1024;

class ScratchFile {
  public:
    explicit ScratchFile(std::string path) : path_(std::move(path)) {}
    ~ScratchFile() { ::unlink(path_.c_str()); }
    const std::string& path() const { return path_; }
    void write(std::string_view bytes) const {
        int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0 ||
            ::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
            int error = errno;
            if (fd >= 0) ::close(fd);
            throw EngineFailure(EngineFailure::Kind::transient,
                                "libvirt: cannot write " + path_ + ": " + std::strerror(error));
        }
        ::close(fd);
    }
    std::string read() const {
        std::string text(4096, '\0');
        int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0) return "";
        ssize_t count = ::read(fd, text.data(), text.size());
        ::close(fd);
        text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return text;
    }

  private:
    std::string path_;
};

Guest probe_guest(DomainType type, const std::string& disk, const std::string& log) {
    Guest guest;
    guest.uuid = system_ids().uuid();
    guest.name = "nephele-probe-" + guest.uuid.substr(0, 8);
    guest.type = type;
    guest.memory_mib = 32;
    guest.cpu = type == DomainType::kvm ? Cpu::host_passthrough : Cpu::hypervisor_default;
    guest.console_log = log;
    Disk boot;
    boot.source = FileSource{disk};
    boot.format = DiskFormat::raw;
    boot.target = "hda";
    boot.bus = "ide";
    guest.disks.push_back(std::move(boot));
    guest.vnc.listen = Vnc::Listen::nowhere;
    return guest;
}

} // namespace

std::string boot_probe_disk() {
    std::string disk = hex_decode(code_hex).value();
    disk.resize(510, '\0');
    disk += "\x55\xaa";
    disk.resize(disk_bytes, '\0');
    return disk;
}

std::string why_not_bootable(Hypervisor& hypervisor, DomainType type,
                             const std::string& scratch_directory, int timeout_ms) {
    const std::string stem = scratch_directory + "/probe-" + system_ids().hex().substr(0, 12);
    ScratchFile disk(stem + ".raw"), log(stem + ".log");
    disk.write(boot_probe_disk());
    const Guest guest = probe_guest(type, disk.path(), log.path());
    try {
        hypervisor.run_transient(domain_xml(guest));
    } catch (const EngineFailure& failure) {
        return failure.what();
    }
    const std::int64_t deadline = system_clock().monotonic_ns() + timeout_ms * 1'000'000LL;
    std::string reason;
    while (log.read().find(message) == std::string::npos) {
        auto info = hypervisor.find(guest.uuid);
        if (!info || info->state != DomainState::running)
            reason = "the test guest stopped: " + (info ? info->reason : "it is gone");
        else if (system_clock().monotonic_ns() > deadline)
            reason = format("the test guest did not run within {} ms", timeout_ms);
        if (!reason.empty()) break;
        ::poll(nullptr, 0, 50);
    }
    hypervisor.destroy(guest.uuid);
    return reason;
}

DomainTypeProbe probe_domain_type(Hypervisor& hypervisor, const std::string& scratch_directory,
                                  int timeout_ms) {
    if (::access("/dev/kvm", R_OK | W_OK) != 0)
        return {DomainType::qemu, std::string("/dev/kvm: ") + std::strerror(errno)};
    auto reason = why_not_bootable(hypervisor, DomainType::kvm, scratch_directory, timeout_ms);
    if (reason.empty()) return {DomainType::kvm, "a test guest ran with KVM"};
    return {DomainType::qemu, "KVM is there but of no use: " + reason};
}

} // namespace nephele::libvirt
