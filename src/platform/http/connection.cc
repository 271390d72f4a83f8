// SPDX-License-Identifier: Apache-2.0
// The part of a connection that runs on its event loop: handshake, heads, small bodies, waiting.
// Nothing here blocks. Deadlines are plain fields that the loop's sweep compares with the clock; a
// connection whose time is over is woken by shutting its socket down.
#include "platform/http/connection.h"

#include "base/strings.h"

#include "base/time.h"

#include <array>
#include <boost/asio/post.hpp>
#include <sys/socket.h>

namespace nephele::http {
namespace {

// A body piece counts as progress from this size on: dripping single bytes does not extend the
// time.
constexpr std::uint64_t progress_bytes = 1024;
// Unread rest of a refused connection that we swallow, so that the client gets to read the answer.
constexpr std::uint64_t linger_bytes = 16 << 20;
constexpr int linger_ms = 2000;

std::array<char, 32 * 1024>& scratch() {
    thread_local std::array<char, 32 * 1024> bytes;
    return bytes;
}

} // namespace

Connection::Connection(Core& core, Loop& loop, TcpSocket socket)
    : core_(core), loop_(loop), io_(std::move(socket), core.tls.get()) {}

std::int64_t Connection::now_ms() const { return system_clock().monotonic_ns() / 1'000'000; }

void Connection::start(bool overload) {
    peer_ = io_.peer_address();
    local_port_ = io_.local_port();
    phase_deadline_ms_ = now_ms() + core_.options.head_timeout_ms;
    if (overload) return io_.tls() ? close() : refuse(503, "too many connections");
    phase_ = io_.tls() ? Phase::handshake : Phase::head;
    resume();
}

void Connection::resume() {
    try {
        while (step()) {
        }
    } catch (const std::exception&) {
        abort(); // Out of memory, or an application that breaks its promise not to throw.
    }
}

bool Connection::step() {
    switch (phase_) {
    case Phase::handshake:
        return step_handshake();
    case Phase::head:
        return step_head();
    case Phase::body:
        return step_body();
    case Phase::discard:
        return step_discard();
    case Phase::write:
        if (step_write()) finish_request();
        return false;
    case Phase::file:
        return step_file();
    case Phase::linger:
        return step_linger();
    }
    return false;
}

// ---- waiting ----

// The connection may be running on another thread as soon as this returns: touch nothing after it.
void Connection::wait(Io direction, std::int64_t deadline_ms) {
    waits_for_write_ = direction == Io::want_write;
    deadline_ms_ = deadline_ms;
    io_.async_wait(direction, [self = shared_from_this()](const boost::system::error_code& error) {
        self->woken(error);
    });
}

void Connection::wait_idle() {
    std::string().swap(input_); // An idle connection keeps no buffer.
    auto timeout = served_ ? core_.options.idle_timeout_ms : core_.options.head_timeout_ms;
    // `stop` sets its flag and then looks for idle connections; this is the other half.
    idle_ = true;
    if (core_.stopping) return close();
    wait(Io::want_read, now_ms() + timeout);
}

void Connection::post_resume() {
    boost::asio::post(loop_.io, [self = shared_from_this()] { self->resume(); });
}

void Connection::woken(const boost::system::error_code& error) {
    idle_ = false;
    deadline_ms_ = 0;
    if (error) return close();
    if (expired_) return expired();
    resume();
}

void Connection::expire_at(std::int64_t now_ms) {
    auto deadline = deadline_ms_.load();
    if (deadline == 0 || now_ms < deadline) return;
    expired_ = true;
    ::shutdown(io_.descriptor(), waits_for_write_ ? SHUT_RDWR : SHUT_RD);
}

void Connection::interrupt_idle() {
    if (idle_) ::shutdown(io_.descriptor(), SHUT_RD);
    if (goodbye_) goodbye_();
}

void Connection::interrupt() { ::shutdown(io_.descriptor(), SHUT_RDWR); }

void Connection::expired() {
    bool partial_head = phase_ == Phase::head && !input_.empty();
    if (!partial_head && phase_ != Phase::body) return close();
    refuse(408, partial_head ? "the request head did not arrive in time"
                             : "the request body did not arrive in time");
}

/// True when bytes came; false when the connection waits or is over.
bool Connection::fill(std::int64_t deadline_ms) {
    auto& bytes = scratch();
    auto result = io_.read(bytes.data(), bytes.size());
    switch (result.state) {
    case Io::ok:
        input_.append(bytes.data(), result.count);
        return true;
    case Io::want_read:
    case Io::want_write:
        wait(result.state, deadline_ms);
        return false;
    default:
        close();
        return false;
    }
}

// ---- handshake and head ----

bool Connection::step_handshake() {
    auto result = io_.handshake();
    if (result.state == Io::ok) {
        certificate_subject_ = io_.client_certificate_subject();
        certificate_issuer_ = io_.client_certificate_issuer();
        certificate_thumbprint_ = base64url_encode(io_.client_certificate_digest(), false);
        phase_ = Phase::head;
        return true;
    }
    if (result.state == Io::want_read || result.state == Io::want_write)
        wait(result.state, phase_deadline_ms_);
    else
        close();
    return false;
}

bool Connection::step_head() {
    for (;;) {
        switch (scanner_.scan(input_)) {
        case HeadScanner::State::complete:
            if (scanner_.end() > core_.options.max_head_bytes) break;
            return accept_head();
        case HeadScanner::State::malformed:
            refuse(400, "malformed request head");
            return false;
        case HeadScanner::State::incomplete:
            break;
        }
        if (input_.size() >= core_.options.max_head_bytes) {
            scanner_.saw_line() ? refuse(431, "the request head is too large")
                                : refuse(414, "the request target is too long");
            return false;
        }
        if (input_.empty()) {
            auto& bytes = scratch();
            auto result = io_.read(bytes.data(), bytes.size());
            if (result.state == Io::want_read) {
                wait_idle();
                return false;
            }
            if (result.state != Io::ok) {
                close();
                return false;
            }
            input_.assign(bytes.data(), result.count);
            phase_deadline_ms_ = now_ms() + core_.options.head_timeout_ms;
        } else if (!fill(phase_deadline_ms_)) {
            return false;
        }
    }
}

bool Connection::accept_head() {
    parser_ = std::make_unique<RequestParser>();
    auto bytes =
        std::string_view(input_).substr(scanner_.begin(), scanner_.end() - scanner_.begin());
    auto verdict = parser_->parse_head(bytes, head_, framing_);
    input_.erase(0, scanner_.end());
    scanner_ = {};
    head_.peer = peer_;
    head_.local_port = local_port_;
    head_.tls = io_.tls();
    head_.client_certificate_subject = certificate_subject_;
    head_.client_certificate_issuer = certificate_issuer_;
    head_.client_certificate_thumbprint = certificate_thumbprint_;
    if (verdict.status != 0) {
        framing_.keep_alive = false;
        refuse(verdict.status, verdict.reason);
        return false;
    }
    body_left_ = framing_.length;
    body_done_ = !framing_.chunked && framing_.length == 0;
    continue_pending_ = framing_.expects_continue && !body_done_ && input_.empty();
    auto plan = core_.application.plan(head_);
    body_limit_ = plan.limit;
    if (framing_.length > body_limit_) {
        refuse(413, "the request body is too large");
        return false;
    }
    if (plan.kind == BodyPlan::Kind::streamed) {
        dispatch_stream();
        return false;
    }
    if (continue_pending_) {
        continue_pending_ = false;
        // A socket that cannot take 25 bytes is not worth a state of its own.
        constexpr std::string_view line = "HTTP/1.1 100 Continue\r\n\r\n";
        if (io_.write(line).count != line.size()) {
            close();
            return false;
        }
    }
    phase_ = Phase::body;
    phase_bytes_ = 0;
    if (!body_done_) phase_deadline_ms_ = now_ms() + core_.options.body_timeout_ms;
    return true;
}

// ---- small bodies ----

bool Connection::step_body() {
    for (;;) {
        if (!take_body()) return false;
        if (body_done_) {
            dispatch();
            return false;
        }
        auto before = input_.size();
        if (!fill(phase_deadline_ms_)) return false;
        phase_bytes_ += input_.size() - before;
        if (phase_bytes_ < progress_bytes) continue;
        phase_bytes_ = 0;
        phase_deadline_ms_ = now_ms() + core_.options.body_timeout_ms;
    }
}

/// Moves what has arrived into the body. False when the request was refused.
bool Connection::take_body() {
    if (framing_.chunked) return decode_chunks(body_, body_limit_);
    auto count = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, input_.size()));
    if (body_.empty() && count == input_.size()) {
        body_.swap(input_);
    } else {
        body_.append(input_, 0, count);
        input_.erase(0, count);
    }
    body_left_ -= count;
    body_done_ = body_left_ == 0;
    return true;
}

