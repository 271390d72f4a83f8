// SPDX-License-Identifier: Apache-2.0
// Private to this folder. One client connection: a state machine that always belongs to exactly one
// activity (its event loop, a worker or a stream thread) and is handed on from one to the next.
// Only the deadline and the flags marked atomic are looked at by others.
#pragma once
#include "platform/http/http.h"
#include "platform/http/loop.h"
#include "platform/http/request_parser.h"
#include "platform/http/transport.h"
#include "platform/http/wire_format.h"

#include <atomic>

namespace nephele::http {

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    Connection(Core& core, Loop& loop, TcpSocket socket);
    /// On the loop. `overload`: only tell the client to come back later.
    void start(bool overload);

    // Called by the loop's sweep and by the server's stop, while the loop's registry is locked.
    void expire_at(std::int64_t now_ms);
    void interrupt_idle();
    void interrupt();

    // For the blocking parts, on the thread that owns the connection.
    void write_all(std::string_view first, std::string_view second = {}, bool more = false);
    void continue_if_expected();

  private:
    friend class RequestBody;
    friend class WebSocketSession;
    enum class Phase { handshake, head, body, discard, write, file, linger };

    // Event loop (connection.cc).
    void resume();
    void woken(const boost::system::error_code& error);
    void expired();
    bool step();
    bool step_handshake();
    bool step_head();
    bool step_body();
    bool step_discard();
    bool step_linger();
    bool accept_head();
    bool take_body();
    bool fill(std::int64_t deadline_ms);
    void wait(Io direction, std::int64_t deadline_ms);
    void wait_idle();
    void post_resume();
    bool decode_chunks(std::string& into, std::uint64_t limit);

    // Any owner (answer.cc).
    /// Runs a member on a pool's thread; what it throws breaks the connection.
    std::function<void()> job(void (Connection::*member)());
    void dispatch();
    void dispatch_stream();
    void handle();
    void handle_stream();
    Response refusal(int status, const std::string& reason);
    void refuse(int status, const std::string& reason);
    void answer(Response response);
    AnswerFraming frame_answer();
    bool step_write();
    void send_on_stream_thread(void (Connection::*send)());
    void send_stream();
    void send_file();
    void send_file_pieces();
    void finish_request();
    void start_linger();
    void abort();
    void close();

    // send_file.cc
    void send_file_from_worker();
    bool step_file();
    void send_file_turn();

    // websocket.cc
    void run_websocket();

    std::int64_t now_ms() const;

    Core& core_;
    Loop& loop_;
    Transport io_;
    std::string peer_, certificate_subject_, certificate_thumbprint_, certificate_issuer_;
    std::uint16_t local_port_ = 0;

    std::atomic<std::int64_t> deadline_ms_{0}; ///< 0: none
    std::atomic<bool> waits_for_write_{false};
    std::atomic<bool> expired_{false};
    std::atomic<bool> idle_{false};
    bool closed_ = false;
    std::function<void()>
        goodbye_; ///< of a WebSocket when the server stops; under the registry lock

    Phase phase_ = Phase::head;
    std::string input_;
    HeadScanner scanner_;
    std::unique_ptr<RequestParser> parser_;
    std::int64_t phase_deadline_ms_ = 0;
    std::uint64_t phase_bytes_ = 0;
    bool served_ = false;

    // The request under way.
    RequestHead head_;
    RequestFraming framing_;
    std::string body_;
    std::uint64_t body_limit_ = 0;
    std::uint64_t body_left_ = 0; ///< bytes of a Content-Length body not read yet
    bool body_done_ = true;
    bool continue_pending_ = false;
    bool must_close_ = false;
    bool on_stream_thread_ = false;

    // Its answer.
    Response answer_;
    AnswerFraming answer_framing_;
    std::string out_; ///< the head, and a small body
    std::size_t sent_ = 0;
};

} // namespace nephele::http
