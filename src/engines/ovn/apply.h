// SPDX-License-Identifier: Apache-2.0
// The loop around the planner that every backend shares.
#pragma once
#include "engines/ovn/northbound.h"

namespace nephele::ovn {

/// Where plans are carried out.
struct Database {
    std::function<Plan(const Desired&, const Scope&)> plan;
    /// Throws as ovsdb::Client::transact does.
    std::function<Json::Array(const Json::Array&)> transact;
};

/// Plans and transacts until nothing is left to do, again after another writer came in between.
Applied apply_to(const Database& database, const Desired& desired, const Scope& scope);

/// The state of a port of ours; nothing for rows of others.
std::optional<PortState> port_state(const ovsdb::Row& row);
/// What the changes say about ports of ours.
std::vector<PortState> port_state_changes(const std::vector<ovsdb::Change>& changes);

} // namespace nephele::ovn
