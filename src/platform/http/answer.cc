// SPDX-License-Identifier: Apache-2.0
// The part of a connection that answers: dispatch to the pools, answers from memory (written
// without blocking, by whoever owns the connection), files and streams (written by threads that may
// block).
#include "platform/http/connection.h"
#include "platform/http/request_body.h"

#include "base/time.h"

#include <boost/asio/post.hpp>
#include <unistd.h>

namespace nephele::http {
namespace {

// Unread rest of a request that is cheaper to swallow than to lose the connection for.
constexpr std::uint64_t discard_bytes = 64 * 1024;
// Up to here a body is copied behind its head: one buffer, one TLS record.
constexpr std::size_t joined_bytes = 16 * 1024;
constexpr std::size_t file_piece_bytes = 128 * 1024;

/// Writes a streamed answer with the framing its head announced.
class AnswerWriter final : public BodyWriter {
  public:
    AnswerWriter(Connection& connection, const AnswerFraming& framing)
        : connection_(connection), framing_(framing) {}

    void write(std::string_view bytes) override {
        if (bytes.empty()) return; // An empty chunk would end the body.
        if (framing_.body == AnswerBody::chunked) return write_chunk(bytes);
        written_ += bytes.size();
        if (framing_.body == AnswerBody::length && written_ > framing_.length)
            throw TransferError("answer longer than its Content-Length");
        connection_.write_all(bytes);
    }

    /// False when less was written than the head announced.
    bool finish() {
        if (framing_.body == AnswerBody::chunked) connection_.write_all("0\r\n\r\n");
        return framing_.body != AnswerBody::length || written_ == framing_.length;
    }

  private:
    void write_chunk(std::string_view bytes) {
        auto line = chunk_line(bytes.size());
        if (bytes.size() <= joined_bytes) {
            line.append(bytes).append("\r\n");
            return connection_.write_all(line);
        }
        connection_.write_all(line, bytes, true);
        connection_.write_all("\r\n");
    }

