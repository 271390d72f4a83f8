// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/test/maker_contract.h"

#include "services/nova/compute/guest_records.h"

#include <algorithm>
#include <doctest/doctest.h>

namespace nephele::nova::compute {
namespace {

bool is_present(agent::Maker& maker, const std::string& id) {
    auto ids = maker.present();
    return std::count(ids.begin(), ids.end(), id) == 1;
}

} // namespace

MakerContract::MakerContract(agent::Maker& maker, GuestSpec guest)
    : maker_(maker), guest_(std::move(guest)) {}

GuestStatus MakerContract::ensure() {
    ++generation_;
    return ensure_again();
}

GuestStatus MakerContract::ensure_again() {
    agent::Desired desired;
    desired.kind = guest_kind;
    desired.id = guest_.server_id;
    desired.generation = generation_;
    desired.spec = GuestSpec::shape().image(&guest_);
    auto seen = maker_.ensure(desired, [](const agent::Observed&) {});
    REQUIRE(seen.phase == agent::Phase::ready);
    GuestStatus status;
    GuestStatus::shape().from_image(seen.status, &status);
    return status;
}

void MakerContract::run() {
    life();
    reboots();
    strays();
}

void MakerContract::life() {
    guest_.power = GuestPower::running;
    auto status = ensure();
    CHECK(status.power_state == power_state::running);
    CHECK(status.instance_name == guest_.name);
    CHECK(is_present(maker_, guest_.server_id));
    CHECK(ensure_again().power_state == power_state::running);
    for (auto power :
         {GuestPower::paused, GuestPower::running, GuestPower::suspended, GuestPower::running,
          GuestPower::stopped, GuestPower::stopped, GuestPower::running, GuestPower::paused,
          GuestPower::stopped, GuestPower::running, GuestPower::suspended, GuestPower::stopped,
          GuestPower::running}) {
        guest_.power = power;
        CHECK(ensure().power_state == power_state_of(power));
        CHECK(ensure_again().power_state == power_state_of(power));
    }
}

void MakerContract::reboots() {
    guest_.soft_reboots = 1;
    auto status = ensure();
    CHECK(status.soft_reboots_done == 1);
    CHECK(status.power_state == power_state::running);
    guest_.hard_reboots = 2; // Two asked for while the host was away are one.
    status = ensure();
    CHECK(status.hard_reboots_done == 2);
    CHECK(status.soft_reboots_done == 1);
    CHECK(status.power_state == power_state::running);
}

void MakerContract::strays() {
    agent::Desired gone;
    gone.kind = guest_kind;
    gone.id = guest_.server_id;
    gone.generation = ++generation_;
    gone.absent = true;
    for (int time = 0; time < 2; ++time) {
        CHECK(maker_.ensure(gone, [](const agent::Observed&) {}).phase == agent::Phase::absent);
        CHECK(!is_present(maker_, guest_.server_id));
    }
    // The same server comes back, with its counters of before, and is no reboot.
    CHECK(ensure().soft_reboots_done == guest_.soft_reboots);
    maker_.remove_stray(guest_.server_id);
    CHECK(!is_present(maker_, guest_.server_id));
}

} // namespace nephele::nova::compute
