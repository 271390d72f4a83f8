// SPDX-License-Identifier: Apache-2.0
// For the tests of this folder: an application made of functions and a client that sends exactly
// the bytes it is told to.
#pragma once
#include "platform/http/http.h"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>

namespace nephele::http::test {

/// Answers by path; everything not set answers 404.
class TestApplication : public Application {
  public:
    using Handler = std::function<Response(const RequestHead&, std::string)>;
    using StreamHandler = std::function<Response(const RequestHead&, BodyReader&)>;

    void on(const std::string& path, Handler handler) { handlers_[path] = std::move(handler); }
    void on_stream(const std::string& path, StreamHandler handler, std::uint64_t limit = ~0ull) {
        stream_handlers_[path] = {std::move(handler), limit};
    }

    BodyPlan plan(const RequestHead& head) override;
    Response handle(const RequestHead& head, std::string body) override;
    Response handle_stream(const RequestHead& head, BodyReader& body) override;
    /// The body is "refused: <reason>".
    Response refuse(const RequestHead& head, int status, const std::string& reason) override;

    std::uint64_t buffered_limit = 1 << 20;
    std::atomic<int> refusals{0};

  private:
    std::map<std::string, Handler> handlers_;
    std::map<std::string, std::pair<StreamHandler, std::uint64_t>> stream_handlers_;
};

Response text_response(std::string body, int status = 200);

/// A blocking socket to 127.0.0.1. Every wait ends after ten seconds with an exception.
class RawClient {
  public:
    /// `receive_buffer` > 0 makes the kernel take little that nobody reads.
    explicit RawClient(std::uint16_t port, int receive_buffer = 0);
    ~RawClient();
    RawClient(const RawClient&) = delete;

    void send(std::string_view bytes);
    /// As many as the kernel takes until the peer stops taking or `limit` is reached.
    std::size_t send_until_blocked(std::string_view piece, std::size_t limit);
    struct Answer {
        int status = 0;
        std::string head; ///< with the status line
        Headers headers;
        std::string body;
    };
    Answer read_answer(bool head_request = false);
    std::string read_line();
    std::string read_bytes(std::size_t count);
    /// Up to and including the end of the stream.
    std::string read_to_end();
    bool at_end();
    void finish_sending();
    /// Closes with a reset.
    void reset();
    int descriptor() const { return descriptor_; }

  private:
    bool fill();
    int descriptor_ = -1;
    std::string buffer_;
};

/// A latch that a test opens.
class Gate {
  public:
    void open();
    /// Throws after ten seconds.
    void wait();

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
};

ServerOptions quick_options();
/// "GET <path> HTTP/1.1" with Host and the given fields.
std::string get(const std::string& path, const std::string& fields = "");

} // namespace nephele::http::test
