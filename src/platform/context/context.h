// SPDX-License-Identifier: Apache-2.0
// What every piece of code that changes records is handed: the transaction, who acts, the time, the
// ids, and the node. Requests (api::Call), operation steps (ops::Step) and tasks extend it, so that
// a service's typed functions serve all three.
#pragma once
#include "base/ids.h"
#include "base/time.h"
#include "platform/auth/authenticator.h"
#include "platform/config/config.h"
#include "platform/db/db.h"

#include <memory>
#include <string>
#include <typeindex>
#include <unordered_map>

namespace nephele {

namespace policy {
class Policy;
}
namespace ops {
class Runner;
}

/// One control node: what is alive as long as the process is. Services keep their own long-lived
/// parts (key repository, store directories) here by type.
class Cloud {
  public:
    Cloud(Config config, std::unique_ptr<db::Database> database, const Clock& clock, IdSource& ids);
    ~Cloud();
    Cloud(const Cloud&) = delete;

    const Config& config() const { return config_; }
    db::Database& db() { return *database_; }
    const Clock& clock() const { return clock_; }
    IdSource& ids() { return ids_; }
    Time now() const { return clock_.now(); }
    /// This node's name; unique in the region.
    const std::string& node() const { return node_; }

    /// The rules of one service, compiled at start.
    policy::Policy& policy_of(const std::string& service) const;
    void set_policy(const std::string& service, std::shared_ptr<policy::Policy> policy);
    ops::Runner* runner = nullptr;
    Authenticator* authenticator = nullptr;
    /// Nothing may run by itself: the simulation carries out everything in its one thread.
    bool by_hand = false;

    template <class T> T& state() const {
        auto found = states_.find(std::type_index(typeid(T)));
        if (found == states_.end()) missing_state(typeid(T).name());
        return *static_cast<T*>(found->second.get());
    }
    template <class T> bool has_state() const { return states_.count(std::type_index(typeid(T))); }
    /// At start only, before requests are served.
    template <class T> T& add_state(std::shared_ptr<T> state) {
        T& ref = *state;
        states_[std::type_index(typeid(T))] = std::move(state);
        return ref;
    }

  private:
    [[noreturn]] static void missing_state(const char* type);
    Config config_;
    std::unique_ptr<db::Database> database_;
    const Clock& clock_;
    IdSource& ids_;
    std::string node_;
    std::unordered_map<std::type_index, std::shared_ptr<void>> states_;
    std::unordered_map<std::string, std::shared_ptr<policy::Policy>> policies_;
};

struct Context {
    Cloud& cloud;
    db::Tx& tx;
    const Principal& who;
    Time now;
    std::string request_id;

    std::string new_uuid() { return cloud.ids().uuid(); }
    std::string new_hex() { return cloud.ids().hex(); }
};

/// The principal of the control plane's own work.
const Principal& internal_principal();

/// Runs `body(Context&)` in a write transaction as the control plane itself.
template <class F> auto write_as_cloud(Cloud& cloud, const std::string& request_id, F&& body) {
    return cloud.db().write([&](db::Tx& tx) {
        Context context{cloud, tx, internal_principal(), cloud.now(), request_id};
        return body(context);
    });
}

} // namespace nephele