bool Connection::decode_chunks(std::string& into, std::uint64_t limit) {
    auto& bytes = scratch();
    for (;;) {
        std::size_t consumed = 0, produced = 0;
        auto state = parser_->decode(input_, bytes.data(), bytes.size(), consumed, produced);
        input_.erase(0, consumed);
        if (into.size() + produced > limit) {
            refuse(413, "the request body is too large");
            return false;
        }
        into.append(bytes.data(), produced);
        switch (state) {
        case RequestParser::Chunk::end:
            body_done_ = true;
            return true;
        case RequestParser::Chunk::malformed:
            refuse(400, "malformed chunked body");
            return false;
        case RequestParser::Chunk::need_more:
            return true;
        case RequestParser::Chunk::progress:
            if (input_.empty()) return true;
        }
    }
}

// ---- what the application did not read ----

bool Connection::step_discard() {
    while (body_left_ > 0) {
        auto count = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, input_.size()));
        input_.erase(0, count);
        body_left_ -= count;
        if (body_left_ > 0 && !fill(phase_deadline_ms_)) return false;
    }
    phase_ = Phase::head;
    return true;
}

bool Connection::step_linger() {
    while (phase_bytes_ < linger_bytes) {
        input_.clear();
        if (!fill(phase_deadline_ms_)) return false;
        phase_bytes_ += input_.size();
    }
    close();
    return false;
}

void Connection::start_linger() {
    io_.finish_sending();
    phase_ = Phase::linger;
    phase_bytes_ = 0;
    phase_deadline_ms_ = now_ms() + std::min(linger_ms, core_.options.body_timeout_ms);
    post_resume();
}

void Connection::abort() {
    io_.reset_on_close();
    close();
}

void Connection::close() {
    if (closed_) return;
    closed_ = true;
    loop_.remove(*this, io_);
    core_.connection_closed();
}

} // namespace nephele::http
