// SPDX-License-Identifier: Apache-2.0
// What a flavor's extra spec asks of a value: plain text, or an operator before it.
#pragma once
#include <string>
#include <string_view>

namespace nephele::nova::logic {

/// `wanted`: "x", "<or> a <or> b", "<in> x", "<all-in> a b", "= 5" (at least), "== 5", "!= 5",
/// ">= 5", "<= 5", "s== x", "s!= x", "s< x" ... as upstream reads them.
bool spec_matches(const std::string& value, const std::string& wanted);

} // namespace nephele::nova::logic
