// SPDX-License-Identifier: Apache-2.0
// Invariants over nova's tables and what other parts keep for it, for `nephele check`.
#pragma once
#include "platform/db/db.h"

#include <string>
#include <vector>

namespace nephele::nova::store {

/// Each names what is wrong, a line each.
std::vector<std::string> tasks_without_operation(db::Tx&);
std::vector<std::string> guests_without_server(db::Tx&);
std::vector<std::string> servers_without_guest(db::Tx&);
std::vector<std::string> copies_without_operation(db::Tx&);
std::vector<std::string> shelved_without_image(db::Tx&);
std::vector<std::string> claims_without_server(db::Tx&);
std::vector<std::string> servers_without_claim(db::Tx&);
std::vector<std::string> ports_without_server(db::Tx&);
std::vector<std::string> members_without_server(db::Tx&);

} // namespace nephele::nova::store
