// SPDX-License-Identifier: Apache-2.0
// Data that lies on web servers of others: read, never written, never removed.
#pragma once
#include "services/glance/drivers/store.h"

#include <string>
#include <vector>

namespace nephele::glance {

/// `allowed_networks`: private ones (CIDR) that may be read from all the same; `ca_file`: empty for
/// the system's authorities.
std::unique_ptr<Store> http_store(std::vector<std::string> allowed_networks,
                                  const std::string& ca_file);

} // namespace nephele::glance
