// SPDX-License-Identifier: Apache-2.0
// Desired and observed records as JSON: on the host's disk, and on the way to it and back.
#pragma once
#include "platform/agent/agent.h"

namespace nephele::agent {

Json to_json(const Desired& desired);
Json to_json(const Observed& observed);
/// Throw JsonError when members are missing or of the wrong kind.
Desired desired_of(const Json& json);
Observed observed_of(const Json& json);

} // namespace nephele::agent