    Connection& connection_;
    const AnswerFraming& framing_;
    std::uint64_t written_ = 0;
};

} // namespace

// ---- to the application ----

std::function<void()> Connection::job(void (Connection::*member)()) {
    return [self = shared_from_this(), member] {
        try {
            (self.get()->*member)();
        } catch (const std::exception&) {
            self->abort(); // Out of memory.
        }
    };
}

void Connection::dispatch() {
    if (!core_.workers.submit(job(&Connection::handle))) refuse(503, "the server is busy");
}

void Connection::dispatch_stream() {
    on_stream_thread_ = true;
    if (core_.streams.submit(job(&Connection::handle_stream))) return;
    on_stream_thread_ = false;
    refuse(503, "too many transfers");
}

void Connection::handle() {
    Response response;
    try {
        response = core_.application.handle(head_, std::move(body_));
    } catch (const std::exception&) {
        response = refusal(500, "the request could not be handled");
    }
    answer(std::move(response));
}

void Connection::handle_stream() {
    RequestBody body(*this);
    Response response;
    try {
        response = core_.application.handle_stream(head_, body);
    } catch (const TransferError& error) {
        response = refusal(body.failure() ? body.failure() : 500, error.what());
    } catch (const std::exception&) {
        response = refusal(500, "the request could not be handled");
    }
    body.settle();
    must_close_ = must_close_ || body.failure() != 0;
    answer(std::move(response));
}

Response Connection::refusal(int status, const std::string& reason) {
    Response response;
    try {
        response = core_.application.refuse(head_, status, reason);
    } catch (const std::exception&) {
        response.status = status;
    }
    // Refusals are sent from where they arise, also from the event loop: from memory only.
    response.file.reset();
    response.stream = nullptr;
    response.upgrade = nullptr;
    return response;
}

void Connection::refuse(int status, const std::string& reason) {
    must_close_ = must_close_ || !body_done_ || status != 503 || head_.method.empty();
    answer(refusal(status, reason));
}

// ---- answers ----

AnswerFraming Connection::frame_answer() {
    AnswerFraming framing;
    framing.http11 = framing_.http11;
    framing.head_only = head_.method == "HEAD";
    if (bodiless_status(answer_.status)) {
        framing.body = AnswerBody::none;
    } else if (answer_.file) {
        framing.length = answer_.file->length;
    } else if (answer_.stream) {
        auto length = declared_length(answer_);
        framing.body = length            ? AnswerBody::length
                       : framing_.http11 ? AnswerBody::chunked
                                         : AnswerBody::until_close;
        framing.length = length.value_or(0);
    } else {
        framing.length = answer_.body.size();
        if (framing.head_only && answer_.body.empty())
            framing.length = declared_length(answer_).value_or(0);
    }
    bool rest_is_small =
        body_done_ || (!framing_.chunked && !continue_pending_ && body_left_ <= discard_bytes);
    framing.keep_alive = framing_.keep_alive && !must_close_ && rest_is_small &&
                         framing.body != AnswerBody::until_close && !core_.stopping;
    return framing;
}

void Connection::answer(Response response) {
    answer_ = std::move(response);
    if (answer_.upgrade) return send_on_stream_thread(&Connection::run_websocket);
    answer_framing_ = frame_answer();
    out_ = response_head(answer_, answer_framing_);
    sent_ = 0;
    if (answer_framing_.head_only || answer_framing_.body == AnswerBody::none) {
        answer_.body.clear();
    } else if (answer_.file) {
        if (on_stream_thread_ || io_.tls()) return send_on_stream_thread(&Connection::send_file);
        return send_file_from_worker();
    } else if (answer_.stream) {
        return send_on_stream_thread(&Connection::send_stream);
    }
    if (answer_.body.size() <= joined_bytes) {
        out_ += answer_.body;
        answer_.body.clear();
    }
    phase_ = Phase::write;
    if (step_write()) finish_request();
}

/// True when everything is written; false when the connection waits or is over.
bool Connection::step_write() {
    while (sent_ < out_.size() + answer_.body.size()) {
        auto head = std::string_view(out_).substr(std::min(sent_, out_.size()));
        auto body = std::string_view(answer_.body);
        if (sent_ > out_.size()) body.remove_prefix(sent_ - out_.size());
        auto result = io_.write(head, body);
        if (result.state == Io::want_read || result.state == Io::want_write) {
            wait(result.state, now_ms() + core_.options.body_timeout_ms);
            return false;
        }
        if (result.state != Io::ok) {
            close();
            return false;
        }
        sent_ += result.count;
    }
    return true;
}

void Connection::send_on_stream_thread(void (Connection::*send)()) {
    if (on_stream_thread_) return (this->*send)();
    if (!core_.streams.submit(job(send))) refuse(503, "too many transfers");
}

void Connection::send_stream() {
    try {
        write_all(out_);
        AnswerWriter writer(*this, answer_framing_);
        answer_.stream(writer);
        if (!writer.finish()) return abort();
    } catch (const std::exception&) {
        return abort(); // The head is out: only a broken connection can tell that the rest is
                        // missing.
    }
    finish_request();
}

// On a thread that may block: TLS, and answers to streamed requests.
void Connection::send_file() {
    try {
        if (!out_.empty()) write_all(out_, {}, answer_.file->length > 0);
        send_file_pieces();
    } catch (const std::exception&) {
        return abort();
    }
    finish_request();
}

void Connection::send_file_pieces() {
    auto& file = *answer_.file;
    std::string piece;
    if (io_.tls()) piece.resize(file_piece_bytes);
    while (file.length > 0) {
        std::size_t count = 0;
        if (io_.tls()) {
            auto size = std::min<std::uint64_t>(piece.size(), file.length);
            auto got =
                ::pread(*file.descriptor, piece.data(), size, static_cast<off_t>(file.offset));
            if (got <= 0) throw TransferError("file shorter than announced");
            count = static_cast<std::size_t>(got);
            write_all(std::string_view(piece).substr(0, count));
        } else {
            auto result = io_.send_file(*file.descriptor, file.offset, file.length);
            if (result.state == Io::want_write) {
                if (!io_.wait(Io::want_write, core_.options.body_timeout_ms))
                    throw TransferError("the client reads too slowly");
                continue;
            }
            if (result.state != Io::ok) throw TransferError("file or connection ended early");
            count = result.count;
        }
        file.offset += count;
        file.length -= count;
    }
}

// ---- the end of a request ----

void Connection::finish_request() {
    bool keep_alive = answer_framing_.keep_alive;
    answer_ = {};
    std::string().swap(out_);
    if (!keep_alive) {
        // Closing with unread bytes would reset the connection and lose the answer.
        if (!body_done_ || must_close_ || !input_.empty()) return start_linger();
        io_.finish_sending();
        return close();
    }
    head_ = {};
    framing_ = {};
    std::string().swap(body_);
    parser_.reset();
    served_ = true;
    on_stream_thread_ = false;
    continue_pending_ = false;
    if (!body_done_ && body_left_ > 0) {
        phase_ = Phase::discard;
        phase_deadline_ms_ = now_ms() + core_.options.body_timeout_ms;
        body_done_ = true;
        return post_resume();
    }
    body_done_ = true;
    phase_ = Phase::head;
    // A pipelined request may be here already; else the next owner is whoever the client wakes.
    if (!input_.empty() || io_.pending()) {
        phase_deadline_ms_ = now_ms() + core_.options.head_timeout_ms;
        return post_resume();
    }
    wait_idle();
}

// ---- blocking transfers ----

void Connection::write_all(std::string_view first, std::string_view second, bool more) {
    while (!first.empty() || !second.empty()) {
        auto result = second.empty() ? io_.write(first, more) : io_.write(first, second);
        if (result.state == Io::ok) {
            auto of_first = std::min(result.count, first.size());
            first.remove_prefix(of_first);
            second.remove_prefix(result.count - of_first);
        } else if (result.state == Io::want_read || result.state == Io::want_write) {
            if (!io_.wait(result.state, core_.options.body_timeout_ms))
                throw TransferError("the client reads too slowly");
        } else {
            throw TransferError("the client closed the connection");
        }
    }
}

void Connection::continue_if_expected() {
    if (!continue_pending_) return;
    continue_pending_ = false;
    write_all("HTTP/1.1 100 Continue\r\n\r\n");
}

} // namespace nephele::http
