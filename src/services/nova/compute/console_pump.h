// SPDX-License-Identifier: Apache-2.0
// Between a browser's WebSocket and a guest's console on this host: a serial port (unix socket) or
// a screen (VNC over TCP). Bytes are passed on as they are.
#pragma once
#include "platform/http/http.h"

#include <memory>
#include <string>

namespace nephele::nova::compute {

/// Closes itself.
using ConsoleConnection = std::shared_ptr<int>;

/// Both throw EngineFailure (transient): the guest may just be starting or stopping.
ConsoleConnection connect_serial(const std::string& socket_path);
ConsoleConnection connect_screen(const std::string& address, int port);

/// Until either side ends. Blocking; `text`: frames to the browser are text (bytes that are no
/// UTF-8 become U+FFFD), else binary.
void pump_console(http::WebSocket& browser, const ConsoleConnection& console, bool text);

} // namespace nephele::nova::compute
