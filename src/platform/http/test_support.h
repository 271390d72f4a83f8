// SPDX-License-Identifier: Apache-2.0
// For the tests of this folder: an application made of functions and a client that sends exactly
// the bytes it is told to.
#pragma once
#include "platform/http/http.h"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>

struct ssl_st;

namespace nephele::http::test {

ServerOptions quick_options();

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

struct RawOptions {
    int receive_buffer = 0; ///< > 0: the kernel takes little that nobody reads
    bool tls = false;
};

/// A blocking socket to 127.0.0.1. Every wait ends after ten seconds with an exception.
class RawClient {
  public:
    explicit RawClient(std::uint16_t port, RawOptions options = {});
    ~RawClient();
    RawClient(const RawClient&) = delete;

    void send(std::string_view bytes);
    /// Plain sockets: sends until the kernel has taken nothing more for a while.
    std::size_t send_until_blocked(std::string_view bytes);
    struct Answer {
        int status = 0;
        std::string head; ///< with the status line
        Headers headers;
        std::string body;
    };
    Answer read_answer(bool head_request = false);
    std::string read_line();
    std::string read_bytes(std::size_t count);
    char peek_byte();
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
    ssl_st* tls_ = nullptr;
    std::string buffer_;
};

/// A file of the test's authority: "ca", "server" or "client" with ".pem" or ".key". Made once with
/// the openssl command, in a folder that goes with the process.
std::string certificate_file(const std::string& name);
ServerOptions tls_options(bool client_ca = false);

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

/// A server on a port of its own. Handlers are set before the first request: the map is not locked.
struct Fixture {
    explicit Fixture(ServerOptions options = quick_options()) : server(options, application) {}
    std::uint16_t port() const { return server.ports()[0]; }
    std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(port()) + path;
    }

    TestApplication application;
    Server server;
};

/// "/echo" answers with method and body.
void add_echo(TestApplication& application);
std::string post(const std::string& path, const std::string& fields, const std::string& body);
/// Bytes in which every position can be told.
std::string pattern(std::size_t size, std::size_t from = 0);
/// An unlinked file with these bytes.
std::shared_ptr<int> temporary_file(const std::string& bytes);
/// "GET <path> HTTP/1.1" with Host and the given fields.
std::string get(const std::string& path, const std::string& fields = "");

} // namespace nephele::http::test
