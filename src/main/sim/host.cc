// SPDX-License-Identifier: Apache-2.0
#include "main/sim/host.h"

#include "platform/agent/control.h"
#include "services/nova/model/guest_spec.h"
#include "services/nova/model/host_facts.h"
#include "services/nova/model/states.h"

namespace nephele::sim {
namespace {

std::int64_t power_state_of(nova::GuestPower power) {
    switch (power) {
    case nova::GuestPower::running:
        return nova::power::running;
    case nova::GuestPower::paused:
        return nova::power::paused;
    case nova::GuestPower::stopped:
        return nova::power::shut_down;
    case nova::GuestPower::suspended:
        return nova::power::suspended;
    }
    return nova::power::none;
}

nova::GuestSpec spec_of(const Json& json) {
    nova::GuestSpec spec;
    nova::GuestSpec::shape().from_image(json, &spec);
    return spec;
}

constexpr std::int64_t first_retry_ms = 2'000, longest_retry_ms = 60'000;

} // namespace

void Host::hello(Cloud& cloud) {
    nova::HostFacts facts;
    facts.vcpus = 4;
    facts.memory_mb = 4096 + 512;
    facts.disk_gb = 100;
    facts.hypervisor_type = "fake";
    facts.hypervisor_hostname = name_;
    Json said = Json::object({{nova::compute_facts_key, nova::HostFacts::shape().image(&facts)}});
    agent::in_process_link(cloud)->hello(name_, said);
    said_hello_ = true;
}

bool Host::pull(Cloud& cloud, bool lost) {
    if (!said_hello_) {
        hello(cloud);
        return true;
    }
    bool full = since_ == 0;
    write_as_cloud(cloud, "", [&](Context& context) { agent::control::save_seen(context, name_); });
    auto delta =
        cloud.db().read([&](db::Tx& tx) { return agent::control::changes(tx, name_, since_); });
    if (lost || (!full && delta.records.empty())) return false;
    since_ = delta.change;
    if (full) {
        std::map<Key, agent::Desired> there;
        for (auto& record : delta.records) there[{record.kind, record.id}] = record;
        desired_ = std::move(there);
        pulled_all_ = true;
        compare();
        return true;
    }
    for (auto& record : delta.records) {
        Key key{record.kind, record.id};
        // Delivered twice, or late: an older word never replaces a newer one.
        if (desired_.count(key) && desired_[key].generation > record.generation) continue;
        desired_[key] = record;
    }
    return true;
}

void Host::compare() {
    if (!pulled_all_) return;
    for (auto it = guests_.begin(); it != guests_.end();) {
        Key key{nova::guest_kind, it->first};
        if (desired_.count(key)) {
            ++it;
            continue;
        }
        agent::Observed gone;
        gone.kind = key.first;
        gone.id = key.second;
        gone.phase = agent::Phase::absent;
        outbox_[key] = gone;
        it = guests_.erase(it);
    }
    std::erase_if(things_, [&](const Key& key) { return !desired_.count(key); });
}

bool Host::due(const Key& key, const agent::Desired& desired, Time now) const {
    auto found = items_.find(key);
    if (found == items_.end()) return true;
    const Item& item = found->second;
    if (item.settled == desired.generation) return false;
    if (item.gave_up && item.gave_up_at == desired.generation) return false;
    return item.retry_at <= now;
}

agent::Observed Host::observed_guest(const Guest& guest) const {
    nova::GuestSpec spec = spec_of(guest.spec);
    nova::GuestStatus status;
    status.instance_name = spec.name;
    status.soft_reboots_done = spec.soft_reboots;
    status.hard_reboots_done = spec.hard_reboots;
    status.serial_socket = "/run/" + guest.server + ".serial";
    status.power_state = guest.power_state;
    agent::Observed out;
    out.kind = nova::guest_kind;
    out.id = guest.server;
    out.generation = guest.generation;
    out.phase = agent::Phase::ready;
    out.status = nova::GuestStatus::shape().image(&status);
    return out;
}

agent::Observed Host::make(const agent::Desired& desired) {
    agent::Observed out;
    out.kind = desired.kind;
    out.id = desired.id;
    out.generation = desired.generation;
    Key key{desired.kind, desired.id};
    if (desired.absent) {
        if (desired.kind == nova::guest_kind) guests_.erase(desired.id);
        things_.erase(key);
        out.phase = agent::Phase::absent;
        return out;
    }
    out.phase = agent::Phase::ready;
    if (desired.kind != nova::guest_kind) {
        things_.insert(key);
        return out;
    }
    Guest& guest = guests_[desired.id];
    bool reached_before = guest.generation == desired.generation;
    guest.server = desired.id;
    guest.spec = desired.spec;
    // Once reached, the guest's power is its own.
    if (!reached_before || guest.power_state == nova::power::none)
        guest.power_state = power_state_of(spec_of(desired.spec).power);
    guest.generation = desired.generation;
    return observed_guest(guest);
}

bool Host::work(Time now, std::optional<EngineFailure::Kind> fails, Random& random) {
    std::vector<Key> ready;
    for (auto& [key, desired] : desired_)
        if (due(key, desired, now)) ready.push_back(key);
    if (ready.empty()) return false;
    Key key = random.pick(ready);
    agent::Desired desired = desired_[key];
    Item& item = items_[key];
    agent::Observed result;
    // Of what fails with an unknown outcome, the work was done.
    if (!fails || *fails == EngineFailure::Kind::unknown) result = make(desired);
    if (fails) {
        result = {};
        result.kind = desired.kind;
        result.id = desired.id;
        result.generation = desired.generation;
        result.phase = agent::Phase::failed;
        result.error = "simulated: the engine failed";
        result.permanent = *fails == EngineFailure::Kind::permanent && !desired.absent;
        item.gave_up = result.permanent;
        item.gave_up_at = desired.generation;
        std::int64_t wait = first_retry_ms << std::min(item.failures++, 5);
        item.retry_at = now.plus_ms(std::min(wait, longest_retry_ms));
    } else {
        item = {};
        item.settled = desired.generation;
    }
    outbox_[key] = std::move(result);
    return true;
}

bool Host::report(Cloud& cloud, bool lost) {
    if (outbox_.empty()) return false;
    std::vector<agent::Observed> batch;
    for (auto& [key, observed] : outbox_) batch.push_back(observed);
    agent::in_process_link(cloud)->report(name_, batch);
    if (lost) return true; // It comes again.
    for (auto& [key, observed] : outbox_) {
        auto wanted = desired_.find(key);
        if (observed.phase == agent::Phase::absent && wanted != desired_.end() &&
            wanted->second.absent && wanted->second.generation == observed.generation) {
            desired_.erase(wanted);
            items_.erase(key);
        }
    }
    outbox_.clear();
    return true;
}

bool Host::stop_a_guest(Random& random) {
    std::vector<std::string> running;
    for (auto& [id, guest] : guests_)
        if (guest.power_state == nova::power::running) running.push_back(id);
    if (running.empty()) return false;
    Guest& guest = guests_[random.pick(running)];
    guest.power_state = nova::power::shut_down;
    outbox_[{nova::guest_kind, guest.server}] = observed_guest(guest);
    return true;
}

void Host::restart_agent() {
    since_ = 0;
    pulled_all_ = said_hello_ = false;
    items_.clear();
    outbox_.clear();
}

void Host::reboot() {
    restart_agent();
    // The local copy of what is desired brings them back as they should be, without anybody's help.
    for (auto& [id, guest] : guests_) guest.power_state = nova::power::none;
}

bool Host::idle(Time now) const {
    if (!outbox_.empty() || !said_hello_ || since_ == 0) return false;
    for (auto& [key, desired] : desired_)
        if (due(key, desired, now)) return false;
    return true;
}

} // namespace nephele::sim
