// SPDX-License-Identifier: Apache-2.0
#include "platform/agent_link/remote_link.h"

#include "base/strings.h"
#include "platform/agent_link/messages.h"
#include "platform/http/websocket_client.h"
#include "platform/log/log.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <thread>

namespace nephele::agent {
namespace {
constexpr int answer_ms = 30'000;
constexpr int receive_slice_ms = 500;
// A control node that comes back is not met by all its agents in the same instant.
constexpr int most_hesitation_ms = 2000;

class RemoteLink final : public Link {
  public:
    RemoteLink(Identity identity, const Clock& clock)
        : identity_(std::move(identity)), clock_(clock) {}
    ~RemoteLink() override {
        std::unique_lock lock(mutex_);
        interrupted_ = true;
        drop("the agent stops");
        join_reader(lock);
    }

    Delta pull(const std::string&, std::int64_t since, int wait_ms) override {
        const Json answer =
            call(Json::object({{"call", "pull"}, {"since", since}, {"wait_ms", wait_ms}}),
                 wait_ms + answer_ms);
        Delta delta;
        delta.change = answer.at("change").as_int();
        for (auto& one : answer.at("records").as_array()) delta.records.push_back(desired_of(one));
        renew_if_due();
        return delta;
    }

    void report(const std::string&, const std::vector<Observed>& observed) override {
        Json list = Json::array();
        for (auto& one : observed) list.push_back(to_json(one));
        call(Json::object({{"call", "report"}, {"observed", std::move(list)}}), answer_ms);
    }

    void hello(const std::string&, const Json& facts) override {
        call(Json::object({{"call", "hello"}, {"facts", facts}}), answer_ms);
    }

    void interrupt(const std::string&) override {
        std::lock_guard lock(mutex_);
        interrupted_ = true;
        drop("the agent stops");
        changed_.notify_all();
    }

  private:
    struct Waiting {
        std::optional<Json> answer;
        std::string broken;
    };

    /// Sends and waits for the answer. The calling threads share the connection.
    Json call(Json message, int timeout_ms) {
        std::unique_lock lock(mutex_);
        connect(lock);
        const std::int64_t id = ++last_id_;
        message["id"] = id;
        auto waiting = std::make_shared<Waiting>();
        waiting_[id] = waiting;
        auto socket = socket_;
        lock.unlock();
        try {
            socket->send(message.dump(), true);
        } catch (const http::TransferError& error) {
            lock.lock();
            if (socket == socket_) drop(error.what());
            waiting_.erase(id);
            throw EngineFailure(EngineFailure::Kind::transient, error.what());
        }
        lock.lock();
        const bool ended = changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] {
            return waiting->answer || !waiting->broken.empty();
        });
        waiting_.erase(id);
        if (!ended) {
            if (socket == socket_) drop("no answer in time");
            throw EngineFailure(EngineFailure::Kind::transient,
                                "the control plane does not answer");
        }
        if (!waiting->answer) throw EngineFailure(EngineFailure::Kind::transient, waiting->broken);
        if (auto* error = waiting->answer->find("error"))
            throw EngineFailure(EngineFailure::Kind::transient, error->text("message"));
        return std::move(*waiting->answer);
    }

    // ---- the connection; all with the lock held ----

    void connect(std::unique_lock<std::mutex>& lock) {
        while (!socket_) {
            if (interrupted_)
                throw EngineFailure(EngineFailure::Kind::transient, "the agent stops");
            if (connecting_) {
                changed_.wait(lock, [&] { return !connecting_; });
                if (!socket_) throw EngineFailure(EngineFailure::Kind::transient, last_error_);
                continue;
            }
            connecting_ = true;
            join_reader(lock);
            hesitate(lock);
            lock.unlock();
            std::shared_ptr<http::WebSocket> made;
            std::string error;
            try {
                made = dial();
            } catch (const EngineFailure& failure) {
                error = failure.what();
            }
            lock.lock();
            connecting_ = false;
            changed_.notify_all();
            if (!made || interrupted_) {
                last_error_ = error;
                ++failures_;
                throw EngineFailure(EngineFailure::Kind::transient, error);
            }
            socket_ = made;
            reader_ = std::thread([this, made] { read(made); });
        }
    }

