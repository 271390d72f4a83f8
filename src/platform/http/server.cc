// SPDX-License-Identifier: Apache-2.0
// The server: listeners, event loops with their sweep, and the orderly stop.
#include "base/time.h"
#include "platform/http/connection.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <pthread.h>
#include <sys/socket.h>
#include <thread>

namespace nephele::http {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// Connections past the limit that still get to hear "503"; past these too they are dropped.
constexpr int overload_margin = 256;
constexpr int accept_pause_ms = 50;
// They wait for the disk at most; the rest of the time they keep the processors busy.
constexpr std::size_t sender_threads = 4;

std::int64_t now_ms() { return system_clock().monotonic_ns() / 1'000'000; }

// sendfile and OpenSSL have no MSG_NOSIGNAL. A handler that someone set stays.
void ignore_broken_pipes() {
    struct sigaction action {};
    if (sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

} // namespace

// ---- shared state ----

Core::Core(ServerOptions wanted, Application& application)
    : options(std::move(wanted)), application(application),
      workers("http-worker", static_cast<std::size_t>(options.workers),
              static_cast<std::size_t>(options.worker_queue)),
      senders("http-send", sender_threads,
              static_cast<std::size_t>(options.max_connections + overload_margin)),
      streams(static_cast<std::size_t>(options.streamers)) {
    if (!options.tls_certificate_file.empty())
        tls = load_tls(options.tls_certificate_file, options.tls_key_file,
                       options.tls_client_ca_file);
}

void Core::connection_closed() {
    std::lock_guard lock(mutex);
    if (--connections == 0) changed.notify_all();
}

bool Core::wait_for_no_connections(int timeout_ms) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                            [&] { return connections == 0; });
}

void Loop::add(std::shared_ptr<Connection> connection) {
    std::lock_guard lock(mutex_);
    auto key = connection.get();
    connections_.emplace(key, std::move(connection));
}

void Loop::remove(Connection& connection, Transport& transport) {
    std::shared_ptr<Connection> last; // Ends after the lock.
    std::lock_guard lock(mutex_);
    transport.close();
    auto at = connections_.find(&connection);
    if (at == connections_.end()) return;
    last = std::move(at->second);
    connections_.erase(at);
}

// ---- the server ----

struct Server::Impl {
    struct Running {
        Loop loop;
        asio::steady_timer tick{loop.io};
        asio::executor_work_guard<asio::io_context::executor_type> work{loop.io.get_executor()};
        std::thread thread;
    };
    struct Listener {
        explicit Listener(asio::io_context& io) : acceptor(io), pause(io) {}
        TcpAcceptor acceptor;
        asio::steady_timer pause;
    };

    Impl(ServerOptions options, Application& application) : core(std::move(options), application) {}

    void listen();
    void run();
    void accept(Listener& listener);
    void accepted(Loop& loop, TcpSocket socket);
    void sweep(Running& running);
    void stop(int grace_ms);

    Core core;
    std::vector<std::unique_ptr<Running>> loops;
    std::vector<std::unique_ptr<Listener>> listeners;
    std::vector<std::uint16_t> ports;
    std::size_t next_loop = 0;
    std::atomic<bool> stopped{false};
};

void Server::Impl::listen() {
    auto address = asio::ip::make_address(core.options.address);
    auto& io = loops.front()->loop.io;
    for (auto port : core.options.ports) {
        auto listener = std::make_unique<Listener>(io);
        asio::ip::tcp::endpoint endpoint(address, port);
        listener->acceptor.open(endpoint.protocol());
        listener->acceptor.set_option(asio::socket_base::reuse_address(true));
        listener->acceptor.bind(endpoint);
        listener->acceptor.listen(4096);
        ports.push_back(listener->acceptor.local_endpoint().port());
        listeners.push_back(std::move(listener));
    }
    for (int descriptor : core.options.listening) {
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size);
        auto listener = std::make_unique<Listener>(io);
        listener->acceptor.assign(
            bound.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), descriptor);
        ports.push_back(listener->acceptor.local_endpoint().port());
        listeners.push_back(std::move(listener));
    }
}

