// SPDX-License-Identifier: Apache-2.0
// The client's thread is the only one that touches the socket. Callers put requests into a queue
// and wait on a condition variable; one mutex guards replica, queue and pending requests. Callbacks
// run on the thread without the mutex.
#include "engines/ovsdb/client.h"

#include "base/check.h"
#include "base/strings.h"
#include "base/time.h"
#include "engines/ovsdb/connection.h"
#include "platform/log/log.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>

namespace nephele::ovsdb {
namespace {

constexpr int connect_timeout_ms = 5'000;

std::int64_t now_ms() { return system_clock().monotonic_ns() / 1'000'000; }

std::string request(const std::string& method, Json parameters, const Json& id) {
    return Json::object({{"method", method}, {"params", std::move(parameters)}, {"id", id}}).dump();
}

EngineFailure::Kind kind_of(const std::string& error) {
    static const std::set<std::string> passing = {"timed out",  "canceled",  "resources exhausted",
                                                  "I/O error",  "not owner", "cluster error",
                                                  "not leader", "aborted"};
    return passing.count(error) ? EngineFailure::Kind::transient : EngineFailure::Kind::permanent;
}

/// A refusal among the results of a transaction, thrown; else the results.
Json::Array checked_results(Json::Array results, const Json::Array& operations) {
    for (std::size_t i = 0; i < results.size(); ++i) {
        const Json* error = results[i].find("error");
        if (!error || !error->is_string()) continue;
        const std::string& name = error->as_string();
        std::string where = i < operations.size()
                                ? operations[i].text("op") + " " + operations[i].text("table")
                                : std::string("commit");
        throw TransactionFailure(
            kind_of(name),
            format("ovsdb: {} (operation {}): {}: {}", where, i, name, results[i].text("details")),
            name, static_cast<int>(i));
    }
    return results;
}

struct Pending {
    enum class State { queued, sent, answered, lost };
    State state = State::queued;
    std::string text; ///< the request, until it is sent
    Json answer;
};

} // namespace

struct Client::Impl {
    explicit Impl(ClientOptions given) : options(std::move(given)) {
        if (options.prepare) options.prepare(replica);
        wake_fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        NEPHELE_CHECK(wake_fd >= 0);
    }
    ~Impl() { ::close(wake_fd); }

    const ClientOptions options;
    mutable std::mutex mutex;
    std::condition_variable changed;
    Replica replica;
    bool is_ready = false;
    bool stopping = false;
    std::string problem = "not connected yet";
    Schema schema;
    Schema watched; ///< the part of it that we watch; only the thread uses it
    std::int64_t next_id = 1;
    std::map<std::int64_t, Pending> pending;
    std::vector<std::function<void(const std::vector<Change>&)>> change_callbacks;
    std::vector<std::function<void(bool)>> ready_callbacks;
    int wake_fd = -1;

    // Only the thread uses these.
    Connection connection;
    std::string outgoing;
    std::int64_t heard_ms = 0;
    std::int64_t probed_ms = 0;
    std::thread thread;

    void wake() {
        std::uint64_t one = 1;
        // A full counter means that a wake-up is already due.
        if (::write(wake_fd, &one, sizeof one) < 0) return;
    }

