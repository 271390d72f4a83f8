// SPDX-License-Identifier: Apache-2.0
// Which roles follow from which.
#pragma once
#include "services/keystone/model/role.h"

#include <string>
#include <vector>

namespace nephele::keystone::logic {

/// The roles given and all they imply, directly or through others; each once, in the order found.
/// Circles end where they began.
std::vector<std::string> with_implied(const std::vector<std::string>& role_ids,
                                      const std::vector<Implication>& implications);

/// What a derived credential (trust, application credential, EC2 key, OAuth token) gives: of the
/// roles granted to it, those its owner has at this moment. The one place that decides it for all
/// of them.
std::vector<std::string> narrowed(const std::vector<std::string>& granted,
                                  const std::vector<std::string>& held);

/// True when `prior` would follow from `implied`: such a rule would close a circle.
bool closes_circle(const std::string& prior, const std::string& implied,
                   const std::vector<Implication>& implications);

} // namespace nephele::keystone::logic
