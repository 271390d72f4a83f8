// SPDX-License-Identifier: Apache-2.0
// WebSockets. Beast frames on the event loop; the handler's thread exchanges whole messages with
// it, so that receive, send and close may come from different threads. An eventfd tells pollers
// when a message (or the end) is there.
#include "platform/http/connection.h"

#include <boost/asio/post.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <future>
#include <sys/eventfd.h>
#include <unistd.h>

namespace nephele::http {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

/// What Beast reads from and writes to: the connection's transport, on its loop.
class LoopStream {
  public:
    using executor_type = asio::io_context::executor_type;
    LoopStream(Loop& loop, Transport& transport, std::string received)
        : loop_(loop), transport_(transport), received_(std::move(received)) {}
    executor_type get_executor() { return loop_.io.get_executor(); }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto handler, asio::mutable_buffer into) {
                attempt_read(into, std::move(handler), true);
            },
            token, first_buffer<asio::mutable_buffer>(buffers));
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(
            [this](auto handler, std::string bytes) {
                attempt_write(std::move(bytes), std::move(handler), true);
            },
            token, gathered(buffers));
    }
    void finish() { transport_.finish_sending(); }
    void interrupt() { ::shutdown(transport_.descriptor(), SHUT_RDWR); }

  private:
    static constexpr std::size_t gathered_bytes = 64 * 1024;

    template <class Buffer, class Buffers> static Buffer first_buffer(const Buffers& buffers) {
        auto end = asio::buffer_sequence_end(buffers);
        for (auto at = asio::buffer_sequence_begin(buffers); at != end; ++at)
            if (Buffer(*at).size() > 0) return *at;
        return {};
    }
    // A frame's header and payload leave together; OpenSSL also wants the same bytes on a retry.
    template <class Buffers> static std::string gathered(const Buffers& buffers) {
        std::string bytes;
        auto end = asio::buffer_sequence_end(buffers);
        for (auto at = asio::buffer_sequence_begin(buffers); at != end; ++at) {
            asio::const_buffer part(*at);
            bytes.append(static_cast<const char*>(part.data()),
                         std::min(part.size(), gathered_bytes - bytes.size()));
        }
        return bytes;
    }

    // Completion never happens inside the initiating call.
    template <class Handler>
    void complete(Handler handler, error_code error, std::size_t count, bool initiating) {
        if (!initiating) return handler(error, count);
        asio::post(loop_.io, [handler = std::move(handler), error, count]() mutable {
            handler(error, count);
        });
    }

    template <class Handler>
    void attempt_read(asio::mutable_buffer into, Handler handler, bool initiating) {
        IoResult result{Io::ok, 0};
        if (!received_.empty()) {
            result.count = received_.copy(static_cast<char*>(into.data()), into.size());
            received_.erase(0, result.count);
        } else if (into.size() > 0) {
            result = transport_.read(static_cast<char*>(into.data()), into.size());
        }
        if (result.state == Io::want_read || result.state == Io::want_write)
            return transport_.async_wait(result.state, [this, into, handler = std::move(handler)](
                                                           const error_code& error) mutable {
                if (error) return handler(error, 0);
                attempt_read(into, std::move(handler), false);
            });
        complete(std::move(handler), as_error(result.state), result.count, initiating);
    }

    template <class Handler>
    void attempt_write(std::string bytes, Handler handler, bool initiating) {
        auto result = transport_.write(bytes);
        if (result.state == Io::want_read || result.state == Io::want_write)
            return transport_.async_wait(
                result.state, [this, bytes = std::move(bytes),
                               handler = std::move(handler)](const error_code& error) mutable {
                    if (error) return handler(error, 0);
                    attempt_write(std::move(bytes), std::move(handler), false);
                });
        complete(std::move(handler), as_error(result.state), result.count, initiating);
    }

    static error_code as_error(Io state) {
        if (state == Io::ok) return {};
        if (state == Io::end) return asio::error::eof;
        return asio::error::connection_reset;
    }

    Loop& loop_;
    Transport& transport_;
    std::string received_; ///< arrived with the request
};

// Beast's customization points, found by argument-dependent lookup.
void teardown(beast::role_type, LoopStream& stream, error_code& error) {
    stream.finish();
    error = {};
}
template <class Handler>
void async_teardown(beast::role_type, LoopStream& stream, Handler&& handler) {
    stream.finish();
    asio::post(stream.get_executor(),
               [handler = std::forward<Handler>(handler)]() mutable { handler(error_code()); });
}
void beast_close_socket(LoopStream& stream) { stream.interrupt(); }

