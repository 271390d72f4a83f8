// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/fake_maker.h"

#include "base/strings.h"
#include "services/nova/compute/guest_records.h"

#include <chrono>

namespace nephele::nova::compute {

using agent::Observed;
using agent::Phase;

namespace {
// As much as tools that read the last lines of a log expect of a guest.
constexpr int lines_of_a_boot = 120;
} // namespace

void FakeMaker::wait_and_fail_as_told(std::unique_lock<std::mutex>& lock,
                                      const std::string& server_id) {
    if (delay_ms_ > 0) {
        auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(delay_ms_);
        changed_.wait_until(lock, until, [this] { return delay_ms_ == 0; });
    }
    changed_.wait(lock, [this] { return !held_; });
    if (failures_left_ == 0 || (!failing_.empty() && failing_ != server_id)) return;
    --failures_left_;
    throw EngineFailure(failure_, "fake hypervisor: told to fail with guest " + server_id);
}

Observed FakeMaker::ensure(const agent::Desired& desired,
                           const std::function<void(const Observed&)>&) {
    std::unique_lock lock(mutex_);
    wait_and_fail_as_told(lock, desired.id);
    if (desired.absent) {
        guests_.erase(desired.id);
        Observed gone;
        gone.phase = Phase::absent;
        return gone;
    }
    GuestSpec spec = guest_of(desired);
    auto [found, is_new] = guests_.try_emplace(desired.id);
    FakeGuest& guest = found->second;
    if (is_new) { // A new guest, or the process is new: earlier reboots are history.
        guest.status.soft_reboots_done = spec.soft_reboots;
        guest.status.hard_reboots_done = spec.hard_reboots;
        guest.status.domain_type = "qemu";
    }
    guest.status.instance_name = spec.name;
    // News for the metadata only: the guest is left alone.
    const bool is_news = !is_new && guest.spec.machine() == spec.machine() &&
                         guest.spec.documents() != spec.documents();
    guest.spec = std::move(spec);
    if (is_news)
        guest.generation = desired.generation;
    else
        make_so(guest, desired);
    return observed_guest(guest.status);
}

void FakeMaker::make_so(FakeGuest& guest, const agent::Desired& desired) {
    GuestStatus& status = guest.status;
    const GuestSpec& spec = guest.spec;
    // A guest that stopped by itself since then is reported, not started again.
    if (guest.generation == desired.generation) return;
    if (status.soft_reboots_done < spec.soft_reboots ||
        status.hard_reboots_done < spec.hard_reboots) {
        ++guest.restarts;
        status.power_state = power_state::running;
    }
    status.soft_reboots_done = spec.soft_reboots;
    status.hard_reboots_done = spec.hard_reboots;
    const std::int64_t wanted = power_state_of(spec.power);
    const bool was_off =
        status.power_state != power_state::running && status.power_state != power_state::paused;
    if (wanted == power_state::running && was_off) ++guest.starts;
    status.power_state = wanted;
    guest.generation = desired.generation;
}

std::vector<std::string> FakeMaker::present() {
    std::lock_guard lock(mutex_);
    std::vector<std::string> ids;
    ids.reserve(guests_.size());
    for (const auto& [id, guest] : guests_) ids.push_back(id);
    return ids;
}

void FakeMaker::remove_stray(const std::string& id) {
    std::unique_lock lock(mutex_);
    wait_and_fail_as_told(lock, id);
    guests_.erase(id);
}

void FakeMaker::fail_next(const std::string& server_id, EngineFailure::Kind kind, int times) {
    std::lock_guard lock(mutex_);
    failing_ = server_id;
    failure_ = kind;
    failures_left_ = times;
}

void FakeMaker::set_delay_ms(int milliseconds) {
    std::lock_guard lock(mutex_);
    delay_ms_ = milliseconds;
    changed_.notify_all();
}

void FakeMaker::hold(bool held) {
    std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
}

void FakeMaker::stop_from_inside(const std::string& server_id, std::int64_t power_state) {
    std::lock_guard lock(mutex_);
    auto found = guests_.find(server_id);
    if (found != guests_.end()) found->second.status.power_state = power_state;
}

void FakeMaker::add_stray(const std::string& server_id) {
    std::lock_guard lock(mutex_);
    guests_[server_id].spec.server_id = server_id;
}

std::optional<FakeGuest> FakeMaker::find(const std::string& server_id) {
    std::lock_guard lock(mutex_);
    auto found = guests_.find(server_id);
    if (found == guests_.end()) return std::nullopt;
    return found->second;
}

std::size_t FakeMaker::count() {
    std::lock_guard lock(mutex_);
    return guests_.size();
}

std::string FakeMaker::console_log(const std::string& server_id) {
    auto guest = find(server_id);
    if (!guest) return "";
    std::string text;
    for (int boot = 0; boot < guest->starts + guest->restarts; ++boot) {
        if (boot > 0) text += "\n";
        text += format("simulated guest {} starts\n", guest->spec.name);
        for (int line = 1; line <= lines_of_a_boot; ++line)
            text += format("[{}] a line such as kernels print while they boot\n", line);
        text += guest->spec.hostname + " login: ";
    }
    return text;
}

Observed FakePresence::ensure(const agent::Desired& desired,
                              const std::function<void(const Observed&)>&) {
    std::lock_guard lock(mutex_);
    Observed out;
    out.phase = desired.absent ? Phase::absent : Phase::ready;
    out.status = Json::object();
    if (desired.absent)
        things_.erase(desired.id);
    else
        things_[desired.id] = desired.spec;
    return out;
}

std::vector<std::string> FakePresence::present() {
    std::lock_guard lock(mutex_);
    std::vector<std::string> ids;
    for (const auto& [id, spec] : things_) ids.push_back(id);
    return ids;
}

void FakePresence::remove_stray(const std::string& id) {
    std::lock_guard lock(mutex_);
    things_.erase(id);
}

} // namespace nephele::nova::compute
