// SPDX-License-Identifier: Apache-2.0
#include "engines/ovn/fake.h"

#include "engines/ovn/apply.h"
#include "engines/ovn/rows.h"
#include "engines/ovsdb/operations.h"

namespace nephele::ovn {

void FakeNorthbound::fail_if_due(bool committed) {
    if (failures_left_ == 0 || committed != failures_after_commit_) return;
    --failures_left_;
    throw EngineFailure(failure_, "fake northbound: told to fail");
}

Applied FakeNorthbound::apply(const Desired& desired, const Scope& scope) {
    std::vector<PortState> changed;
    Applied applied;
    {
        std::lock_guard lock(mutex_);
        fail_if_due(false);
        Database database;
        database.plan = [this](const Desired& wanted, const Scope& limits) {
            return diff(database_.replica(), wanted, limits);
        };
        database.transact = [&](const Json::Array& operations) {
            auto results = database_.transact(operations);
            ++transactions_;
            auto states = port_state_changes(database_.changes());
            changed.insert(changed.end(), states.begin(), states.end());
            return results;
        };
        applied = apply_to(database, desired, scope);
        if (automatically_up_) {
            std::vector<std::string> down;
            for (const auto& [uuid, row] : database_.replica().table("Logical_Switch_Port"))
                if (!row->boolean("up").value_or(false)) down.push_back(uuid);
            set_up(down, true, changed);
        }
        fail_if_due(true);
    }
    tell(changed);
    return applied;
}

Plan FakeNorthbound::preview(const Desired& desired, const Scope& scope) const {
    std::lock_guard lock(mutex_);
    return diff(database_.replica(), desired, scope);
}

void FakeNorthbound::sync(Reach, int) {
    std::lock_guard lock(mutex_);
    fail_if_due(false);
}

std::vector<PortState> FakeNorthbound::port_states() const {
    std::lock_guard lock(mutex_);
    std::vector<PortState> states;
    for (const auto& [uuid, row] : database_.replica().table("Logical_Switch_Port"))
        if (auto state = port_state(*row)) states.push_back(std::move(*state));
    return states;
}

void FakeNorthbound::on_port_state(std::function<void(const PortState&)> callback) {
    std::lock_guard lock(mutex_);
    callbacks_.push_back(std::move(callback));
}

void FakeNorthbound::fail_next(EngineFailure::Kind kind, int times, bool after_commit) {
    std::lock_guard lock(mutex_);
    failure_ = kind;
    failures_left_ = times;
    failures_after_commit_ = after_commit;
}

void FakeNorthbound::bring_ports_up(bool automatically) {
    std::lock_guard lock(mutex_);
    automatically_up_ = automatically;
}

void FakeNorthbound::set_up(const std::vector<std::string>& uuids, bool up,
                            std::vector<PortState>& changed) {
    for (const auto& uuid : uuids) {
        database_.transact({ovsdb::update("Logical_Switch_Port", {ovsdb::row_is(uuid)},
                                          {{"up", ovsdb::Value(up)}})});
        auto states = port_state_changes(database_.changes());
        changed.insert(changed.end(), states.begin(), states.end());
    }
}

void FakeNorthbound::set_port_up(const RowKey& port, bool up) {
    std::vector<PortState> changed;
    {
        std::lock_guard lock(mutex_);
        std::vector<std::string> uuids;
        for (const auto& uuid :
             database_.replica().find("Logical_Switch_Port", "external_ids", id_entry, port.id))
            if (key_of(*database_.replica().row("Logical_Switch_Port", uuid)) == port)
                uuids.push_back(uuid);
        set_up(uuids, up, changed);
    }
    tell(changed);
}

void FakeNorthbound::transact(const Json::Array& operations) {
    std::vector<PortState> changed;
    {
        std::lock_guard lock(mutex_);
        database_.transact(operations);
        changed = port_state_changes(database_.changes());
    }
    tell(changed);
}

void FakeNorthbound::read(const std::function<void(const ovsdb::Replica&)>& look) const {
    std::lock_guard lock(mutex_);
    look(database_.replica());
}

int FakeNorthbound::transactions() const {
    std::lock_guard lock(mutex_);
    return transactions_;
}

void FakeNorthbound::tell(const std::vector<PortState>& states) {
    decltype(callbacks_) callbacks;
    {
        std::lock_guard lock(mutex_);
        callbacks = callbacks_;
    }
    for (const auto& state : states)
        for (const auto& callback : callbacks) callback(state);
}

} // namespace nephele::ovn
