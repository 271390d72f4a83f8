// SPDX-License-Identifier: Apache-2.0
#include "platform/http/websocket_client.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <chrono>
#include <curl/curl.h>
#include <mutex>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <poll.h>

namespace nephele::http {
namespace {

enum Opcode : unsigned char { continuation = 0, text = 1, binary = 2, closing = 8, ping = 9, pong };
constexpr unsigned char last_fragment = 0x80, masked = 0x80;
constexpr std::size_t most_head_bytes = 64 * 1024, most_body_shown = 2000;

using Clock = std::chrono::steady_clock;

struct Frame {
    bool last = false;
    unsigned char opcode = 0;
    std::string data;
};

[[noreturn]] void fail_to_connect(CURLcode code, const std::string& url, const char* details) {
    const bool trust = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ||
                       code == CURLE_SSL_CACERT_BADFILE || code == CURLE_URL_MALFORMAT ||
                       code == CURLE_UNSUPPORTED_PROTOCOL;
    throw EngineFailure(
        trust ? EngineFailure::Kind::permanent : EngineFailure::Kind::transient,
        format("cannot connect to {}: {}", url, *details ? details : curl_easy_strerror(code)));
}

std::string random_text(std::size_t count) {
    std::string bytes(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
        throw EngineFailure(EngineFailure::Kind::transient, "no random bytes");
    return bytes;
}

/// What the server must answer to a key (RFC 6455 1.3).
std::string accept_of(const std::string& key) {
    const std::string joined = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[SHA_DIGEST_LENGTH];
    SHA1(reinterpret_cast<const unsigned char*>(joined.data()), joined.size(), digest);
    return base64_encode(std::string_view(reinterpret_cast<char*>(digest), sizeof digest));
}

class ClientWebSocket final : public WebSocket {
  public:
    explicit ClientWebSocket(const WebSocketTarget& target) : target_(target) {
        connect();
        shake_hands();
    }

    std::optional<Message> receive(int timeout_ms) override;
    void send(std::string_view data, bool is_text) override {
        send_frame(is_text ? text : binary, data);
    }
    void close() override;
    int descriptor() const override { return static_cast<int>(socket_); }

  private:
    void connect();
    void shake_hands();
    std::string read_head(Clock::time_point until);
    [[noreturn]] void refuse(const std::string& head);
    void send_frame(unsigned char opcode, std::string_view data);
    void send_bytes(std::string_view bytes);
    /// Takes what is there; false when nothing is. Throws TransferError at the end.
    bool take_bytes();
    void wait(short events, Clock::time_point until);
    std::optional<Frame> next_frame();
    std::optional<Message> next_message();

    const WebSocketTarget target_;
    struct HandleDeleter {
        void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    };
    std::unique_ptr<CURL, HandleDeleter> owner_;
    CURL* handle_ = nullptr; ///< the same
    curl_socket_t socket_ = CURL_SOCKET_BAD;
    /// libcurl's handle serves one thread at a time.
    std::mutex curl_, sending_;
    bool closed_ = false; ///< under sending_
    bool orderly_ = false;
    std::string input_;
    Message partial_;
    bool in_message_ = false;
};

void ClientWebSocket::connect() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_ALL);
    owner_.reset(started == CURLE_OK ? curl_easy_init() : nullptr);
    handle_ = owner_.get();
    if (!handle_)
        throw EngineFailure(EngineFailure::Kind::transient, "the HTTP client cannot start");
    char details[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(handle_, CURLOPT_URL, target_.url.c_str());
    curl_easy_setopt(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle_, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(handle_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle_, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(handle_, CURLOPT_PROXY, "");
    curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, details);
    curl_easy_setopt(handle_, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(target_.connect_timeout_ms));
    curl_easy_setopt(handle_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!target_.ca_file.empty())
        curl_easy_setopt(handle_, CURLOPT_CAINFO, target_.ca_file.c_str());
    if (!target_.certificate_file.empty()) {
        curl_easy_setopt(handle_, CURLOPT_SSLCERT, target_.certificate_file.c_str());
        curl_easy_setopt(handle_, CURLOPT_SSLKEY, target_.key_file.c_str());
    }
    CURLcode code = curl_easy_perform(handle_);
    if (code == CURLE_OK) code = curl_easy_getinfo(handle_, CURLINFO_ACTIVESOCKET, &socket_);
    curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, nullptr);
    if (code != CURLE_OK) fail_to_connect(code, target_.url, details);
}

void ClientWebSocket::wait(short events, Clock::time_point until) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left < 0) throw TransferTimeout("the other side took too long");
    pollfd socket{static_cast<int>(socket_), events, 0};
    // Rounded up, so that the last millisecond is no busy loop.
    ::poll(&socket, 1, static_cast<int>(std::min<std::int64_t>(left + 1, 60'000)));
}

// ---- shaking hands ----

std::string ClientWebSocket::read_head(Clock::time_point until) {
    for (;;) {
        auto end = input_.find("\r\n\r\n");
        if (end != std::string::npos) {
            std::string head = input_.substr(0, end + 2);
            input_.erase(0, end + 4);
            return head;
        }
        if (input_.size() > most_head_bytes) throw TransferError("the answer has no end");
        if (!take_bytes()) wait(POLLIN, until);
    }
}

void ClientWebSocket::refuse(const std::string& head) {
    const auto status =
        to_int(std::string_view(head).substr(std::min<std::size_t>(9, head.size()), 3));
    // The words of the server, as far as they have come.
    const auto until = Clock::now() + std::chrono::milliseconds(500);
    try {
        while (input_.size() < most_body_shown && Clock::now() < until)
            if (!take_bytes()) wait(POLLIN, until);
    } catch (const TransferError&) {
        // Its end.
    }
    const bool passing = !status || *status >= 500 || *status == 429;
    throw EngineFailure(passing ? EngineFailure::Kind::transient : EngineFailure::Kind::permanent,
                        format("{} answers {}: {}", target_.url, head.substr(0, head.find('\r')),
                               is_utf8(input_) ? input_.substr(0, most_body_shown) : "(bytes)"));
}

void ClientWebSocket::shake_hands() {
    const std::string key = base64_encode(random_text(16));
    char* url = nullptr;
    curl_easy_getinfo(handle_, CURLINFO_EFFECTIVE_URL, &url);
    const std::string text_url = url ? url : target_.url;
    const auto host = text_url.find("//") + 2;
    const auto path = text_url.find('/', host);
    std::string request =
        "GET " + (path == std::string::npos ? "/" : text_url.substr(path)) +
        " HTTP/1.1\r\nHost: " + text_url.substr(host, path - host) +
        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: " +
        key + "\r\n";
    for (const auto& [name, value] : target_.headers.all()) request += name + ": " + value + "\r\n";
    const auto until = Clock::now() + std::chrono::milliseconds(target_.connect_timeout_ms);
    try {
        send_bytes(request + "\r\n");
        const std::string head = read_head(until);
        if (head.rfind("HTTP/1.1 101", 0) != 0) refuse(head);
        bool accepted = false;
        for (const auto& line : split(head, '\n'))
            if (starts_with_icase(line, "Sec-WebSocket-Accept:"))
                accepted = trim(std::string_view(line).substr(21)) == accept_of(key);
        if (!accepted)
            throw EngineFailure(EngineFailure::Kind::permanent,
                                format("{} does not speak WebSocket", target_.url));
    } catch (const TransferError& error) {
        throw EngineFailure(EngineFailure::Kind::transient,
                            format("no answer of {}: {}", target_.url, error.what()));
    }
}

// ---- receiving ----

bool ClientWebSocket::take_bytes() {
    char buffer[64 * 1024];
    std::size_t count = 0;
    CURLcode code;
    {
        std::lock_guard lock(curl_);
        code = curl_easy_recv(handle_, buffer, sizeof buffer, &count);
    }
    if (code == CURLE_AGAIN) return false;
    if (code != CURLE_OK) throw TransferError(curl_easy_strerror(code));
    if (count == 0) throw TransferError("the other side closed the connection");
    input_.append(buffer, count);
    return true;
}

std::optional<Frame> ClientWebSocket::next_frame() {
    auto byte = [&](std::size_t at) { return static_cast<unsigned char>(input_[at]); };
    if (input_.size() < 2) return std::nullopt;
    if (byte(1) & masked) throw TransferError("a server does not mask its frames");
    if (byte(0) & 0x70) throw TransferError("an extension nobody asked for");
    std::uint64_t size = byte(1) & 0x7f;
    std::size_t head = 2;
    if (size >= 126) {
        const std::size_t wide = size == 126 ? 2 : 8;
        if (input_.size() < head + wide) return std::nullopt;
        size = 0;
        for (std::size_t i = 0; i < wide; ++i) size = size << 8 | byte(head + i);
        head += wide;
    }
    if (size > target_.max_message) throw TransferError("the message is too long");
    if (input_.size() - head < size) return std::nullopt;
    Frame frame{(byte(0) & last_fragment) != 0, static_cast<unsigned char>(byte(0) & 0x0f),
                input_.substr(head, size)};
    input_.erase(0, head + size);
    return frame;
}

std::optional<WebSocket::Message> ClientWebSocket::next_message() {
    while (auto frame = next_frame()) {
        if (frame->opcode == ping) {
            send_frame(pong, frame->data);
            continue;
        }
        if (frame->opcode == pong) continue;
        if (frame->opcode == closing) {
            close();
            orderly_ = true;
            return std::nullopt;
        }
        if ((frame->opcode == continuation) != in_message_)
            throw TransferError("frames of different messages are mixed");
        if (!in_message_) partial_ = {frame->opcode == text, {}};
        partial_.data += frame->data;
        if (partial_.data.size() > target_.max_message)
            throw TransferError("the message is too long");
        in_message_ = !frame->last;
        if (frame->last) return std::exchange(partial_, {});
    }
    return std::nullopt;
}

std::optional<WebSocket::Message> ClientWebSocket::receive(int timeout_ms) {
    const auto until = timeout_ms < 0 ? Clock::time_point::max()
                                      : Clock::now() + std::chrono::milliseconds(timeout_ms);
    for (;;) {
        if (orderly_) return std::nullopt;
        if (auto message = next_message()) return message;
        if (orderly_) return std::nullopt;
        if (take_bytes()) continue;
        wait(POLLIN, timeout_ms < 0 ? Clock::now() + std::chrono::seconds(60) : until);
    }
}

// ---- sending ----

void ClientWebSocket::send_bytes(std::string_view bytes) {
    const auto until = Clock::now() + std::chrono::milliseconds(target_.send_timeout_ms);
    while (!bytes.empty()) {
        std::size_t count = 0;
        CURLcode code;
        {
            std::lock_guard lock(curl_);
            code = curl_easy_send(handle_, bytes.data(), bytes.size(), &count);
        }
        if (code == CURLE_AGAIN) {
            wait(POLLOUT, until);
            continue;
        }
        if (code != CURLE_OK) throw TransferError(curl_easy_strerror(code));
        bytes.remove_prefix(count);
    }
}

void ClientWebSocket::send_frame(unsigned char opcode, std::string_view data) {
    std::string frame(1, static_cast<char>(opcode | last_fragment));
    const std::size_t wide = data.size() < 126 ? 0 : data.size() < 65536 ? 2 : 8;
    frame += static_cast<char>(masked | (wide == 0 ? data.size() : wide == 2 ? 126 : 127));
    for (std::size_t i = wide; i-- > 0;)
        frame += static_cast<char>(static_cast<std::uint64_t>(data.size()) >> (8 * i));
    const std::string mask = random_text(4);
    frame += mask;
    const std::size_t begin = frame.size();
    frame.append(data);
    for (std::size_t i = 0; i < data.size(); ++i)
        frame[begin + i] = static_cast<char>(frame[begin + i] ^ mask[i % 4]);
    std::lock_guard lock(sending_);
    if (closed_) throw TransferError("the WebSocket is closed");
    closed_ = opcode == closing;
    send_bytes(frame);
}

void ClientWebSocket::close() {
    {
        std::lock_guard lock(sending_);
        if (closed_) return;
    }
    try {
        send_frame(closing, std::string("\x03\xe8", 2)); // 1000: done
    } catch (const TransferError&) {
        // It is closed already.
    }
}

} // namespace

std::unique_ptr<WebSocket> connect_websocket(const WebSocketTarget& target) {
    return std::make_unique<ClientWebSocket>(target);
}

} // namespace nephele::http
