// SPDX-License-Identifier: Apache-2.0
// One control node put together: configuration, database, policies, services, operations, tasks and
// the HTTP edge. `nephele serve` and every HTTP test start the same thing.
#pragma once
#include "platform/api/service.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nephele {

struct NodeOptions {
    std::vector<api::Service> services;
    /// Assignments as --set takes them, after the file.
    std::vector<std::string> settings;
    std::string config_file;      ///< empty: none
    const Clock* clock = nullptr; ///< null: the system's
    IdSource* ids = nullptr;      ///< null: the system's
    bool background = true;       ///< run operations and tasks by themselves
    /// The simulation: no sockets and no thread that does anything unasked; requests go to api().
    bool by_hand = false;
    db::Probe* database_probe = nullptr;
    /// Runs after every service started and was seeded, before requests are answered.
    std::function<void(Cloud&, const std::vector<api::Service>&)> bootstrap;
};

class Node {
  public:
    /// Everything up to answering requests; throws with the cause and the cure.
    explicit Node(NodeOptions options);
    ~Node();
    Node(const Node&) = delete;

    Cloud& cloud();
    const std::vector<api::Service>& services() const;
    /// Of the common port, as bound.
    std::uint16_t port() const;
    /// Where remote agents come in; 0 when they do not.
    std::uint16_t agent_port() const;
    ops::Runner& runner();
    task::Tasks& tasks();
    api::Api& api();
    /// Stops the edge gracefully, then tasks and operations.
    void stop();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Options of the platform and of these services, all at their defaults.
Config declared_config(const std::vector<api::Service>& services);
/// The log as section [log] wants it.
void configure_log(const Config& config);
/// All migrations in the order they are applied.
std::vector<db::Migration> all_migrations(const std::vector<api::Service>& services);

} // namespace nephele
