// SPDX-License-Identifier: Apache-2.0
// The HTTP edge: messages, the server and the client. Beast, Asio, OpenSSL and libcurl stay inside
// this folder. Small bodies are read before dispatch on the event loops; handlers run blocking on a
// bounded pool; streamed bodies have a pool of their own.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nephele::http {

/// Header fields in order; names compare without case.
class Headers {
  public:
    const std::string* find(std::string_view name) const;
    std::string get(std::string_view name, std::string_view fallback = "") const;
    void set(std::string_view name, std::string value);
    void add(std::string_view name, std::string value);
    void erase(std::string_view name);
    const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

  private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// The request line and headers. `target` is as received; `path` is the raw path (still
/// percent-encoded), `query` the raw text after '?'.
struct RequestHead {
    std::string method;
    std::string target;
    std::string path;
    std::string query;
    Headers headers;
    std::string peer;             ///< address of the client, without port
    std::uint16_t local_port = 0; ///< port the connection came in on
    bool tls = false;
    std::string client_certificate_subject; ///< of a verified mTLS peer, else empty
    /// SHA-256 of that certificate in base64url without padding, as RFC 8705 writes it.
    std::string client_certificate_thumbprint;
    std::string client_certificate_issuer; ///< who signed it, as the subject
};

/// A request body read piece by piece. Blocking; throws TransferError when the client goes away,
/// stalls, breaks framing or exceeds the limit.
class BodyReader {
  public:
    virtual ~BodyReader() = default;
    /// Up to `size` bytes; 0 at the end.
    virtual std::size_t read(char* into, std::size_t size) = 0;
    /// From Content-Length, when there is one.
    virtual std::optional<std::uint64_t> length() const = 0;
};

struct TransferError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Writes a streamed answer. Blocking with back-pressure; throws TransferError when the client is
/// gone or too slow.
class BodyWriter {
  public:
    virtual ~BodyWriter() = default;
    virtual void write(std::string_view bytes) = 0;
};

/// A WebSocket after the hand-off. Blocking calls; close is idempotent.
class WebSocket {
  public:
    virtual ~WebSocket() = default;
    struct Message {
        bool text = false;
        std::string data;
    };
    /// Nothing on orderly close; throws TransferError on failure or `timeout_ms` (-1: none).
    virtual std::optional<Message> receive(int timeout_ms) = 0;
    virtual void send(std::string_view data, bool text) = 0;
    virtual void close() = 0;
    /// The connection's descriptor becomes readable when a message may be there (for poll).
    virtual int descriptor() const = 0;
};

/// Part of an open file as an answer's body (sent with sendfile). Closes the descriptor.
struct FileBody {
    std::shared_ptr<int> descriptor; ///< deleter closes it
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    std::optional<FileBody> file;
    /// When set: streams the body after the head (chunked unless Content-Length is in headers).
    /// Runs on the stream pool.
    std::function<void(BodyWriter&)> stream;
    /// When set: the connection becomes a WebSocket handled on its own thread of the stream pool.
    std::function<void(WebSocket&)> upgrade;
    /// Sec-WebSocket-Protocol to answer with, when upgrading.
    std::string websocket_protocol;
};

/// What is decided from the head alone, before any body byte is read.
struct BodyPlan {
    enum class Kind { buffered, streamed };
    Kind kind = Kind::buffered;
    std::uint64_t limit = 1 << 20; ///< bytes; more answers 413
};

/// The application behind the edge. Called from many threads at once; must not throw.
class Application {
  public:
    virtual ~Application() = default;
    virtual BodyPlan plan(const RequestHead& head) = 0;
    /// A complete small request. On the worker pool.
    virtual Response handle(const RequestHead& head, std::string body) = 0;
    /// A request whose body streams. On the stream pool. 100-continue is sent at the first read().
    virtual Response handle_stream(const RequestHead& head, BodyReader& body) = 0;
    /// The answer to a message the edge itself refuses (400, 408, 413, 414, 431, 503): gives the
    /// service its own error body. `head` may be incomplete.
    virtual Response refuse(const RequestHead& head, int status, const std::string& reason) = 0;
};

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::vector<std::uint16_t> ports = {0}; ///< 0: chosen by the system
    /// TCP sockets that listen already (in another network namespace, say); ports() names them
    /// after the others, and the server closes them.
    std::vector<int> listening;
    int loops = 1;
    int workers = 16;
    int worker_queue = 1024;
    int streamers = 256;
    int max_connections = 20000;
    int head_timeout_ms = 15000;
    int body_timeout_ms = 30000; ///< for each piece
    int idle_timeout_ms = 75000;
    std::size_t max_head_bytes = 64 * 1024;
    std::string tls_certificate_file, tls_key_file, tls_client_ca_file; ///< empty: plain
};

class Server {
  public:
    Server(ServerOptions options, Application& application);
    ~Server();
    /// The ports in use, in the order asked for.
    const std::vector<std::uint16_t>& ports() const;
    /// Stops accepting, lets requests under way end (up to `grace_ms`), closes the rest.
    void stop(int grace_ms = 5000);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// ---- client ----

struct ClientRequest {
    std::string method = "GET";
    std::string url;
    Headers headers;
    std::string body;
    /// When set, the body is read from here instead (chunked unless `body_length`).
    std::function<std::size_t(char*, std::size_t)> body_source;
    std::optional<std::uint64_t> body_length;
    /// When set, the bytes of a good answer (2xx) go here; return false to stop. Those of another
    /// answer become its body.
    std::function<bool(std::string_view)> sink;
    int connect_timeout_ms = 5000;
    int timeout_ms = 60000;   ///< whole exchange; 0: none
    int stall_timeout_ms = 0; ///< as long without a byte is a failure; 0: not looked at
    std::uint64_t max_body = 64 << 20;
    std::string unix_socket;
    std::string ca_file, certificate_file, key_file;
    int redirects = 0; ///< how many to follow; each target passes the egress check again
};
struct ClientResponse {
    int status = 0;
    Headers headers;
    std::string body;
};

/// Where a request may go. Everything a tenant supplies passes `tenant_egress`: resolve, check
/// every address, connect to the address that was checked, check redirects alike.
class Egress {
  public:
    virtual ~Egress() = default;
    /// Throws Failure(forbidden, "EgressDenied") naming host and reason.
    virtual void check_url(std::string_view scheme, std::string_view host, std::uint16_t port) = 0;
    virtual void check_address(std::string_view ip) = 0;
};
Egress& any_egress();
/// Refuses loopback, private, link-local, multicast, metadata, mapped and odd forms, unless listed.
std::unique_ptr<Egress> tenant_egress(std::vector<std::string> allowed_cidrs = {});

/// Blocking; one connection cache per thread. Throws EngineFailure (transient for connect errors
/// and time-outs) or Failure from the egress check.
ClientResponse fetch(const ClientRequest& request, Egress& egress = any_egress());

/// "a=1&b=x%20y" decoded, in order, '+' as space. Bad escapes are kept as they are.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);
const char* reason_phrase(int status);

} // namespace nephele::http
