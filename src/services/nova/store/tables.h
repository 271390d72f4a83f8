// SPDX-License-Identifier: Apache-2.0
// Nova's tables, and the few questions about flavors and keys that more than one part asks.
#pragma once
#include "platform/shape/table.h"
#include "services/nova/model/flavor.h"
#include "services/nova/model/keypair.h"

namespace nephele::nova {

using shape::Listed;
using shape::Page;
using shape::Table;
using shape::Where;

const Table<Flavor>& flavors();
const Table<FlavorAccess>& flavor_accesses();
const Table<Keypair>& keypairs();

std::vector<const shape::TableBase*> tables();
const std::vector<db::Migration>& migrations();

namespace store {
/// Public flavors, those the project was let use, and every one when `all`.
Where visible_flavors(const std::string& project_id, bool all);
/// Throws FlavorNotFound.
Flavor need_flavor(db::Tx&, const std::string& id, const std::string& project_id, bool all);
bool flavor_named(db::Tx&, const std::string& name);

std::string keypair_id(const std::string& user_id, const std::string& name);
std::optional<Keypair> find_keypair(db::Tx&, const std::string& user_id, const std::string& name);
} // namespace store

} // namespace nephele::nova
