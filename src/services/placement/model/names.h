// SPDX-License-Identifier: Apache-2.0
// Resource classes and traits: the standard ones and the rule for custom names.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace nephele::placement {

const std::vector<std::string>& standard_classes(); ///< of os-resource-classes
const std::vector<std::string>& standard_traits();  ///< those of os-traits that this cloud reports
/// "CUSTOM_" and 1 to 248 of A-Z 0-9 _
bool is_custom_name(std::string_view name);

} // namespace nephele::placement
