// SPDX-License-Identifier: Apache-2.0
// Between a browser's WebSocket and a guest's console on this host: its serial port or its
// screen (VNC), both unix sockets. Bytes are passed on as they are.
#pragma once
#include "platform/http/http.h"

#include <memory>
#include <string>

namespace nephele::nova::compute {

/// Closes itself.
using ConsoleConnection = std::shared_ptr<int>;

/// Throws EngineFailure (transient): the guest may just be starting or stopping.
ConsoleConnection connect_console(const std::string& socket_path);

/// Until either side ends. Blocking; `text`: frames to the browser are text (bytes that are no
/// UTF-8 become U+FFFD), else binary.
void pump_console(http::WebSocket& browser, const ConsoleConnection& console, bool text);

} // namespace nephele::nova::compute
