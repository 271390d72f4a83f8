// SPDX-License-Identifier: Apache-2.0
// The options about formats, inspection and what an import does to its bytes.
#pragma once
#include "platform/config/config.h"
#include "services/glance/logic/inspector.h"

#include <vector>

namespace nephele::glance {

std::vector<Option> format_options();
FormatRules format_rules(const Config& config);

} // namespace nephele::glance