    void run();
    void session();
    void pause(int milliseconds);
    void take_queued();
    bool probe();
    void receive(std::string_view text);
    void answer(const Json& message);
    void take_schema(const Json& answer);
    void take_initial(const Json& answer);
    void take_update(const Json& parameters);
    void set_ready(bool value);
    void notify(const std::vector<Change>& changes);
};

void Client::Impl::run() {
    auto remotes = split(options.remote, ',');
    int backoff_ms = 100;
    for (std::size_t attempt = 0;; ++attempt) {
        {
            std::lock_guard lock(mutex);
            if (stopping) return;
        }
        const auto remote = std::string(trim(remotes[attempt % remotes.size()]));
        auto failed = connection.open(remote, connect_timeout_ms);
        if (failed.empty()) {
            session();
            connection.close();
            if (is_ready) backoff_ms = 100;
            set_ready(false);
        } else {
            std::lock_guard lock(mutex);
            problem = remote + ": " + failed;
        }
        // All remotes of a cluster are tried before the pause grows.
        pause(backoff_ms);
        if ((attempt + 1) % remotes.size() == 0)
            backoff_ms = std::min(backoff_ms * 2, options.backoff_ms_max);
    }
}

void Client::Impl::pause(int milliseconds) {
    const std::int64_t until = now_ms() + milliseconds;
    for (;;) {
        {
            std::lock_guard lock(mutex);
            if (stopping) return;
        }
        const std::int64_t left = until - now_ms();
        if (left <= 0) return;
        pollfd watched{wake_fd, POLLIN, 0};
        ::poll(&watched, 1, static_cast<int>(left));
        std::uint64_t count = 0;
        if (::read(wake_fd, &count, sizeof count) < 0) continue;
    }
}

void Client::Impl::session() {
    MessageSplitter splitter;
    outgoing = request("get_schema", Json::array({options.database}), "schema");
    heard_ms = probed_ms = now_ms();
    std::string incoming;
    bool usable = true;
    while (usable) {
        {
            std::lock_guard lock(mutex);
            if (stopping) return;
            take_queued();
        }
        if (connection.send(outgoing) == Connection::Result::closed) break;
        pollfd watched[] = {{connection.descriptor(),
                             static_cast<short>(outgoing.empty() ? POLLIN : POLLIN | POLLOUT), 0},
                            {wake_fd, POLLIN, 0}};
        ::poll(watched, 2, options.probe_ms);
        std::uint64_t count = 0;
        if (watched[1].revents && ::read(wake_fd, &count, sizeof count) < 0) continue;
        if (!probe()) break;
        if (!watched[0].revents) continue;
        const bool open = connection.receive(incoming) == Connection::Result::again;
        if (!incoming.empty()) heard_ms = now_ms();
        // A message that is not what the protocol says ends the session; the next one starts anew.
        try {
            usable = splitter.feed(incoming, [this](std::string_view text) { receive(text); });
        } catch (const JsonError& error) {
            std::lock_guard lock(mutex);
            problem = std::string("unusable message: ") + error.what();
            usable = false;
        }
        incoming.clear();
        if (!open) break;
    }
}

void Client::Impl::take_queued() {
    if (!is_ready) return;
    for (auto& [id, waiting] : pending) {
        if (waiting.state != Pending::State::queued) continue;
        outgoing += waiting.text;
        waiting.text.clear();
        waiting.state = Pending::State::sent;
    }
}

bool Client::Impl::probe() {
    const std::int64_t now = now_ms();
    if (now - heard_ms >= 3 * static_cast<std::int64_t>(options.probe_ms)) {
        std::lock_guard lock(mutex);
        problem = "no answer to echo";
        return false;
    }
    if (now - std::max(heard_ms, probed_ms) >= options.probe_ms) {
        outgoing += request("echo", Json::array(), "echo");
        probed_ms = now;
    }
    return true;
}

void Client::Impl::receive(std::string_view text) {
    const Json message = Json::parse(text);
    const Json* method = message.find("method");
    if (!method || method->is_null()) return answer(message);
    if (method->as_string() == "echo")
        outgoing +=
            Json::object(
                {{"id", message.get("id")}, {"result", message.get("params")}, {"error", nullptr}})
                .dump();
    else if (method->as_string() == "update2")
        take_update(message.at("params"));
}

void Client::Impl::answer(const Json& message) {
    const Json& id = message.get("id");
    if (id.is_string()) {
        if (id.as_string() == "schema") take_schema(message);
        if (id.as_string() == "monitor") take_initial(message);
        return;
    }
    if (!id.is_integer()) return;
    std::lock_guard lock(mutex);
    auto waiting = pending.find(id.as_int());
    if (waiting == pending.end()) return;
    waiting->second.answer = message;
    waiting->second.state = Pending::State::answered;
    changed.notify_all();
}

void Client::Impl::take_schema(const Json& answer) {
    if (!answer.get("error").is_null())
        throw JsonError("get_schema refused: " + answer.get("error").dump());
    Schema known = read_schema(answer.at("result"));
    Json wanted = Json::object();
    watched.clear();
    for (const auto& watch : options.watches) {
        auto table = known.find(watch.table);
        if (table == known.end()) continue;
        Json columns = Json::array();
        for (const auto& name : watch.columns) {
            auto column = table->second.find(name);
            if (column == table->second.end()) continue;
            columns.push_back(name);
            watched[watch.table].insert(*column);
        }
        wanted[watch.table] = Json::array({Json::object({{"columns", std::move(columns)}})});
    }
    {
        std::lock_guard lock(mutex);
        schema = std::move(known);
    }
    // Unlike plain "monitor" it sends only what differs, which matters for groups of many ports.
    outgoing += request("monitor_cond", Json::array({options.database, "watch", std::move(wanted)}),
                        "monitor");
}

void Client::Impl::take_initial(const Json& answer) {
    if (!answer.get("error").is_null())
        throw JsonError("monitor refused: " + answer.get("error").dump());
    std::vector<Change> changes;
    {
        std::lock_guard lock(mutex);
        changes = replace_all(replica, answer.at("result"), watched);
    }
    notify(changes);
    set_ready(true);
}

void Client::Impl::take_update(const Json& parameters) {
    std::vector<Change> changes;
    {
        std::lock_guard lock(mutex);
        changes = apply_updates(replica, parameters.as_array().at(1), watched);
        changed.notify_all();
    }
    notify(changes);
}

void Client::Impl::set_ready(bool value) {
    decltype(ready_callbacks) callbacks;
    {
        std::lock_guard lock(mutex);
        if (!value)
            for (auto& [id, waiting] : pending)
                if (waiting.state == Pending::State::sent) waiting.state = Pending::State::lost;
        changed.notify_all();
        if (is_ready == value) return;
        is_ready = value;
        if (value)
            problem.clear();
        else if (problem.empty())
            problem = "connection closed";
        callbacks = ready_callbacks;
    }
    log::info(value ? "ovsdb connected" : "ovsdb disconnected",
              {{"database", options.database}, {"remote", options.remote}});
    for (const auto& callback : callbacks) callback(value);
}

void Client::Impl::notify(const std::vector<Change>& changes) {
    if (changes.empty()) return;
    decltype(change_callbacks) callbacks;
    {
        std::lock_guard lock(mutex);
        callbacks = change_callbacks;
    }
    for (const auto& callback : callbacks) callback(changes);
}

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {
    impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
    pthread_setname_np(impl_->thread.native_handle(), "ovsdb");
}

Client::~Client() {
    {
        std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->wake();
    impl_->thread.join();
}

bool Client::ready() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->is_ready;
}

bool Client::wait_ready(int timeout_ms) {
    std::unique_lock lock(impl_->mutex);
    return impl_->changed.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                                   [this] { return impl_->is_ready; });
}