    void hesitate(std::unique_lock<std::mutex>& lock) {
        if (!was_connected_ || failures_ > 0) return;
        std::uniform_int_distribution<int> some(0, most_hesitation_ms);
        changed_.wait_for(lock, std::chrono::milliseconds(some(random_)),
                          [&] { return interrupted_; });
    }

    void join_reader(std::unique_lock<std::mutex>& lock) {
        if (!reader_.joinable()) return;
        auto old = std::move(reader_);
        lock.unlock();
        old.join();
        lock.lock();
    }

    void drop(const std::string& why) {
        socket_.reset();
        for (auto& [id, waiting] : waiting_)
            if (!waiting->answer) waiting->broken = why;
        changed_.notify_all();
    }

    // ---- without the lock ----

    std::shared_ptr<http::WebSocket> dial() {
        const std::string& url = identity_.urls.at(next_url_++ % identity_.urls.size());
        http::WebSocketTarget target;
        target.url = url + "/v1/link";
        target.ca_file = identity_.authority_file();
        // Key and certificate in one file.
        target.certificate_file = target.key_file = identity_.key_file();
        auto socket = http::connect_websocket(target);
        renewal_due_ = renewal_due(identity_);
        log::info("agent: connected to the control plane",
                  {{"host", identity_.host}, {"url", url}});
        std::lock_guard lock(mutex_);
        was_connected_ = true;
        failures_ = 0;
        return socket;
    }

    void read(const std::shared_ptr<http::WebSocket>& socket) {
        std::string why = "the control plane closed the connection";
        try {
            while (auto message = next_message(*socket)) {
                Json answer = Json::parse(message->data, 64);
                std::lock_guard lock(mutex_);
                auto found = waiting_.find(answer.at("id").as_int());
                if (found == waiting_.end()) continue;
                found->second->answer = std::move(answer);
                changed_.notify_all();
            }
        } catch (const std::exception& error) {
            why = error.what();
        }
        std::lock_guard lock(mutex_);
        if (socket == socket_) drop(why);
    }

    /// Nothing at the end, also when the connection was dropped from this side.
    std::optional<http::WebSocket::Message> next_message(http::WebSocket& socket) {
        for (;;) {
            {
                std::lock_guard lock(mutex_);
                if (socket_.get() != &socket) return std::nullopt;
            }
            try {
                return socket.receive(receive_slice_ms);
            } catch (const http::TransferTimeout&) {
                // Looks whether it is still wanted.
            }
        }
    }

    void renew_if_due() {
        const Time due = renewal_due_;
        if (!due.us || clock_.now() < due) return;
        const Json answer = call(
            Json::object({{"call", "renew"}, {"public_key", begin_renewal(identity_)}}), answer_ms);
        adopt_certificate(identity_, answer.at("certificate").as_string());
        renewal_due_ = renewal_due(identity_);
        log::info("agent: certificate renewed", {{"host", identity_.host}});
        std::lock_guard lock(mutex_);
        drop("connecting anew with the new certificate");
    }

    const Identity identity_;
    const Clock& clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<http::WebSocket> socket_;
    std::thread reader_;
    bool connecting_ = false, interrupted_ = false, was_connected_ = false;
    int failures_ = 0;
    std::string last_error_;
    std::int64_t last_id_ = 0;
    std::map<std::int64_t, std::shared_ptr<Waiting>> waiting_;
    // By one thread at a time: who connects, and who pulls.
    std::size_t next_url_ = 0;
    std::atomic<Time> renewal_due_{Time{}};
    std::minstd_rand random_{std::random_device{}()};
};

} // namespace

std::unique_ptr<Link> remote_link(Identity identity, const Clock& clock) {
    return std::make_unique<RemoteLink>(std::move(identity), clock);
}

} // namespace nephele::agent
