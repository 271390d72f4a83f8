// SPDX-License-Identifier: Apache-2.0
// WebSockets with a client that makes its frames by hand.
#include "platform/http/test_support.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <thread>

namespace nephele::http::test {
namespace {

enum Opcode { continuation = 0, text = 1, binary = 2, closing = 8, ping = 9, pong = 10 };

class WebSocketClient {
  public:
    explicit WebSocketClient(std::uint16_t port, RawOptions options = {}) : raw(port, options) {
        // Key and answer are the example of RFC 6455 1.3.
        raw.send(get("/socket", "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                                "Sec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                "Sec-WebSocket-Protocol: agent.v1\r\n"));
        handshake = raw.read_answer();
    }

    void send(int opcode, std::string_view data, bool last = true) {
        raw.send(frame(opcode, data, last));
    }

    static std::string frame(int opcode, std::string_view data, bool last = true) {
        std::string frame(1, static_cast<char>(opcode | (last ? 0x80 : 0)));
        if (data.size() < 126) {
            frame += static_cast<char>(0x80 | data.size());
        } else {
            frame += static_cast<char>(0x80 | 127);
            for (int shift = 56; shift >= 0; shift -= 8)
                frame += static_cast<char>(static_cast<std::uint64_t>(data.size()) >> shift);
        }
        const char mask[] = {1, 2, 3, 4};
        frame.append(mask, 4);
        for (std::size_t i = 0; i < data.size(); ++i)
            frame += static_cast<char>(data[i] ^ mask[i % 4]);
        return frame;
    }

    struct Frame {
        int opcode = 0;
        std::string data;
    };
    Frame read_frame() {
        auto start = raw.read_bytes(2);
        REQUIRE((start[1] & 0x80) == 0);
        std::uint64_t size = static_cast<unsigned char>(start[1]);
        int wide = size == 126 ? 2 : size == 127 ? 8 : 0;
        if (wide) size = 0;
        for (char c : raw.read_bytes(static_cast<std::size_t>(wide)))
            size = size << 8 | static_cast<unsigned char>(c);
        return {start[0] & 15, raw.read_bytes(size)};
    }
    /// A whole message: the server may send it in several frames.
    Frame read_message() {
        Frame message;
        for (bool last = false; !last;) {
            auto first = static_cast<unsigned char>(peek());
            auto frame = read_frame();
            if (frame.opcode != continuation) message.opcode = frame.opcode;
            message.data += frame.data;
            last = first & 0x80;
        }
        return message;
    }

    RawClient raw;
    RawClient::Answer handshake;

  private:
    char peek() { return raw.peek_byte(); }
};

/// A server whose "/socket" runs `handler`, and a gate for its end.
struct SocketFixture : Fixture {
    explicit SocketFixture(std::function<void(WebSocket&)> handler,
                           ServerOptions options = quick_options())
        : Fixture(options) {
        application.on("/socket", [this, handler](const RequestHead&, std::string) {
            Response response;
            response.headers.set("X-Openstack-Request-Id", "req-1");
            response.websocket_protocol = "agent.v1";
            response.upgrade = [this, handler](WebSocket& socket) {
                try {
                    handler(socket);
                } catch (const TransferError& failure) {
                    error = failure.what();
                }
                ended.open();
            };
            return response;
        });
    }
    // The handler uses what is declared here.
    ~SocketFixture() { server.stop(); }

