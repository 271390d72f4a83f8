// SPDX-License-Identifier: Apache-2.0
// fetch() against the server of this folder and against peers that misbehave.
#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/http/test_support.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace nephele::http::test {
namespace {

/// Accepts one connection and talks to it by a script.
class Peer {
  public:
    using Script = std::function<void(int descriptor)>;
    explicit Peer(Script script) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        start(reinterpret_cast<sockaddr*>(&address), sizeof address, std::move(script));
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
    }
    Peer(const std::string& path, Script script)
        : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        start(reinterpret_cast<sockaddr*>(&address), sizeof address, std::move(script));
    }
    ~Peer() {
        ::shutdown(listener_, SHUT_RDWR); // Wakes an accept that nobody came for.
        thread_.join();
        ::close(listener_);
    }
    std::uint16_t port = 0;

  private:
    void start(sockaddr* address, socklen_t size, Script script) {
        if (::bind(listener_, address, size) != 0 || ::listen(listener_, 4) != 0)
            throw std::runtime_error("cannot listen");
        thread_ = std::thread([this, script = std::move(script)] {
            int descriptor = ::accept(listener_, nullptr, nullptr);
            if (descriptor < 0) return;
            script(descriptor);
            ::close(descriptor);
        });
    }
    int listener_;
    std::thread thread_;
};

std::string receive_head(int descriptor) {
    std::string head;
    char c = 0;
    while (head.find("\r\n\r\n") == std::string::npos && ::recv(descriptor, &c, 1, 0) == 1)
        head += c;
    return head;
}

void reply(int descriptor, std::string_view bytes) {
    (void)!::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

ClientRequest request_of(const std::string& method, const std::string& url, std::string body = "") {
    ClientRequest request;
    request.method = method;
    request.url = url;
    request.body = std::move(body);
    return request;
}

EngineFailure::Kind failure_of(const ClientRequest& request) {
    try {
        fetch(request);
    } catch (const EngineFailure& failure) {
        return failure.kind;
    }
    throw std::runtime_error("the request did not fail");
}

/// "/reflect" answers with all the server saw of the request.
void add_reflect(TestApplication& application) {
    application.on("/reflect", [](const RequestHead& head, std::string body) {
        std::string seen = head.method + " " + head.target + "\n";
        for (const auto& [name, value] : head.headers.all()) seen += name + ": " + value + "\n";
        auto response = text_response(seen + "\n" + body, 203);
        response.headers.set("X-Empty", "");
        return response;
    });
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string url_of(std::uint16_t port, const std::string& path) {
    return format("http://127.0.0.1:{}{}", port, path);
}

} // namespace

TEST_CASE("methods, headers and bodies arrive as given and nothing is added") {
    Fixture fixture;
    add_reflect(fixture.application);
    auto url = fixture.url("/reflect?a=b%20c");
    auto request = request_of("GET", url);
    request.headers.add("X-Auth-Token", "secret");
    request.headers.add("X-Nothing", "");
    auto answer = fetch(request);
    CHECK(answer.status == 203);
    CHECK(answer.headers.get("content-type") == "text/plain");
    REQUIRE(answer.headers.find("X-Empty"));
    CHECK(answer.body == format("GET /reflect?a=b%20c\nHost: 127.0.0.1:{}\nX-Auth-Token: "
                                "secret\nX-Nothing: \n\n",
                                fixture.port()));
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "REPORT"}) {
        auto body = fetch(request_of(method, url, "{\"x\": 1}")).body;
        CHECK(has(body, std::string(method) + " /reflect"));
        CHECK(has(body, "Content-Length: 8\n\n{\"x\": 1}"));
        CHECK_FALSE(has(body, "Content-Type"));
        CHECK_FALSE(has(body, "Expect"));
    }
    CHECK(has(fetch(request_of("PUT", url)).body, "Content-Length: 0\n"));
    CHECK_FALSE(has(fetch(request_of("DELETE", url)).body, "Content-Length"));
    answer = fetch(request_of("HEAD", url));
    CHECK(answer.status == 203);
    CHECK(answer.body.empty());
    CHECK(answer.headers.get("Content-Length") != "0");
    // The handle forgets one request before the next.
    CHECK(has(fetch(request_of("GET", url)).body, "GET /reflect"));
}

