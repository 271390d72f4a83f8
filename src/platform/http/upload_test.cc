// SPDX-License-Identifier: Apache-2.0
// Streamed request bodies: framing, limits, transfers that break.
#include "platform/http/test_support.h"

#include <doctest/doctest.h>

namespace nephele::http::test {
namespace {

std::string read_all(BodyReader& body, std::size_t piece = 4096) {
    std::string all, buffer(piece, '\0');
    while (auto count = body.read(buffer.data(), buffer.size())) all.append(buffer, 0, count);
    return all;
}

void add_upload(TestApplication& application, std::uint64_t limit = ~0ull) {
    application.on_stream(
        "/upload",
        [](const RequestHead&, BodyReader& body) {
            auto length = body.length() ? std::to_string(*body.length()) : "unknown";
            return text_response(length + " " + read_all(body));
        },
        limit);
}

/// What a streaming handler saw of a transfer that broke.
struct Broken {
    Gate seen;
    std::string received, error;
};

void add_watched_upload(TestApplication& application, Broken& broken, std::uint64_t limit = ~0ull) {
    application.on_stream(
        "/watched",
        [&broken](const RequestHead&, BodyReader& body) {
            char bytes[1000];
            try {
                while (auto count = body.read(bytes, sizeof bytes))
                    broken.received.append(bytes, count);
            } catch (const TransferError& error) {
                broken.error = error.what();
                broken.seen.open();
                throw;
            }
            broken.seen.open();
            return text_response("complete");
        },
        limit);
}

} // namespace

TEST_CASE("uploads stream with a length and in chunks, on one connection") {
    Fixture fixture;
    add_upload(fixture.application);
    add_echo(fixture.application);
    RawClient client(fixture.port());
    auto body = pattern(300'000);
    client.send(post("/upload", "Content-Length: 300000\r\n", body));
    CHECK(client.read_answer().body == "300000 " + body);
    std::string chunks;
    for (std::size_t at = 0; at < body.size(); at += 50'000)
        chunks += "c350\r\n" + body.substr(at, 50'000) + "\r\n";
    client.send(post("/upload", "Transfer-Encoding: chunked\r\n", chunks + "0\r\n\r\n"));
    CHECK(client.read_answer().body == "unknown " + body);
    // Body and the next request in one piece: the stream must stop at the boundary.
    client.send(post("/upload", "Content-Length: 3\r\n", "abc") +
                post("/upload", "Transfer-Encoding: chunked\r\n", "3\r\nxyz\r\n0\r\n\r\n") +
                get("/upload") + get("/echo"));
    CHECK(client.read_answer().body == "3 abc");
    CHECK(client.read_answer().body == "unknown xyz");
    CHECK(client.read_answer().body == "0 ");
    CHECK(client.read_answer().body == "GET ");
}

TEST_CASE("chunks that arrive byte by byte") {
    Fixture fixture;
    add_upload(fixture.application);
    RawClient client(fixture.port());
    auto request = post("/upload", "Transfer-Encoding: chunked\r\n",
                        "3\r\nabc\r\n5;ext\r\ndefgh\r\n0\r\nX-Trailer: t\r\n\r\n");
    for (char c : request) client.send(std::string_view(&c, 1));
    CHECK(client.read_answer().body == "unknown abcdefgh");
}

TEST_CASE("100 Continue is sent when the handler reads, not before") {
    Fixture fixture;
    add_upload(fixture.application);
    fixture.application.on_stream(
        "/no", [](const RequestHead&, BodyReader&) { return text_response("not yours", 403); });
    RawClient client(fixture.port());
    client.send(post("/upload", "Content-Length: 4\r\nExpect: 100-continue\r\n", ""));
    CHECK(client.read_answer().status == 100);
    client.send("body");
    CHECK(client.read_answer().body == "4 body");
    client.send(post("/no", "Content-Length: 4\r\nExpect: 100-continue\r\n", ""));
    auto answer = client.read_answer();
    CHECK(answer.status == 403);
    CHECK(answer.headers.get("Connection") == "close");
    CHECK(client.at_end());
}

TEST_CASE("an early answer keeps the connection only when the rest is small") {
    Fixture fixture;
    fixture.application.on_stream(
        "/no", [](const RequestHead&, BodyReader&) { return text_response("not yours", 403); });
    add_echo(fixture.application);
    {
        RawClient client(fixture.port());
        client.send(post("/no", "Content-Length: 5000\r\n", std::string(2000, 'x')));
        CHECK(client.read_answer().status == 403);
        client.send(std::string(3000, 'x') + get("/echo"));
        CHECK(client.read_answer().body == "GET ");
    }
    RawClient client(fixture.port());
    client.send(post("/no", "Content-Length: 500000000\r\n", std::string(2000, 'x')));
    auto answer = client.read_answer();
    CHECK(answer.status == 403);
    CHECK(answer.headers.get("Connection") == "close");
    CHECK(client.at_end());
}

TEST_CASE("a client that goes away breaks the upload") {
    for (bool reset : {false, true}) {
        for (const std::string framing : {"Content-Length: 10000", "Transfer-Encoding: chunked"}) {
            CAPTURE(reset);
            CAPTURE(framing);
            Broken broken;
            Fixture fixture;
            add_watched_upload(fixture.application, broken);
            RawClient client(fixture.port());
            client.send(post("/watched", framing + "\r\n", "5\r\nabcde\r\n"));
            reset ? client.reset() : client.finish_sending();
            broken.seen.wait();
            CHECK(broken.error == "the client went away in the middle of the request body");
            if (!reset) CHECK(client.read_answer().status == 400);
        }
    }
}

TEST_CASE("a stalled upload ends with 408") {
    auto options = quick_options();
    options.body_timeout_ms = 50;
    Broken broken;
    Fixture fixture(options);
    add_watched_upload(fixture.application, broken);
    RawClient client(fixture.port());
    client.send(post("/watched", "Content-Length: 10\r\n", "abc"));
    broken.seen.wait();
    CHECK(broken.received == "abc");
    CHECK(client.read_answer().status == 408);
    CHECK(client.at_end());
}

TEST_CASE("streamed bodies have limits and framing too") {
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    {
        Broken broken;
        Fixture fixture;
        add_watched_upload(fixture.application, broken, 10);
        RawClient client(fixture.port());
        client.send(post("/watched", chunked, "8\r\n01234567\r\n8\r\n01234567\r\n"));
        CHECK(client.read_answer().status == 413);
        CHECK(broken.error == "the request body is too large");
    }
    {
        Broken broken;
        Fixture fixture;
        add_watched_upload(fixture.application, broken, 10);
        RawClient client(fixture.port());
        client.send(post("/watched", "Content-Length: 11\r\n", "01234567890"));
        CHECK(client.read_answer().status == 413);
        CHECK(broken.received.empty());
    }
    Broken broken;
    Fixture fixture;
    add_watched_upload(fixture.application, broken);
    RawClient client(fixture.port());
    client.send(post("/watched", chunked, "3\r\nabc\r\nnonsense\r\n"));
    auto answer = client.read_answer();
    CHECK(answer.status == 400);
    CHECK(answer.body == "refused: malformed chunked body");
}

TEST_CASE("an upload can be answered with a stream") {
    Fixture fixture;
    fixture.application.on_stream("/double", [](const RequestHead&, BodyReader& body) {
        auto all = std::make_shared<std::string>(read_all(body));
        auto response = text_response("");
        response.stream = [all](BodyWriter& writer) {
            writer.write(*all);
            writer.write(*all);
        };
        return response;
    });
    RawClient client(fixture.port());
    for (int i = 0; i < 2; ++i) {
        client.send(post("/double", "Content-Length: 3\r\n", "abc"));
        CHECK(client.read_answer().body == "abcabc");
    }
}

TEST_CASE("busy stream threads answer 503") {
    auto options = quick_options();
    options.streamers = 1;
    Fixture fixture(options);
    Gate started;
    fixture.application.on_stream("/hold", [&](const RequestHead&, BodyReader& body) {
        started.open();
        return text_response(read_all(body));
    });
    RawClient first(fixture.port()), second(fixture.port());
    first.send(post("/hold", "Content-Length: 3\r\n", ""));
    started.wait();
    second.send(post("/hold", "Content-Length: 3\r\n", "abc"));
    auto answer = second.read_answer();
    CHECK(answer.status == 503);
    CHECK(answer.body == "refused: too many transfers");
    first.send("xyz");
    CHECK(first.read_answer().body == "xyz");
}

TEST_CASE("stop breaks transfers that outlast the grace") {
    Broken broken;
    Fixture fixture;
    add_watched_upload(fixture.application, broken);
    fixture.application.on("/endless", [](const RequestHead&, std::string) {
        auto response = text_response("");
        response.stream = [](BodyWriter& writer) {
            for (;;) writer.write("tick");
        };
        return response;
    });
    RawClient up(fixture.port()), down(fixture.port());
    up.send(post("/watched", "Content-Length: 3\r\n", "a"));
    down.send(get("/endless"));
    CHECK(down.read_line() == "HTTP/1.1 200 OK");
    fixture.server.stop(20);
    broken.seen.wait();
    CHECK(broken.error == "the client went away in the middle of the request body");
}

} // namespace nephele::http::test
