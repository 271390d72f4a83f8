// SPDX-License-Identifier: Apache-2.0
// Private to this folder. What the connections of a server share, and the event loops they live on.
#pragma once
#include "base/pool.h"
#include "platform/http/http.h"
#include "platform/http/stream_pool.h"
#include "platform/http/transport.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <unordered_map>

namespace nephele::http {

class Connection;

/// What all connections of a server share.
struct Core {
    Core(ServerOptions options, Application& application);
    void connection_opened() { ++connections; }
    void connection_closed();
    /// False when some are left after `timeout_ms`.
    bool wait_for_no_connections(int timeout_ms);

    ServerOptions options;
    Application& application;
    TlsContext tls;
    Pool workers;
    Pool senders; ///< of files to many clients at once
    StreamPool streams;
    std::atomic<bool> stopping{false};
    std::atomic<int> connections{0};
    std::mutex mutex;
    std::condition_variable changed;
};

/// One event loop and the connections that live on it.
class Loop {
  public:
    Loop() : io(1) {}
    void add(std::shared_ptr<Connection> connection);
    /// Closes its socket, so that nobody touches a descriptor that may be another's by then.
    void remove(Connection& connection, Transport& transport);
    template <class Visit> void visit(Visit&& visit) {
        std::lock_guard lock(mutex_);
        for (auto& [key, connection] : connections_) visit(*connection);
    }

    template <class Action> void locked(Action&& action) {
        std::lock_guard lock(mutex_);
        action();
    }

    boost::asio::io_context io;

  private:
    std::mutex mutex_;
    std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
};

} // namespace nephele::http
