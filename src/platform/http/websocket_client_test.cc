// SPDX-License-Identifier: Apache-2.0
// Both ends of WebSockets are ours here: the client against the server of this folder.
#include "platform/http/websocket_client.h"

#include "platform/fault/fault.h"
#include "platform/http/test_support.h"

#include <doctest/doctest.h>
#include <thread>

namespace nephele::http::test {
namespace {

struct SocketServer : Fixture {
    explicit SocketServer(std::function<void(WebSocket&)> handler,
                          ServerOptions options = quick_options())
        : Fixture(options) {
        application.on("/socket", [this, handler](const RequestHead& head, std::string) {
            subject = head.client_certificate_subject;
            Response response;
            response.upgrade = [handler](WebSocket& socket) {
                try {
                    handler(socket);
                } catch (const TransferError&) {
                    // The client is gone.
                }
            };
            return response;
        });
    }
    ~SocketServer() { server.stop(); }
    WebSocketTarget target(const std::string& scheme = "http") const {
        WebSocketTarget target;
        target.url = scheme + "://127.0.0.1:" + std::to_string(port()) + "/socket";
        return target;
    }
    std::string subject;
};

void echo(WebSocket& socket) {
    while (auto message = socket.receive(-1)) socket.send(message->data, message->text);
}

EngineFailure::Kind failure_kind(const WebSocketTarget& target) {
    try {
        connect_websocket(target);
    } catch (const EngineFailure& failure) {
        return failure.kind;
    }
    FAIL("connected");
    return {};
}

} // namespace

TEST_CASE("the WebSocket client exchanges messages of every length class") {
    SocketServer server(echo);
    auto socket = connect_websocket(server.target());
    for (std::size_t size : {0, 1, 125, 126, 65'535, 65'536, 3'000'000}) {
        const bool text = size < 100; // The pattern is no UTF-8, and text must be.
        socket->send(text ? std::string(size, 'x') : pattern(size), text);
        auto message = socket->receive(10'000);
        REQUIRE(message);
        CHECK(message->data == (text ? std::string(size, 'x') : pattern(size)));
        CHECK(message->text == text);
    }
    socket->close();
    CHECK_FALSE(socket->receive(10'000));
    CHECK_THROWS_AS(socket->send("late", true), TransferError);
}

TEST_CASE("over TLS the server learns who the client is") {
    SocketServer server(echo, tls_options(true));
    auto target = server.target("https");
    CHECK(failure_kind(target) == EngineFailure::Kind::permanent); // Not the system's authority.
    target.ca_file = certificate_file("ca.pem");
    target.certificate_file = certificate_file("client.pem");
    target.key_file = certificate_file("client.key");
    auto socket = connect_websocket(target);
    CHECK(server.subject == "CN=agent-7,O=Nephele");
    // One thread receives while others send.
    std::thread sender([&] {
        for (int i = 0; i < 200; ++i) socket->send(pattern(5000), false);
    });
    for (int i = 0; i < 200; ++i) CHECK(socket->receive(10'000)->data.size() == 5000);
    sender.join();
}

TEST_CASE("waiting ends with the time, and with the server") {
    Gate leave;
    SocketServer server([&](WebSocket& socket) {
        leave.wait();
        socket.close();
        while (socket.receive(5000)) continue;
    });
    auto socket = connect_websocket(server.target());
    CHECK_THROWS_AS((void)socket->receive(20), TransferError);
    leave.open();
    CHECK_FALSE(socket->receive(10'000));
}

TEST_CASE("refusals carry the server's words; who is not there may come back") {
    SocketServer server(echo);
    auto target = server.target();
    server.application.on("/no", [](const RequestHead&, std::string) {
        return text_response("this host is not a member", 403);
    });
    server.application.on("/busy",
                          [](const RequestHead&, std::string) { return text_response("", 503); });
    const std::string root = target.url.substr(0, target.url.rfind('/'));
    target.url = root + "/no";
    CHECK_THROWS_WITH_AS(connect_websocket(target), doctest::Contains("this host is not a member"),
                         EngineFailure);
    CHECK(failure_kind(target) == EngineFailure::Kind::permanent);
    target.url = root + "/busy";
    CHECK(failure_kind(target) == EngineFailure::Kind::transient);
    target.url = "http://127.0.0.1:1/socket";
    CHECK(failure_kind(target) == EngineFailure::Kind::transient);
    target.url = "gopher://127.0.0.1/socket";
    CHECK(failure_kind(target) == EngineFailure::Kind::permanent);
}

} // namespace nephele::http::test
