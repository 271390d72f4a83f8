// SPDX-License-Identifier: Apache-2.0
// The backend that talks to an OVSDB server.
#include "engines/ovn/northbound.h"

#include "engines/ovn/apply.h"
#include "engines/ovn/rows.h"
#include "engines/ovsdb/client.h"

#include <mutex>

namespace nephele::ovn {
namespace {

constexpr int transaction_timeout_ms = 30'000;

ovsdb::ClientOptions client_options(const std::string& remote) {
    ovsdb::ClientOptions options;
    options.remote = remote;
    options.database = "OVN_Northbound";
    options.watches = watches();
    options.prepare = prepare_replica;
    return options;
}

class ServerNorthbound : public Northbound {
  public:
    explicit ServerNorthbound(const std::string& remote) : client_(client_options(remote)) {
        client_.on_change([this](const std::vector<ovsdb::Change>& changes) { tell(changes); });
    }

    Applied apply(const Desired& desired, const Scope& scope) override {
        // One at a time: a plan must see what the one before it did.
        std::lock_guard lock(applying_);
        need_replica();
        Database database;
        database.plan = [this](const Desired& wanted, const Scope& limits) {
            return preview(wanted, limits);
        };
        database.transact = [this](const Json::Array& operations) {
            return client_.transact(operations, transaction_timeout_ms);
        };
        return apply_to(database, desired, scope);
    }

    Plan preview(const Desired& desired, const Scope& scope) const override {
        Plan plan;
        client_.read([&](const ovsdb::Replica& replica) { plan = diff(replica, desired, scope); });
        return plan;
    }

    void sync(Reach reach, int timeout_ms) override {
        need_replica();
        ensure_global();
        auto results =
            client_.transact({ovsdb::mutate("NB_Global", {}, {{"nb_cfg", "+=", ovsdb::Value(1)}}),
                              ovsdb::select("NB_Global", {}, {"nb_cfg"})},
                             transaction_timeout_ms);
        const std::int64_t target = results.at(1).at("rows").as_array().at(0).integer("nb_cfg");
        const char* column = reach == Reach::southbound ? "sb_cfg" : "hv_cfg";
        const bool reached = client_.wait_until(
            [&](const ovsdb::Replica& replica) {
                auto [uuid, global] = replica.singleton("NB_Global");
                return global && global->integer(column) >= target;
            },
            timeout_ms);
        if (!reached)
            throw EngineFailure(EngineFailure::Kind::transient,
                                reach == Reach::southbound
                                    ? "ovn: northd has not caught up in time"
                                    : "ovn: not every chassis has caught up in time");
    }

    std::vector<PortState> port_states() const override {
        std::vector<PortState> states;
        client_.read([&](const ovsdb::Replica& replica) {
            for (const auto& [uuid, row] : replica.table("Logical_Switch_Port"))
                if (auto state = port_state(*row)) states.push_back(std::move(*state));
        });
        return states;
    }

    void on_port_state(std::function<void(const PortState&)> callback) override {
        std::lock_guard lock(callbacks_mutex_);
        callbacks_.push_back(std::move(callback));
    }

    bool ready() const override { return client_.ready(); }

  private:
    void need_replica() {
        if (!client_.wait_ready(transaction_timeout_ms))
            throw EngineFailure(EngineFailure::Kind::transient,
                                "ovn: northbound database not reachable: " +
                                    client_.last_problem());
    }

    /// A new database has no global row until northd or somebody makes it.
    void ensure_global() {
        bool there = false;
        client_.read(
            [&](const ovsdb::Replica& replica) { there = !replica.table("NB_Global").empty(); });
        if (there) return;
        try {
            client_.transact({ovsdb::require_none("NB_Global", {}), ovsdb::insert("NB_Global", {})},
                             transaction_timeout_ms);
        } catch (const ovsdb::TransactionFailure& failure) {
            if (failure.error != "timed out") throw; // Made by somebody else meanwhile.
        }
    }

    void tell(const std::vector<ovsdb::Change>& changes) {
        auto states = port_state_changes(changes);
        if (states.empty()) return;
        decltype(callbacks_) callbacks;
        {
            std::lock_guard lock(callbacks_mutex_);
            callbacks = callbacks_;
        }
        for (const auto& state : states)
            for (const auto& callback : callbacks) callback(state);
    }

    std::mutex applying_;
    std::mutex callbacks_mutex_;
    std::vector<std::function<void(const PortState&)>> callbacks_;
    ovsdb::Client client_; // Last: its thread must end before the rest goes.
};

} // namespace

std::unique_ptr<Northbound> connect_northbound(const std::string& remote) {
    return std::make_unique<ServerNorthbound>(remote);
}

} // namespace nephele::ovn
