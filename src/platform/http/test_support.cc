// SPDX-License-Identifier: Apache-2.0
// The application and the raw client of this folder's tests.
#include "platform/http/test_support.h"

#include "base/process.h"
#include "base/strings.h"

#include <arpa/inet.h>
#include <chrono>
#include <cstdlib>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace nephele::http::test {
namespace {
constexpr int patience_ms = 10'000;

/// A folder with an authority, a server and a client certificate; made once.
struct Certificates {
    Certificates() {
        char path[] = "/tmp/nephele-tls-XXXXXX";
        if (!::mkdtemp(path)) throw std::runtime_error("no temporary folder");
        folder = path;
        openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-keyout", file("ca.key"), "-out", file("ca.pem"), "-subj", "/CN=Test CA", "-days",
                 "2"});
        signed_by_ca("server", "/CN=127.0.0.1", "subjectAltName=IP:127.0.0.1");
        signed_by_ca("client", "/O=Nephele/CN=agent-7", "extendedKeyUsage=clientAuth");
    }
    ~Certificates() { run_process({"rm", "-rf", folder}); }

    std::string file(const std::string& name) const { return folder + "/" + name; }

    std::string folder;

  private:
    void openssl(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "openssl");
        auto result = run_process(arguments);
        if (!result.ok()) throw std::runtime_error(result.describe());
    }
    void signed_by_ca(const std::string& name, const std::string& subject,
                      const std::string& extension) {
        openssl({"req",
                 "-x509",
                 "-newkey",
                 "ec",
                 "-pkeyopt",
                 "ec_paramgen_curve:P-256",
                 "-nodes",
                 "-keyout",
                 file(name + ".key"),
                 "-out",
                 file(name + ".pem"),
                 "-subj",
                 subject,
                 "-addext",
                 extension,
                 "-addext",
                 "basicConstraints=critical,CA:FALSE",
                 "-CA",
                 file("ca.pem"),
                 "-CAkey",
                 file("ca.key"),
                 "-days",
                 "2"});
    }
};

} // namespace

std::string certificate_file(const std::string& name) {
    static const Certificates made;
    return made.file(name);
}

ServerOptions tls_options(bool client_ca) {
    auto options = quick_options();
    options.tls_certificate_file = certificate_file("server.pem");
    options.tls_key_file = certificate_file("server.key");
    if (client_ca) options.tls_client_ca_file = certificate_file("ca.pem");
    return options;
}

Response text_response(std::string body, int status) {
    Response response;
    response.status = status;
    response.headers.set("Content-Type", "text/plain");
    response.body = std::move(body);
    return response;
}

BodyPlan TestApplication::plan(const RequestHead& head) {
    auto found = stream_handlers_.find(head.path);
    if (found != stream_handlers_.end()) return {BodyPlan::Kind::streamed, found->second.second};
    return {BodyPlan::Kind::buffered, buffered_limit};
}

Response TestApplication::handle(const RequestHead& head, std::string body) {
    auto found = handlers_.find(head.path);
    if (found == handlers_.end()) return text_response("no such path", 404);
    return found->second(head, std::move(body));
}

Response TestApplication::handle_stream(const RequestHead& head, BodyReader& body) {
    return stream_handlers_.at(head.path).first(head, body);
}

Response TestApplication::refuse(const RequestHead&, int status, const std::string& reason) {
    ++refusals;
    return text_response("refused: " + reason, status);
}

RawClient::RawClient(std::uint16_t port, RawOptions options) {
    descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (options.receive_buffer > 0)
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof(int));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("cannot connect");
    if (!options.tls) return;
    static SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    tls_ = SSL_new(context);
    SSL_set_fd(tls_, descriptor_);
    if (SSL_connect(tls_) != 1) throw std::runtime_error("no TLS handshake");
}

RawClient::~RawClient() {
    SSL_free(tls_);
    ::close(descriptor_);
}

void RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        auto count = tls_ ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                          : ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) throw std::runtime_error("cannot send");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::size_t RawClient::send_until_blocked(std::string_view bytes) {
    std::size_t sent = 0;
    pollfd entry{descriptor_, POLLOUT, 0};
    while (sent < bytes.size() && ::poll(&entry, 1, 100) == 1) {
        auto count = ::send(descriptor_, bytes.data() + sent, bytes.size() - sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count <= 0) break;
        sent += static_cast<std::size_t>(count);
    }
    return sent;
}

