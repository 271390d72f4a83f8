// SPDX-License-Identifier: Apache-2.0
// What every store promises, as a test that runs on any of them.
#pragma once
#include "services/glance/drivers/store.h"

#include <functional>
#include <memory>
#include <string>

namespace nephele::test {
using namespace nephele::glance;

/// The bytes, or "(absent)".
std::string content(Store& store, const std::string& location);
void put(Store& store, const std::string& location, const std::string& bytes);

/// `make` opens the same store each time; it is empty and stays so in the end. `piece`: so much is
/// written in several pieces, where a store cuts long objects up.
void check_contract(const std::function<std::unique_ptr<Store>()>& make, std::size_t piece = 5000);

} // namespace nephele::test
