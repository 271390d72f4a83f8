// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "platform/api/service.h"

namespace nephele::nova {

/// POST /servers: everything that can be refused is refused here; rows, ports, quota and the
/// operation are committed together.
Json create_servers(api::Call& call, const Json& body);
/// Throws 400 when this version does not allow the host name.
void check_hostname(const api::Call& call, const std::string& hostname);

} // namespace nephele::nova
