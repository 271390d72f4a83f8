// SPDX-License-Identifier: Apache-2.0
// /nephele/v1/policy: why a call is allowed or denied, who may make it, what somebody may do.
#pragma once
#include "platform/api/service.h"

namespace nephele {

/// Services whose rules can be asked about; a state of the cloud.
struct PolicyServices {
    std::vector<std::string> names;
};

api::Resource policy_resource();
std::vector<policy::Rule> policy_api_rules();

/// The parts that decided: of a denial those that would have had to hold, of a permission those
/// that held. Texts as "role:admin: the token has roles member".
std::vector<std::string> deciding_parts(const policy::Explanation& explanation);

} // namespace nephele