std::string Client::last_problem() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->problem;
}

bool Client::has_column(const std::string& table, const std::string& column) const {
    std::lock_guard lock(impl_->mutex);
    auto found = impl_->schema.find(table);
    return found != impl_->schema.end() && found->second.count(column) > 0;
}

void Client::read(const std::function<void(const Replica&)>& look) const {
    std::lock_guard lock(impl_->mutex);
    look(impl_->replica);
}

bool Client::wait_until(const std::function<bool(const Replica&)>& predicate, int timeout_ms) {
    std::unique_lock lock(impl_->mutex);
    return impl_->changed.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                                   [&] { return predicate(impl_->replica); });
}

void Client::on_change(std::function<void(const std::vector<Change>&)> callback) {
    std::lock_guard lock(impl_->mutex);
    impl_->change_callbacks.push_back(std::move(callback));
}

void Client::on_ready(std::function<void(bool)> callback) {
    std::lock_guard lock(impl_->mutex);
    impl_->ready_callbacks.push_back(std::move(callback));
}

Json::Array Client::transact(const Json::Array& operations, int timeout_ms) {
    NEPHELE_CHECK(std::this_thread::get_id() != impl_->thread.get_id());
    Json parameters = Json::array({impl_->options.database});
    for (const auto& operation : operations) parameters.push_back(operation);

    std::unique_lock lock(impl_->mutex);
    const std::int64_t id = impl_->next_id++;
    auto& waiting = impl_->pending[id];
    waiting.text = request("transact", std::move(parameters), id);
    impl_->wake();
    impl_->changed.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] {
        return waiting.state == Pending::State::answered || waiting.state == Pending::State::lost;
    });
    Pending outcome = std::move(waiting);
    impl_->pending.erase(id);
    const std::string why = impl_->problem;
    lock.unlock();

    switch (outcome.state) {
    case Pending::State::queued:
        throw EngineFailure(EngineFailure::Kind::transient, "ovsdb: not connected: " + why);
    case Pending::State::sent:
        throw EngineFailure(EngineFailure::Kind::unknown,
                            format("ovsdb: no reply to a transaction within {} ms", timeout_ms));
    case Pending::State::lost:
        throw EngineFailure(EngineFailure::Kind::unknown,
                            "ovsdb: connection lost before the reply to a transaction");
    case Pending::State::answered:
        break;
    }
    if (!outcome.answer.get("error").is_null())
        throw EngineFailure(EngineFailure::Kind::permanent, "ovsdb: transaction not accepted: " +
                                                                outcome.answer.get("error").dump());
    return checked_results(outcome.answer.at("result").as_array(), operations);
}

} // namespace nephele::ovsdb
