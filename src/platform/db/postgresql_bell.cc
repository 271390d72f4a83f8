// SPDX-License-Identifier: Apache-2.0
#include "platform/db/postgresql_bell.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <libpq-fe.h>
#include <mutex>
#include <poll.h>
#include <set>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace nephele::db {

namespace {
constexpr std::size_t waiting_limit = 1000; ///< channels; more are lost, as hints may be
constexpr int first_pause_ms = 100, pause_limit_ms = 5'000;

struct Finish {
    void operator()(PGconn* c) const { PQfinish(c); }
};
using Connection = std::unique_ptr<PGconn, Finish>;

struct Clear {
    void operator()(PGresult* r) const { PQclear(r); }
};
using Result = std::unique_ptr<PGresult, Clear>;
} // namespace

struct PostgresBell::Impl {
    std::string url;
    std::function<void(const std::string&)> heard;
    int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    std::mutex mutex;
    std::condition_variable stopped;
    std::set<std::string> waiting; ///< to be rung
    bool stopping = false;
    std::thread thread;

    void wake_up() {
        std::uint64_t one = 1;
        [[maybe_unused]] auto written = write(wake, &one, sizeof one); // Full means awake.
    }

    std::set<std::string> take() {
        std::lock_guard lock(mutex);
        return std::exchange(waiting, {});
    }

    bool is_stopping() {
        std::lock_guard lock(mutex);
        return stopping;
    }

    Connection connect() const {
        const char* keys[] = {"application_name", "connect_timeout", "dbname", nullptr};
        const char* values[] = {"nephele hints", "10", url.c_str(), nullptr};
        Connection connection(PQconnectdbParams(keys, values, 1));
        if (PQstatus(connection.get()) != CONNECTION_OK) return nullptr;
        PQsetNoticeProcessor(
            connection.get(), [](void*, const char*) {}, nullptr);
        Result listening(PQexec(connection.get(), "LISTEN nephele_hints"));
        return PQresultStatus(listening.get()) == PGRES_COMMAND_OK ? std::move(connection)
                                                                   : nullptr;
    }

    /// False when the connection is gone.
    bool send(PGconn* connection, const std::set<std::string>& channels) {
        for (const std::string& channel : channels) {
            const char* values[] = {channel.c_str()};
            Result result(PQexecParams(connection, "SELECT pg_notify('nephele_hints', $1)", 1,
                                       nullptr, values, nullptr, nullptr, 0));
            if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) return false;
        }
        return true;
    }

    bool receive(PGconn* connection) {
        if (!PQconsumeInput(connection)) return false;
        while (PGnotify* notice = PQnotifies(connection)) {
            // Our own listeners were told after the commit.
            if (notice->be_pid != PQbackendPID(connection)) heard(notice->extra);
            PQfreemem(notice);
        }
        return true;
    }

    /// Until the connection breaks or the bell is taken down.
    void serve(PGconn* connection) {
        while (!is_stopping()) {
            pollfd wanted[2] = {{PQsocket(connection), POLLIN, 0}, {wake, POLLIN, 0}};
            poll(wanted, 2, -1);
            std::uint64_t count;
            while (read(wake, &count, sizeof count) > 0) {
            }
            if (!send(connection, take()) || !receive(connection)) return;
        }
    }

    void loop() {
        int pause_ms = first_pause_ms;
        while (!is_stopping()) {
            if (Connection connection = connect()) {
                pause_ms = first_pause_ms;
                serve(connection.get());
            }
            std::unique_lock lock(mutex);
            stopped.wait_for(lock, std::chrono::milliseconds(pause_ms), [&] { return stopping; });
            waiting.clear();
            pause_ms = std::min(pause_ms * 2, pause_limit_ms);
        }
    }
};

PostgresBell::PostgresBell(std::string url, std::function<void(const std::string&)> heard)
    : impl_(std::make_unique<Impl>()) {
    impl_->url = std::move(url);
    impl_->heard = std::move(heard);
    impl_->thread = std::thread([impl = impl_.get()] { impl->loop(); });
}

PostgresBell::~PostgresBell() {
    {
        std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->stopped.notify_all();
    impl_->wake_up();
    impl_->thread.join();
    close(impl_->wake);
}

void PostgresBell::ring(const std::string& channel) {
    {
        std::lock_guard lock(impl_->mutex);
        if (impl_->waiting.size() >= waiting_limit) return;
        impl_->waiting.insert(channel);
    }
    impl_->wake_up();
}

} // namespace nephele::db