TEST_CASE("bodies stream both ways") {
    Fixture fixture;
    add_echo(fixture.application);
    auto bytes = pattern(500'000);
    for (bool known : {true, false}) {
        auto request = request_of("PUT", fixture.url("/echo"));
        std::size_t at = 0;
        request.body_source = [&](char* into, std::size_t room) {
            auto count = bytes.copy(into, room, at);
            at += count;
            return count;
        };
        if (known) request.body_length = bytes.size();
        std::string received;
        request.sink = [&](std::string_view piece) {
            received.append(piece);
            return true;
        };
        auto answer = fetch(request);
        CHECK(answer.body.empty());
        CHECK(received == "PUT " + bytes);
    }
    auto request = request_of("POST", fixture.url("/echo"), bytes);
    std::size_t received = 0;
    request.sink = [&](std::string_view piece) {
        received += piece.size();
        return false;
    };
    CHECK(fetch(request).status == 200);
    CHECK(received > 0);
    CHECK(received < bytes.size());
}

TEST_CASE("what callbacks throw comes out of fetch, and callbacks may fetch") {
    Fixture fixture;
    add_echo(fixture.application);
    auto request = request_of("POST", fixture.url("/echo"), "x");
    request.sink = [](std::string_view) -> bool { throw std::runtime_error("sink"); };
    CHECK_THROWS_WITH(fetch(request), "sink");
    request.sink = nullptr;
    request.body_source = [](char*, std::size_t) -> std::size_t {
        throw std::runtime_error("source");
    };
    CHECK_THROWS_WITH(fetch(request), "source");
    std::string inner;
    request.body_source = nullptr;
    request.sink = [&](std::string_view) {
        inner = fetch(request_of("GET", fixture.url("/echo"))).body;
        return true;
    };
    CHECK(fetch(request).status == 200);
    CHECK(inner == "GET ");
}

TEST_CASE("a thread reuses its connection") {
    std::string second;
    Peer peer([&](int descriptor) {
        receive_head(descriptor);
        reply(descriptor, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        second = receive_head(descriptor);
        reply(descriptor, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain");
    });
    CHECK(fetch(request_of("GET", url_of(peer.port, "/1"))).body == "ok");
    CHECK(fetch(request_of("GET", url_of(peer.port, "/2"))).body == "again");
    CHECK(has(second, "GET /2"));
}

TEST_CASE("local sockets") {
    auto path = format("/tmp/nephele-http-{}.sock", ::getpid());
    std::string head;
    {
        Peer peer(path, [&](int descriptor) {
            head = receive_head(descriptor);
            reply(descriptor, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        });
        auto request = request_of("GET", "http://engine/version");
        request.unix_socket = path;
        CHECK(fetch(request).body == "ok");
        CHECK(has(head, "Host: engine"));
        CHECK_THROWS_AS(fetch(request, *tenant_egress()), Failure);
    }
    ::unlink(path.c_str());
}

TEST_CASE("redirects are followed only when asked for") {
    Fixture fixture, other;
    add_reflect(fixture.application);
    add_reflect(other.application);
    fixture.application.on("/to", [&](const RequestHead& head, std::string) {
        auto query = parse_query(head.query);
        auto response = text_response("moved", static_cast<int>(*to_int(query[0].second)));
        response.headers.set("Location", query[1].second);
        return response;
    });
    auto request = request_of("POST", fixture.url("/to?s=302&l=/reflect"), "body");
    CHECK(fetch(request).status == 302);
    request.redirects = 3;
    request.headers.set("X-Auth-Token", "secret");
    request.headers.set("Content-Type", "text/x");
    std::string sunk;
    request.sink = [&](std::string_view bytes) {
        sunk += bytes;
        return true;
    };
    CHECK(fetch(request).status == 203);
    CHECK(has(sunk, "GET /reflect\n"));
    CHECK(has(sunk, "X-Auth-Token: secret"));
    CHECK_FALSE(has(sunk, "text/x"));
    CHECK_FALSE(has(sunk, "moved"));
    request.sink = nullptr;
    request.url = fixture.url("/to?s=307&l=" + other.url("/reflect"));
    auto answer = fetch(request);
    CHECK(has(answer.body, "POST /reflect\n"));
    CHECK(has(answer.body, "\n\nbody"));
    CHECK_FALSE(has(answer.body, "secret")); // Another origin does not get the token.
    request = request_of("GET", fixture.url("/to?s=301&l=to%3Fs%3D301%26l%3D/reflect"));
    request.redirects = 1;
    CHECK(fetch(request).status == 301);
    request.redirects = 2;
    CHECK(fetch(request).status == 203);
    request.url = fixture.url("/to?s=301&l=file:///etc/passwd");
    CHECK(failure_of(request) == EngineFailure::Kind::permanent);
}

TEST_CASE("failures say whether trying again makes sense") {
    using Kind = EngineFailure::Kind;
    std::uint16_t closed_port = 0;
    {
        Peer peer([](int) {});
        closed_port = peer.port;
    }
    CHECK(failure_of(request_of("GET", url_of(closed_port, "/"))) == Kind::transient);
    CHECK(failure_of(request_of("GET", "http://no-such-host.invalid/")) == Kind::transient);
    CHECK(failure_of(request_of("GET", "not a url")) == Kind::permanent);
    CHECK(failure_of(request_of("GET", "http://")) == Kind::permanent);
    CHECK(failure_of(request_of("GET", "ftp://127.0.0.1/")) == Kind::permanent);
    auto evil = request_of("GET", url_of(closed_port, "/"));
    evil.headers.add("X", "a\r\nY: b");
    CHECK(failure_of(evil) == Kind::permanent);
    for (const char* method : {"GET", "POST"}) {
        Peer peer([](int descriptor) { receive_head(descriptor); });
        auto kind = failure_of(request_of(method, url_of(peer.port, "/")));
        CHECK(kind == (method == std::string("POST") ? Kind::unknown : Kind::transient));
    }
    Gate over;
    Peer silent([&](int descriptor) {
        receive_head(descriptor);
        over.wait();
    });
    auto request = request_of("GET", url_of(silent.port, "/"));
    request.timeout_ms = 50;
    CHECK(failure_of(request) == Kind::transient);
    over.open();
    Fixture fixture;
    add_echo(fixture.application);
    request = request_of("POST", fixture.url("/echo"), std::string(1000, 'x'));
    request.max_body = 100;
    CHECK(failure_of(request) == Kind::permanent);
}

} // namespace nephele::http::test
