// SPDX-License-Identifier: Apache-2.0
// The order of things, and why a crash between any two of them does no harm:
// - the note names the taps before they are made, so that none is ever forgotten;
// - the note names the base after the disk is made and before the guest first runs, so that a disk
//   is made anew only while no guest has written to it (or the image was changed on purpose);
// - a reboot is counted in the domain's metadata, which changes between switching off and starting,
//   so it happens once however often it is tried;
// - the note names the generation last: until then everything is ensured again. From then on the
//   guest's power is its own: one that stops by itself is reported, not started.
#include "services/nova/compute/guest_maker.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "platform/log/log.h"
#include "services/nova/compute/guest_records.h"
#include "services/nova/compute/host_files.h"

#include <algorithm>
#include <chrono>
#include <set>

namespace nephele::nova::compute {

using agent::Observed;
using libvirt::DomainState;
using libvirt::Running;

namespace {

constexpr int press_again_ms = 10'000; // Guests that are still booting miss the power button.
constexpr int look_again_ms = 500;     // In case an event was lost.

bool is_active(DomainState state) {
    return state == DomainState::running || state == DomainState::paused ||
           state == DomainState::shutting_down || state == DomainState::suspended;
}

std::int64_t power_state_of(const libvirt::DomainInfo& info) {
    switch (info.state) {
    case DomainState::running:
    case DomainState::shutting_down:
        return power_state::running;
    case DomainState::paused:
    case DomainState::suspended:
        return power_state::paused;
    case DomainState::shut_off:
        return info.has_saved_memory ? power_state::suspended : power_state::shut_down;
    case DomainState::crashed:
        return power_state::crashed;
    case DomainState::unknown:
        break;
    }
    return power_state::none;
}

std::string digest_of(const Json& part) { return hex_encode(crypto::sha256(part.dump())); }

} // namespace

GuestMaker::GuestMaker(GuestMakerParts parts) : parts_(std::move(parts)) {}

Observed GuestMaker::ensure(const agent::Desired& desired,
                            const std::function<void(const Observed&)>&) {
    if (desired.absent) {
        parts_.directory.remove(desired.id);
        remove(desired.id);
        Observed gone;
        gone.phase = agent::Phase::absent;
        return gone;
    }
    GuestSpec guest = guest_of(desired);
    publish(guest, false); // Before it runs: its first question is for its metadata.
    GuestNote note = parts_.files.note(guest.server_id);
    auto info = parts_.hypervisor.find(guest.server_id);
    const std::string machine = digest_of(guest.machine()),
                      documents = digest_of(guest.documents());
    // What only the metadata shows changed: the guest is left alone, whatever it does just now.
    const bool is_news = note.machine == machine && note.documents != documents;
    if (info && (note.generation == desired.generation || is_news)) {
        make_ports(guest, note); // A switch may have lost its database.
    } else {
        note.machine.clear();
        make(guest, note);
    }
    if (note.generation != desired.generation || note.machine != machine) {
        note.generation = desired.generation;
        note.machine = machine;
        note.documents = documents;
        parts_.files.write_note(guest.server_id, note);
    }
    publish(guest, true);
    return observed_guest(status_of(guest));
}

/// To the metadata service; with the places of tagged cards, once the hypervisor chose them.
void GuestMaker::publish(GuestSpec guest, bool with_addresses) {
    const bool tagged = std::any_of(guest.nics.begin(), guest.nics.end(),
                                    [](const GuestNic& nic) { return !nic.tag.empty(); });
    if (tagged && with_addresses)
        for (const auto& there : taps_in(parts_.hypervisor.xml(guest.server_id)))
            for (auto& nic : guest.nics)
                if (tap_name(nic) == there.tap) nic.pci_address = there.pci_address;
    if (tagged || !with_addresses) parts_.directory.put(guest);
}

void GuestMaker::make(const GuestSpec& guest, GuestNote& note) {
    if (guest.memory_mb <= 0 || guest.vcpus <= 0)
        throw EngineFailure(EngineFailure::Kind::permanent,
                            format("Guest {} has no memory or no processor: choose another flavor",
                                   guest.server_id));
    parts_.files.ensure_folder(guest.server_id);
    // From here on it is not what was reached before.
    parts_.files.write_note(guest.server_id, note);
    make_files(guest, note);
    make_ports(guest, note);
    bring_to_power(guest);
    drop_ports(guest, note);
    drop_rescue_disk(guest, note);
}

void GuestMaker::make_files(const GuestSpec& guest, GuestNote& note) {
    const std::string base = GuestFiles::base_name(guest);
    const std::string& id = guest.server_id;
    const bool other_image =
        note.base != base || note.rebuilds < guest.rebuilds || !exists(parts_.files.disk(id));
    if (other_image) {
        parts_.files.ensure_base(guest);
        if (auto info = parts_.hypervisor.find(id)) {
            parts_.hypervisor.destroy(id);
            if (info->has_saved_memory) parts_.hypervisor.drop_saved(id);
        }
        parts_.files.make_disk(guest);
    } else {
        settle_old_disk(guest);
        if (!is_active(state_of(id))) parts_.files.grow_disk(guest);
    }
    if (guest.rescued()) make_rescue_disk(guest, note);
    if (guest.config_drive && (other_image || !exists(parts_.files.config_drive(id))))
        parts_.files.make_config_drive(guest);
    if (other_image) {
        note.base = base;
        note.rebuilds = guest.rebuilds;
        parts_.files.write_note(id, note);
    }
}

void GuestMaker::settle_old_disk(const GuestSpec& guest) {
    const bool there = exists(parts_.files.old_disk(guest.server_id));
    const bool touches =
        (guest.old_disk == "kept" && !there) || (guest.old_disk == "restored" && there);
    // A resize switches off first; a guest that somebody started since must not write meanwhile.
    if (touches) switch_off(guest, false);
    parts_.files.settle_old_disk(guest);
}

/// The note names the base before the disk is layered on it: it is not pruned meanwhile.
void GuestMaker::make_rescue_disk(const GuestSpec& guest, GuestNote& note) {
    const GuestSpec with = GuestFiles::rescuer(guest);
    const std::string base = GuestFiles::base_name(with);
    if (note.rescue_base == base && exists(parts_.files.rescue_disk(guest.server_id))) return;
    switch_off(guest, state_of(guest.server_id) == DomainState::running);
    parts_.files.ensure_base(with);
    note.rescue_base = base;
    parts_.files.write_note(guest.server_id, note);
    parts_.files.make_rescue_disk(guest);
}

/// Once the guest is described without it.
void GuestMaker::drop_rescue_disk(const GuestSpec& guest, GuestNote& note) {
    if (guest.rescued() || note.rescue_base.empty()) return;
    remove_all(parts_.files.rescue_disk(guest.server_id));
    note.rescue_base.clear();
}

void GuestMaker::make_ports(const GuestSpec& guest, GuestNote& note) {
    std::set<std::string> named(note.taps.begin(), note.taps.end());
    for (const auto& nic : guest.nics) named.insert(tap_name(nic));
    if (named.size() != note.taps.size()) {
        note.taps.assign(named.begin(), named.end());
        parts_.files.write_note(guest.server_id, note);
    }
    for (const auto& nic : guest.nics) {
        ovs::Tap tap;
        tap.name = tap_name(nic);
        tap.mtu = static_cast<int>(nic.mtu);
        parts_.links.ensure_tap(tap);
        ovs::Port port;
        port.device = tap.name;
        port.interface_id = nic.port_id;
        port.mac = nic.mac;
        port.instance = guest.server_id;
        parts_.bridge.ensure_port(port);
    }
}

/// Those of cards that the guest has no longer.
void GuestMaker::drop_ports(const GuestSpec& guest, GuestNote& note) {
    std::vector<std::string> wanted;
    for (const auto& nic : guest.nics) wanted.push_back(tap_name(nic));
    for (const auto& tap : note.taps)
        if (!std::count(wanted.begin(), wanted.end(), tap)) unplug(tap);
    note.taps = wanted;
}

void GuestMaker::unplug(const std::string& tap) {
    parts_.bridge.ensure_no_port(tap);
    parts_.links.ensure_no_link(tap);
}

void GuestMaker::bring_to_power(const GuestSpec& guest) {
    const std::string& id = guest.server_id;
    auto info = parts_.hypervisor.find(id);
    if (!info) {
        define(guest);
        info = parts_.hypervisor.find(id);
    }
    bool softly = false;
    if (reboot_due(guest, softly)) {
        switch_off(guest, softly);
        define(guest);
        info = parts_.hypervisor.find(id);
    }
    const DomainState state = info ? info->state : DomainState::unknown;
    const bool active = is_active(state);
    if (active && guest.power != GuestPower::stopped) change_cards(guest);
    switch (guest.power) {
    case GuestPower::running:
        if (state == DomainState::paused) return parts_.hypervisor.resume(id);
        if (!active) start(guest, Running::yes);
        return;
    case GuestPower::stopped:
        switch_off(guest, state == DomainState::running);
        return define(guest);
    case GuestPower::paused:
        if (state == DomainState::running) return parts_.hypervisor.pause(id);
        if (!active) start(guest, Running::paused);
        return;
    case GuestPower::suspended:
        // One that is off has no memory to keep and stays off.
        if (active) parts_.hypervisor.save(id);
        return;
    }
}

bool GuestMaker::reboot_due(const GuestSpec& guest, bool& softly) {
    const Reboots done = reboots_in(parts_.hypervisor.xml(guest.server_id));
    const bool hard = done.hard < guest.hard_reboots, soft = done.soft < guest.soft_reboots;
    softly = soft && !hard && guest.power == GuestPower::running;
    return hard || soft;
}

/// Off, without saved memory. Politely: by the power button, and the plug when that takes too long.
void GuestMaker::switch_off(const GuestSpec& guest, bool politely) {
    const std::string& id = guest.server_id;
    if (politely && state_of(id) == DomainState::running) {
        int left = parts_.shutdown_wait_ms;
        bool off = false;
        while (!off && left > 0) {
            // A guest that went off meanwhile is none to press the button of.
            if (state_of(id) == DomainState::running) parts_.hypervisor.shutdown(id);
            const int now = std::min(left, press_again_ms);
            off = wait_until(now, [&] { return !is_active(state_of(id)); });
            left -= now;
        }
        if (!off)
            log::info("guest did not power off by itself and is switched off", {{"server", id}});
    }
    parts_.hypervisor.destroy(id);
    auto info = parts_.hypervisor.find(id);
    if (info && info->has_saved_memory) parts_.hypervisor.drop_saved(id);
}

void GuestMaker::define(const GuestSpec& guest) {
    parts_.hypervisor.ensure_defined(libvirt::domain_xml(domain_guest(
        guest, parts_.files, parts_.settings, Reboots{guest.soft_reboots, guest.hard_reboots})));
}

void GuestMaker::start(const GuestSpec& guest, Running how) {
    auto info = parts_.hypervisor.find(guest.server_id);
    // Saved memory belongs to the description it was saved with.
    if (!info || !info->has_saved_memory) define(guest);
    parts_.hypervisor.start(guest.server_id, how);
}

/// Of a guest that runs.
void GuestMaker::change_cards(const GuestSpec& guest) {
    const std::string& id = guest.server_id;
    auto has_tap = [&](const std::string& tap) {
        auto all = taps_in(parts_.hypervisor.xml(id));
        return std::any_of(all.begin(), all.end(), [&](auto& t) { return t.tap == tap; });
    };
    std::set<std::string> wanted;
    for (const auto& nic : guest.nics) {
        wanted.insert(tap_name(nic));
        if (!has_tap(tap_name(nic)))
            parts_.hypervisor.attach_device(id, libvirt::nic_xml(domain_nic(nic, parts_.settings)));
    }
    for (const auto& there : taps_in(parts_.hypervisor.xml(id))) {
        if (wanted.count(there.tap)) continue;
        libvirt::Nic nic;
        nic.mac = there.mac;
        nic.tap = there.tap;
        parts_.hypervisor.detach_device(id, libvirt::nic_xml(nic));
        if (!wait_until(parts_.detach_wait_ms, [&] { return !has_tap(there.tap); }))
            throw EngineFailure(
                EngineFailure::Kind::transient,
                format("Guest {} does not let go of card {}; it is asked again", id, there.mac));
    }
}

GuestStatus GuestMaker::status_of(const GuestSpec& guest) {
    GuestStatus status;
    auto info = parts_.hypervisor.find(guest.server_id);
    if (!info) return status;
    const std::string xml = parts_.hypervisor.xml(guest.server_id);
    const Reboots done = reboots_in(xml);
    status.power_state = power_state_of(*info);
    status.soft_reboots_done = done.soft;
    status.hard_reboots_done = done.hard;
    status.instance_name = info->name;
    status.domain_type = parts_.settings.type == libvirt::DomainType::kvm ? "kvm" : "qemu";
    if (is_active(info->state)) {
        if (xml.find(parts_.files.vnc_socket(guest.server_id)) != std::string::npos)
            status.vnc_socket = parts_.files.vnc_socket(guest.server_id);
        status.serial_socket = parts_.files.console_socket(guest.server_id);
    }
    return status;
}

DomainState GuestMaker::state_of(const std::string& id) {
    auto info = parts_.hypervisor.find(id);
    return info ? info->state : DomainState::shut_off;
}

void GuestMaker::remove(const std::string& id) {
    auto taps = parts_.files.note(id).taps;
    for (const auto& status : parts_.bridge.ports())
        if (status.port.instance == id) taps.push_back(status.port.device);
    parts_.hypervisor.ensure_undefined(id);
    for (const auto& tap : taps) unplug(tap);
    parts_.files.remove(id); // Last: it holds the note.
}

std::vector<std::string> GuestMaker::present() {
    parts_.files.prune_bases(parts_.keep_images_seconds);
    auto folders = parts_.files.ids();
    std::set<std::string> ids(folders.begin(), folders.end());
    for (const auto& info : parts_.hypervisor.list()) {
        if (info.instance.empty() || ids.count(info.instance)) continue;
        // Another Nephele may use the same hypervisor: ours say where their folder is.
        if (metadata_entry(parts_.hypervisor.xml(info.uuid), "directory") ==
            parts_.files.directory())
            ids.insert(info.instance);
    }
    return {ids.begin(), ids.end()};
}

void GuestMaker::remove_stray(const std::string& id) {
    parts_.directory.remove(id);
    remove(id);
}

void GuestMaker::wake() {
    std::lock_guard lock(mutex_);
    ++wakes_;
    woken_.notify_all();
}

void GuestMaker::interrupt() {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    woken_.notify_all();
}

bool GuestMaker::wait_until(int milliseconds, const std::function<bool()>& is_so) {
    using std::chrono::steady_clock;
    const auto deadline = steady_clock::now() + std::chrono::milliseconds(milliseconds);
    while (true) {
        std::uint64_t seen;
        {
            std::lock_guard lock(mutex_);
            seen = wakes_;
        }
        if (is_so()) return true;
        const auto now = steady_clock::now();
        if (now >= deadline) return false;
        std::unique_lock lock(mutex_);
        woken_.wait_until(lock, std::min(deadline, now + std::chrono::milliseconds(look_again_ms)),
                          [&] { return stopping_ || wakes_ != seen; });
        if (stopping_)
            throw EngineFailure(EngineFailure::Kind::transient,
                                "The host's agent stops; the guest is looked at when it is back");
    }
}

} // namespace nephele::nova::compute
