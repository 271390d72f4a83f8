// SPDX-License-Identifier: Apache-2.0
// Which mappings of remote attributes to local identities are well formed.
#pragma once
#include "platform/json/json.h"

#include <string>
#include <vector>

namespace nephele::keystone::logic {

/// Everything that is wrong, one sentence each with the place ("rules/0/local/1/user/type: ...");
/// empty when the mapping may be stored. `mapping` holds "rules" and perhaps "schema_version":
/// version 2.0 knows domains of projects and roles besides what 1.0 knows.
std::vector<std::string> mapping_errors(const Json& mapping);

} // namespace nephele::keystone::logic
