// SPDX-License-Identifier: Apache-2.0
// What every Backend promises, as functions over one that is empty: run against each of them.
#pragma once
#include "services/swift/proxy/backend.h"

namespace nephele::swift::contract {

using Factory = std::function<std::shared_ptr<Backend>()>;

/// All of it, each in a store of its own.
void run(const Factory& make);

// Helpers for other tests.
Outcome put(Backend& store, const ObjectName& name, std::string_view bytes, Metadata metadata = {},
            std::optional<Timestamp> when = {});
std::string get(Backend& store, const ObjectName& name); ///< "(absent)" when there is none
std::vector<std::string> names(Backend& store, const std::string& account,
                               const std::string& container, const ListQuery& query);

} // namespace nephele::swift::contract
