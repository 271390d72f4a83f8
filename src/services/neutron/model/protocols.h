// SPDX-License-Identifier: Apache-2.0
// Names of IP protocols as security-group rules use them.
#pragma once
#include <optional>
#include <string_view>

namespace nephele::neutron {
/// IANA number of a protocol name or number; nothing when unknown.
std::optional<int> protocol_number(std::string_view protocol);
} // namespace nephele::neutron
