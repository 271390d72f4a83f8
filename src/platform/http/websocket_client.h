// SPDX-License-Identifier: Apache-2.0
// The other end of a WebSocket: our agents dial the control plane. libcurl connects and does TLS
// (Debian's is built without its own WebSockets); the frames of RFC 6455 are ours.
#pragma once
#include "platform/http/http.h"

namespace nephele::http {

struct WebSocketTarget {
    std::string url; ///< http:// or https://
    Headers headers;
    std::string ca_file, certificate_file, key_file; ///< PEM; empty: the system's, none
    int connect_timeout_ms = 10'000;
    int send_timeout_ms = 30'000; ///< for one message
    std::size_t max_message = 64 << 20;
};

/// What receive() of such a socket throws when the time is over; the socket is as good as before.
struct TransferTimeout : TransferError {
    using TransferError::TransferError;
};

/// Connects and shakes hands. Throws EngineFailure: transient when nobody answers or the answer is
/// a 5xx, permanent with the server's words when it refuses, or its certificate is not the one.
/// Of the socket, receive() is for one thread at a time; send and close may come from others.
/// descriptor() says little: bytes that TLS has taken in already do not make it readable.
std::unique_ptr<WebSocket> connect_websocket(const WebSocketTarget& target);

} // namespace nephele::http