void Server::Impl::run() {
    for (auto& listener : listeners) accept(*listener);
    for (auto& running : loops) {
        sweep(*running);
        running->thread = std::thread([&io = running->loop.io] { io.run(); });
        pthread_setname_np(running->thread.native_handle(), "http-loop");
    }
}

void Server::Impl::accept(Listener& listener) {
    auto& loop = loops[next_loop++ % loops.size()]->loop;
    listener.acceptor.async_accept(loop.io, [&](const error_code& error, TcpSocket socket) {
        if (core.stopping || error == asio::error::operation_aborted) return;
        if (!error) {
            accepted(loop, std::move(socket));
            return accept(listener);
        }
        // Out of descriptors or memory: the waiting clients stay in the system's queue meanwhile.
        listener.pause.expires_after(std::chrono::milliseconds(accept_pause_ms));
        listener.pause.async_wait([&](const error_code& cancelled) {
            if (!cancelled) accept(listener);
        });
    });
}

void Server::Impl::accepted(Loop& loop, TcpSocket socket) {
    auto open = core.connections.load();
    if (open >= core.options.max_connections + overload_margin) return;
    bool overload = open >= core.options.max_connections;
    try {
        auto connection = std::make_shared<Connection>(core, loop, std::move(socket));
        core.connection_opened();
        loop.add(connection);
        asio::post(loop.io, [connection, overload] { connection->start(overload); });
    } catch (const std::exception&) {
        return; // No memory for one more client: its socket closes here.
    }
}

/// Looks at every deadline of a loop a few times per shortest time-out.
void Server::Impl::sweep(Running& running) {
    const auto& options = core.options;
    auto shortest =
        std::min({options.head_timeout_ms, options.body_timeout_ms, options.idle_timeout_ms});
    running.tick.expires_after(std::chrono::milliseconds(std::clamp(shortest / 4, 5, 1000)));
    running.tick.async_wait([this, &running](const error_code& error) {
        if (error) return;
        auto now = now_ms();
        running.loop.visit([&](Connection& connection) {
            connection.expire_at(now);
            if (core.stopping) connection.interrupt_idle();
        });
        sweep(running);
    });
}

void Server::Impl::stop(int grace_ms) {
    if (stopped.exchange(true)) return;
    core.stopping = true;
    asio::post(loops.front()->loop.io, [this] {
        for (auto& listener : listeners) {
            error_code ignored; // The listener is closed in any case.
            listener->acceptor.close(ignored);
            listener->pause.cancel();
        }
    });
    for (auto& running : loops)
        running->loop.visit([](Connection& connection) { connection.interrupt_idle(); });
    if (!core.wait_for_no_connections(grace_ms))
        for (auto& running : loops)
            running->loop.visit([](Connection& connection) { connection.interrupt(); });
    core.workers.stop();
    core.senders.stop();
    core.streams.stop();
    // A connection that was handed back in between sees its socket end.
    for (auto& running : loops)
        running->loop.visit([](Connection& connection) { connection.interrupt(); });
    core.wait_for_no_connections(1000);
    for (auto& running : loops) {
        running->work.reset();
        running->loop.io.stop();
    }
    for (auto& running : loops)
        if (running->thread.joinable()) running->thread.join();
}

Server::Server(ServerOptions options, Application& application) {
    ignore_broken_pipes();
    options.loops = std::max(options.loops, 1);
    impl_ = std::make_unique<Impl>(std::move(options), application);
    for (int i = 0; i < impl_->core.options.loops; ++i)
        impl_->loops.push_back(std::make_unique<Impl::Running>());
    impl_->listen();
    impl_->run();
}

Server::~Server() { stop(); }

const std::vector<std::uint16_t>& Server::ports() const { return impl_->ports; }

void Server::stop(int grace_ms) { impl_->stop(grace_ms); }

} // namespace nephele::http
