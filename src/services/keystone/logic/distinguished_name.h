// SPDX-License-Identifier: Apache-2.0
// Distinguished names of certificates as text (RFC 2253 and 4514): "CN=bob,O=Example".
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nephele::keystone::logic {

/// Attribute names in upper case with their values, unescaped. Nothing when it cannot be read.
std::optional<std::vector<std::pair<std::string, std::string>>>
parse_distinguished_name(std::string_view text);

/// The value of an attribute that is there exactly once.
std::optional<std::string> sole_attribute(std::string_view distinguished_name,
                                          std::string_view attribute);

} // namespace nephele::keystone::logic