using UpgradeRequest = beast::http::request<beast::http::empty_body>;

/// Shared by the handler's thread and the loop. Members without a lock belong to the loop.
class WebSocketSession final : public WebSocket,
                               public std::enable_shared_from_this<WebSocketSession> {
  public:
    WebSocketSession(std::shared_ptr<Connection> connection, UpgradeRequest request);
    ~WebSocketSession() override { ::close(event_); }

    /// Answers the handshake; false when the client went away.
    bool accept();
    std::optional<Message> receive(int timeout_ms) override;
    void send(std::string_view data, bool text) override;
    void close() override;
    int descriptor() const override { return event_; }
    /// Ends the session and its connection, whatever state they are in.
    void finish();

  private:
    struct Outgoing {
        std::string_view data;
        bool text = false;
        std::promise<error_code> done;
    };
    // More than this unread and we stop taking from the socket.
    static constexpr std::size_t queue_bytes = 4 << 20;
    static constexpr std::size_t message_bytes = 16 << 20;
    static constexpr int close_timeout_ms = 5000;

    void start_accept(const std::shared_ptr<std::promise<error_code>>& accepted);
    void read_next();
    void received(const error_code& error);
    void write_next();
    void written(const error_code& error);
    void start_close();
    void ended(const error_code& error);
    void signal() const { (void)!::eventfd_write(event_, 1); }

    std::shared_ptr<Connection> connection_;
    Loop& loop_;
    websocket::stream<LoopStream> stream_;
    UpgradeRequest request_;
    beast::flat_buffer incoming_;
    std::deque<std::shared_ptr<Outgoing>> outgoing_;
    bool closing_ = false;
    int event_ = -1;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Message> messages_;
    std::size_t queued_bytes_ = 0;
    bool paused_ = false;
    bool ended_ = false, orderly_ = false;
};

WebSocketSession::WebSocketSession(std::shared_ptr<Connection> connection, UpgradeRequest request)
    : connection_(std::move(connection)), loop_(connection_->loop_),
      stream_(loop_, connection_->io_, std::move(connection_->input_)),
      request_(std::move(request)), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (event_ < 0) throw std::runtime_error("no descriptor left");
}

bool WebSocketSession::accept() {
    auto accepted = std::make_shared<std::promise<error_code>>();
    asio::post(loop_.io, [self = shared_from_this(), accepted] { self->start_accept(accepted); });
    return !accepted->get_future().get();
}

void WebSocketSession::start_accept(const std::shared_ptr<std::promise<error_code>>& accepted) {
    const auto& options = connection_->core_.options;
    websocket::stream_base::timeout timeouts{};
    timeouts.handshake_timeout = std::chrono::milliseconds(options.head_timeout_ms);
    timeouts.idle_timeout = std::chrono::milliseconds(options.idle_timeout_ms);
    timeouts.keep_alive_pings = true;
    stream_.set_option(timeouts);
    stream_.read_message_max(message_bytes);
    stream_.set_option(websocket::stream_base::decorator(
        [&answer = connection_->answer_](websocket::response_type& response) {
            for (const auto& [name, value] : answer.headers.all())
                if (!response.count(name)) response.insert(name, value);
            if (!answer.websocket_protocol.empty())
                response.set(beast::http::field::sec_websocket_protocol, answer.websocket_protocol);
        }));
    stream_.async_accept(request_, [self = shared_from_this(), accepted](const error_code& error) {
        // The waiting thread goes on with the first promise kept: start reading before that.
        if (error)
            self->ended(error);
        else
            self->read_next();
        accepted->set_value(error);
    });
}

// ---- receiving ----

void WebSocketSession::read_next() {
    stream_.async_read(incoming_,
                       [self = shared_from_this()](const error_code& error, std::size_t) {
                           self->received(error);
                       });
}

void WebSocketSession::received(const error_code& error) {
    if (error) return ended(error);
    Message message{stream_.got_text(), beast::buffers_to_string(incoming_.data())};
    incoming_.consume(incoming_.size());
    {
        std::lock_guard lock(mutex_);
        queued_bytes_ += message.data.size();
        messages_.push_back(std::move(message));
        paused_ = queued_bytes_ >= queue_bytes;
        if (messages_.size() == 1) signal();
        if (paused_) {
            changed_.notify_all();
            return;
        }
    }
    changed_.notify_all();
    read_next();
}