    std::string error;
    Gate ended;
};

void echo(WebSocket& socket) {
    while (auto message = socket.receive(-1)) socket.send(message->data, message->text);
}

} // namespace

TEST_CASE("a WebSocket echoes text and binary, whole and in fragments") {
    SocketFixture fixture(echo);
    WebSocketClient client(fixture.port());
    CHECK(client.handshake.status == 101);
    CHECK(client.handshake.headers.get("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    CHECK(client.handshake.headers.get("Sec-WebSocket-Protocol") == "agent.v1");
    CHECK(client.handshake.headers.get("X-Openstack-Request-Id") == "req-1");
    client.send(text, "hello");
    auto frame = client.read_message();
    CHECK(frame.opcode == text);
    CHECK(frame.data == "hello");
    auto large = pattern(300'000);
    client.send(binary, large);
    frame = client.read_message();
    CHECK(frame.opcode == binary);
    CHECK(frame.data == large);
    client.send(text, "one ", false);
    client.send(ping, "are you there");
    client.send(continuation, "two", true);
    frame = client.read_frame();
    CHECK(frame.opcode == pong);
    CHECK(frame.data == "are you there");
    CHECK(client.read_message().data == "one two");
    client.send(closing, "\x03\xe8");
    CHECK(client.read_frame().opcode == closing);
    CHECK(client.raw.at_end());
    fixture.ended.wait();
    CHECK(fixture.error.empty());
}

TEST_CASE("a WebSocket over TLS") {
    SocketFixture fixture(echo, tls_options());
    WebSocketClient client(fixture.port(), {.tls = true});
    CHECK(client.handshake.status == 101);
    auto large = pattern(300'000);
    for (int i = 0; i < 3; ++i) {
        client.send(text, "hello");
        CHECK(client.read_message().data == "hello");
        client.send(binary, large);
        CHECK(client.read_message().data == large);
    }
    client.send(closing, "\x03\xe8");
    CHECK(client.read_frame().opcode == closing);
    CHECK(client.raw.at_end());
    fixture.ended.wait();
    CHECK(fixture.error.empty());
}

TEST_CASE("messages that come with the handshake are not lost") {
    SocketFixture fixture(echo);
    RawClient raw(fixture.port());
    // The masked frame "Hello" of RFC 6455 5.7, in one piece with the request.
    raw.send(get("/socket", "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Version: 13\r\n"
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") +
             "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    CHECK(raw.read_answer().status == 101);
    CHECK(raw.read_bytes(7) == "\x81\x05Hello");
}

TEST_CASE("the server closes when its handler returns") {
    SocketFixture fixture([](WebSocket& socket) {
        socket.send("bye", true);
        socket.close();
        socket.close();
    });
    WebSocketClient client(fixture.port());
    CHECK(client.read_message().data == "bye");
    CHECK(client.read_frame().opcode == closing);
    client.send(closing, "\x03\xe8");
    CHECK(client.raw.at_end());
}

TEST_CASE("a broken WebSocket is an error, not an end") {
    SUBCASE("connection lost") {
        SocketFixture fixture(echo);
        WebSocketClient client(fixture.port());
        client.raw.reset();
        fixture.ended.wait();
        CHECK(fixture.error == "the WebSocket broke");
    }
    SUBCASE("a frame without mask") {
        SocketFixture fixture(echo);
        WebSocketClient client(fixture.port());
        client.raw.send("\x81\x01x");
        fixture.ended.wait();
        CHECK(fixture.error == "the WebSocket broke");
        CHECK(client.read_frame().opcode == closing);
    }
    SUBCASE("nothing arrives") {
        SocketFixture fixture([](WebSocket& socket) { socket.receive(20); });
        WebSocketClient client(fixture.port());
        fixture.ended.wait();
        CHECK(fixture.error == "no message in time");
    }
}

TEST_CASE("the descriptor tells pollers about messages and the end") {
    Gate first_seen;
    std::string seen;
    SocketFixture fixture([&](WebSocket& socket) {
        auto ready = [&](int timeout) {
            pollfd entry{socket.descriptor(), POLLIN, 0};
            return ::poll(&entry, 1, timeout) == 1;
        };
        seen += ready(0) ? "early " : "";
        first_seen.open();
        if (ready(10'000)) seen += socket.receive(0)->data + " ";
        if (ready(10'000)) seen += socket.receive(0)->data + " ";
        seen += ready(0) ? "stale " : "";
        socket.send("next", true);
        if (ready(10'000) && !socket.receive(0)) seen += "end";
    });
    WebSocketClient client(fixture.port());
    first_seen.wait();
    client.send(text, "one");
    client.send(text, "two");
    CHECK(client.read_message().data == "next");
    client.send(closing, "\x03\xe8");
    fixture.ended.wait();
    CHECK(seen == "one two end");
}

TEST_CASE("other threads may send while one receives") {
    SocketFixture fixture([](WebSocket& socket) {
        std::vector<std::thread> senders;
        for (int i = 0; i < 3; ++i)
            senders.emplace_back([&socket, i] {
                for (int k = 0; k < 50; ++k) socket.send(std::string(1000, 'a' + i), false);
            });
        int received = 0;
        while (received < 50 && socket.receive(10'000)) ++received;
        for (auto& sender : senders) sender.join();
        socket.send(std::to_string(received), true);
    });
    WebSocketClient client(fixture.port());
    for (int i = 0; i < 50; ++i) client.send(binary, "x");
    int whole = 0;
    for (int i = 0; i < 150; ++i) {
        auto data = client.read_message().data;
        whole += data.size() == 1000 && data == std::string(1000, data[0]);
    }
    CHECK(whole == 150);
    CHECK(client.read_message().data == "50");
}

TEST_CASE("unread messages do not pile up in memory") {
    Gate release;
    std::size_t received = 0;
    SocketFixture fixture([&](WebSocket& socket) {
        release.wait();
        while (auto message = socket.receive(-1)) received += message->data.size();
    });
    std::string all, piece(1 << 20, 'x');
    for (int i = 0; i < 40; ++i) all += WebSocketClient::frame(binary, piece);
    all += WebSocketClient::frame(closing, "\x03\xe8");
    WebSocketClient client(fixture.port());
    auto taken = client.raw.send_until_blocked(all);
    CHECK(taken < (24u << 20)); // Our queue and the kernel's buffers.
    release.open();
    client.raw.send(std::string_view(all).substr(taken));
    fixture.ended.wait();
    CHECK(fixture.error.empty());
    CHECK(received == 40u << 20);
}

TEST_CASE("a slow receiver stops a WebSocket sender") {
    auto options = quick_options();
    options.body_timeout_ms = 50;
    SocketFixture fixture(
        [](WebSocket& socket) {
            std::string piece(1 << 20, 'x');
            for (int i = 0; i < 1024; ++i) socket.send(piece, false);
        },
        options);
    WebSocketClient client(fixture.port(), {.receive_buffer = 4096});
    fixture.ended.wait();
    CHECK(fixture.error == "the client reads too slowly");
}

TEST_CASE("stop says goodbye to WebSockets") {
    SocketFixture fixture(echo);
    WebSocketClient client(fixture.port());
    client.send(text, "hello");
    CHECK(client.read_message().data == "hello");
    std::thread stopper([&] { fixture.server.stop(10'000); });
    CHECK(client.read_frame().opcode == closing);
    client.send(closing, "\x03\xe8");
    CHECK(client.raw.at_end());
    stopper.join();
    CHECK(fixture.error.empty());
}

TEST_CASE("only a handshake becomes a WebSocket") {
    SocketFixture fixture(echo);
    RawClient client(fixture.port());
    client.send(get("/socket"));
    auto answer = client.read_answer();
    CHECK(answer.status == 400);
    CHECK(answer.body == "refused: a WebSocket handshake is expected here");
}

} // namespace nephele::http::test
