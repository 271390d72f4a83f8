// SPDX-License-Identifier: Apache-2.0
// Where the URLs of POST /servers/{id}/remote-consoles lead: GET /console?token=... becomes a
// WebSocket with the guest's serial port or screen.
#pragma once
#include "platform/api/route.h"

namespace nephele::nova {
api::Resource console_proxy_resource();
} // namespace nephele::nova