std::optional<WebSocket::Message> WebSocketSession::receive(int timeout_ms) {
    std::unique_lock lock(mutex_);
    auto ready = [&] { return !messages_.empty() || ended_; };
    if (timeout_ms < 0)
        changed_.wait(lock, ready);
    else if (!changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), ready))
        throw TransferError("no message in time");
    if (messages_.empty()) {
        if (!orderly_) throw TransferError("the WebSocket broke");
        return std::nullopt;
    }
    auto message = std::move(messages_.front());
    messages_.pop_front();
    queued_bytes_ -= message.data.size();
    if (messages_.empty() && !ended_) {
        eventfd_t count = 0;
        (void)!::eventfd_read(event_, &count);
    }
    if (paused_ && queued_bytes_ < queue_bytes / 2) {
        paused_ = false;
        asio::post(loop_.io, [self = shared_from_this()] { self->read_next(); });
    }
    return message;
}

void WebSocketSession::ended(const error_code& error) {
    {
        std::lock_guard lock(mutex_);
        if (ended_) return;
        ended_ = true;
        // Beast cuts a waiting read off once our own close has been answered.
        orderly_ = error == websocket::error::closed ||
                   (closing_ && error == asio::error::operation_aborted);
        signal();
    }
    changed_.notify_all();
}

// ---- sending ----

void WebSocketSession::send(std::string_view data, bool text) {
    auto outgoing = std::make_shared<Outgoing>();
    outgoing->data = data;
    outgoing->text = text;
    auto done = outgoing->done.get_future();
    asio::post(loop_.io, [self = shared_from_this(), outgoing] {
        self->outgoing_.push_back(outgoing);
        if (self->outgoing_.size() == 1) self->write_next();
    });
    auto limit = std::chrono::milliseconds(connection_->core_.options.body_timeout_ms);
    bool in_time = done.wait_for(limit) == std::future_status::ready;
    // The loop looks at `data` until it is done; a dead socket makes that soon.
    if (!in_time)
        asio::post(loop_.io,
                   [self = shared_from_this()] { self->stream_.next_layer().interrupt(); });
    auto error = done.get();
    if (error) throw TransferError(in_time ? "the WebSocket broke" : "the client reads too slowly");
}

void WebSocketSession::write_next() {
    if (closing_) return written(websocket::error::closed);
    auto& next = *outgoing_.front();
    stream_.text(next.text);
    stream_.async_write(asio::buffer(next.data.data(), next.data.size()),
                        [self = shared_from_this()](const error_code& error, std::size_t) {
                            self->written(error);
                        });
}

void WebSocketSession::written(const error_code& error) {
    auto finished = std::move(outgoing_.front());
    outgoing_.pop_front();
    finished->done.set_value(error);
    if (!outgoing_.empty()) write_next();
}

// ---- the end ----

void WebSocketSession::close() {
    asio::post(loop_.io, [self = shared_from_this()] { self->start_close(); });
}

void WebSocketSession::start_close() {
    if (closing_ || !stream_.is_open()) return;
    closing_ = true;
    stream_.async_close(websocket::close_code::normal,
                        [self = shared_from_this()](const error_code&) {});
    // Nobody else reads while the queue is full, and the peer's answer is behind what it sent.
    std::lock_guard lock(mutex_);
    if (paused_) {
        paused_ = false;
        messages_.clear();
        queued_bytes_ = 0;
        asio::post(loop_.io, [self = shared_from_this()] { self->read_next(); });
    }
}

void WebSocketSession::finish() {
    close();
    {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::milliseconds(close_timeout_ms),
                          [&] { return ended_; });
    }
    // On the loop, behind whatever still runs there. The handlers left see a closed socket.
    asio::post(loop_.io, [self = shared_from_this()] { self->connection_->close(); });
}

void Connection::run_websocket() {
    auto handler = std::move(answer_.upgrade);
    UpgradeRequest request;
    request.method_string(head_.method);
    request.target(head_.target);
    request.version(framing_.http11 ? 11 : 10);
    for (const auto& [name, value] : head_.headers.all()) request.insert(name, value);
    if (!websocket::is_upgrade(request) || !body_done_)
        return refuse(400, "a WebSocket handshake is expected here");
    auto session = std::make_shared<WebSocketSession>(shared_from_this(), std::move(request));
    loop_.locked([&] {
        goodbye_ = [weak = std::weak_ptr(session)] {
            if (auto alive = weak.lock()) alive->close();
        };
    });
    if (!core_.stopping && session->accept()) {
        try {
            handler(*session);
        } catch (const std::exception&) {
            // The handler's way to say that the conversation is over.
        }
    }
    session->finish();
}

} // namespace nephele::http