bool RawClient::fill() {
    pollfd entry{descriptor_, POLLIN, 0};
    if (!(tls_ && SSL_pending(tls_)) && ::poll(&entry, 1, patience_ms) <= 0)
        throw std::runtime_error("no answer in time");
    char bytes[65536];
    auto count =
        tls_ ? SSL_read(tls_, bytes, sizeof bytes) : ::recv(descriptor_, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return true;
}

std::string RawClient::read_line() {
    for (;;) {
        auto end = buffer_.find("\r\n");
        if (end != std::string::npos) {
            auto line = buffer_.substr(0, end);
            buffer_.erase(0, end + 2);
            return line;
        }
        if (!fill()) throw std::runtime_error("the stream ended within a line");
    }
}

std::string RawClient::read_bytes(std::size_t count) {
    while (buffer_.size() < count)
        if (!fill()) throw std::runtime_error("the stream ended within a body");
    auto bytes = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return bytes;
}

char RawClient::peek_byte() {
    while (buffer_.empty())
        if (!fill()) throw std::runtime_error("the stream ended");
    return buffer_[0];
}

std::string RawClient::read_to_end() {
    while (fill()) {
    }
    return std::move(buffer_);
}

bool RawClient::at_end() { return buffer_.empty() && !fill(); }

RawClient::Answer RawClient::read_answer(bool head_request) {
    Answer answer;
    auto line = read_line();
    answer.head = line + "\r\n";
    answer.status = static_cast<int>(to_int(line.substr(9, 3)).value_or(0));
    while (!(line = read_line()).empty()) {
        answer.head += line + "\r\n";
        auto colon = line.find(':');
        answer.headers.add(line.substr(0, colon), std::string(trim(line.substr(colon + 1))));
    }
    if (head_request || answer.status == 204 || answer.status == 304 || answer.status < 200)
        return answer;
    if (answer.headers.get("Transfer-Encoding") == "chunked") {
        for (;;) {
            auto size = std::stoull(read_line(), nullptr, 16);
            answer.body += read_bytes(size);
            if (!read_line().empty()) throw std::runtime_error("no line break after a chunk");
            if (size == 0) return answer;
        }
    }
    if (auto* length = answer.headers.find("Content-Length"))
        answer.body = read_bytes(static_cast<std::size_t>(to_int(*length).value()));
    else
        answer.body = read_to_end();
    return answer;
}

void RawClient::finish_sending() { ::shutdown(descriptor_, SHUT_WR); }

void RawClient::reset() {
    linger now{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(descriptor_);
    descriptor_ = -1;
}

void Gate::open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
}

void Gate::wait() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::milliseconds(patience_ms), [&] { return open_; }))
        throw std::runtime_error("the gate stayed shut");
}

ServerOptions quick_options() {
    ServerOptions options;
    options.workers = 4;
    options.streamers = 8;
    return options;
}

void add_echo(TestApplication& application) {
    application.on("/echo", [](const RequestHead& head, std::string body) {
        auto response = text_response(head.method + " " + body);
        response.headers.set("X-Query", head.query);
        return response;
    });
}

std::string pattern(std::size_t size, std::size_t from) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<char>((from + i) * 2654435761u >> 13);
    return bytes;
}

std::shared_ptr<int> temporary_file(const std::string& bytes) {
    char path[] = "/tmp/nephele-http-XXXXXX";
    int descriptor = ::mkstemp(path);
    if (descriptor < 0) throw std::runtime_error("no temporary file");
    ::unlink(path);
    std::shared_ptr<int> file(new int(descriptor), [](int* fd) {
        ::close(*fd);
        delete fd;
    });
    for (std::size_t at = 0; at < bytes.size();) {
        auto count = ::write(descriptor, bytes.data() + at, bytes.size() - at);
        if (count <= 0) throw std::runtime_error("cannot write the temporary file");
        at += static_cast<std::size_t>(count);
    }
    return file;
}

std::string post(const std::string& path, const std::string& fields, const std::string& body) {
    return "POST " + path + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n" + body;
}

std::string get(const std::string& path, const std::string& fields) {
    return "GET " + path + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n";
}

} // namespace nephele::http::test
