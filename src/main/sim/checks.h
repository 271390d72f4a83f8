// SPDX-License-Identifier: Apache-2.0
// What must be true at the end of every run, when no more trouble is made and everything has come
// to rest. Each function gives one line for each thing that is wrong.
#pragma once
#include "main/sim/client.h"

namespace nephele::sim {

/// The invariants of `nephele check`.
std::vector<std::string> broken_invariants(World& world);
/// No operation is unfinished, no server is in the middle of something.
std::vector<std::string> left_undone(World& world);
/// What clients were told is so: what was acknowledged is there, what was deleted or refused is
/// not.
std::vector<std::string> broken_promises(World& world, const Client& client);
/// Guests on hosts and servers are the same, each where and as its server says.
std::vector<std::string> stray_guests(World& world);
/// The last journal entry of every record is the record.
std::vector<std::string> journal_gaps(World& world);

std::vector<std::string> all_problems(World& world, const Client& client);

} // namespace nephele::sim
