// SPDX-License-Identifier: Apache-2.0
// Buffered requests over real sockets: framing, limits, time-outs, overload, stop.
#include "base/strings.h"
#include "platform/http/test_support.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <thread>

namespace nephele::http::test {

using namespace std::string_literals;
TEST_CASE("a connection serves one request after the other") {
    Fixture fixture;
    add_echo(fixture.application);
    RawClient client(fixture.port());
    for (int i = 0; i < 3; ++i) {
        client.send(post("/echo?n=" + std::to_string(i), "Content-Length: 5\r\n", "hello"));
        auto answer = client.read_answer();
        CHECK(answer.status == 200);
        CHECK(answer.body == "POST hello");
        CHECK(answer.headers.get("x-query") == "n=" + std::to_string(i));
        CHECK(answer.headers.get("Content-Length") == "10");
        CHECK(answer.headers.find("Date"));
        CHECK_FALSE(answer.headers.find("Connection"));
    }
    client.send(get("/echo", "Connection: close\r\n"));
    auto last = client.read_answer();
    CHECK(last.headers.get("Connection") == "close");
    CHECK(client.at_end());
}

TEST_CASE("pipelined requests are answered in order") {
    Fixture fixture;
    add_echo(fixture.application);
    RawClient client(fixture.port());
    std::string all;
    for (int i = 0; i < 20; ++i)
        all += post("/echo", "Content-Length: 2\r\n", std::to_string(10 + i));
    client.send(all);
    for (int i = 0; i < 20; ++i)
        CHECK(client.read_answer().body == "POST " + std::to_string(10 + i));
}

TEST_CASE("a head may arrive byte by byte") {
    Fixture fixture;
    add_echo(fixture.application);
    RawClient client(fixture.port());
    for (char c : "\r\n" + post("/echo", "Content-Length: 3\r\n", "abc"))
        client.send(std::string_view(&c, 1));
    CHECK(client.read_answer().body == "POST abc");
}

TEST_CASE("HTTP/1.0 closes unless asked to stay") {
    Fixture fixture;
    add_echo(fixture.application);
    RawClient client(fixture.port());
    client.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(client.read_answer().headers.get("Connection") == "keep-alive");
    client.send("GET /echo HTTP/1.0\r\n\r\n");
    CHECK(client.read_answer().body == "GET ");
    CHECK(client.at_end());
}

TEST_CASE("HEAD, 204 and 304 have no body") {
    Fixture fixture;
    add_echo(fixture.application);
    fixture.application.on(
        "/none", [](const RequestHead&, std::string) { return text_response("never sent", 204); });
    fixture.application.on("/size", [](const RequestHead&, std::string) {
        auto response = text_response("");
        response.headers.set("Content-Length", "123456789012");
        return response;
    });
    RawClient client(fixture.port());
    client.send("HEAD /echo HTTP/1.1\r\nHost: test\r\n\r\n");
    auto answer = client.read_answer(true);
    CHECK(answer.status == 200);
    CHECK(answer.headers.get("Content-Length") == "5");
    client.send("HEAD /size HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(client.read_answer(true).headers.get("Content-Length") == "123456789012");
    client.send(get("/none"));
    answer = client.read_answer();
    CHECK(answer.status == 204);
    CHECK_FALSE(answer.headers.find("Content-Length"));
    client.send(get("/echo"));
    CHECK(client.read_answer().body == "GET ");
}

TEST_CASE("the request line is taken apart") {
    Fixture fixture;
    fixture.application.on("/a%20b", [](const RequestHead& head, std::string) {
        return text_response(join({head.target, head.path, head.query, head.peer,
                                   std::to_string(head.local_port), head.tls ? "tls" : "plain"},
                                  "|"));
    });
    auto port = std::to_string(fixture.port());
    RawClient client(fixture.port());
    client.send(get("/a%20b?x=1?y"));
    CHECK(client.read_answer().body == "/a%20b?x=1?y|/a%20b|x=1?y|127.0.0.1|" + port + "|plain");
    client.send(get("http://elsewhere/a%20b?z"));
    CHECK(client.read_answer().body ==
          "http://elsewhere/a%20b?z|/a%20b|z|127.0.0.1|" + port + "|plain");
}

TEST_CASE("a body is asked for with 100 Continue") {
    Fixture fixture;
    add_echo(fixture.application);
    RawClient client(fixture.port());
    client.send(post("/echo", "Content-Length: 4\r\nExpect: 100-continue\r\n", ""));
    CHECK(client.read_answer().status == 100);
    client.send("body");
    CHECK(client.read_answer().body == "POST body");
    // Refused at once, without asking for the body.
    client.send(post("/echo", "Content-Length: 9999999\r\nExpect: 100-continue\r\n", ""));
    CHECK(client.read_answer().status == 413);
    CHECK(client.at_end());
}

TEST_CASE("chunked bodies are put together") {
    Fixture fixture;
    add_echo(fixture.application);
    RawClient client(fixture.port());
    auto chunked = post("/echo", "Transfer-Encoding: chunked\r\n",
                        "3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n");
    client.send(chunked + chunked);
    CHECK(client.read_answer().body == "POST abc0123456789");
    CHECK(client.read_answer().body == "POST abc0123456789");
    for (char c : chunked) client.send(std::string_view(&c, 1));
    CHECK(client.read_answer().body == "POST abc0123456789");
}

TEST_CASE("a megabyte both ways") {
    Fixture fixture;
    add_echo(fixture.application);
    std::string big(1 << 20, 'x');
    for (std::size_t i = 0; i < big.size(); i += 7) big[i] = static_cast<char>('a' + i % 26);
    RawClient client(fixture.port());
    client.send(post("/echo", "Content-Length: " + std::to_string(big.size()) + "\r\n", big));
    CHECK(client.read_answer().body == "POST " + big);
    std::string chunks;
    for (std::size_t at = 0; at < big.size(); at += 65536)
        chunks += "10000\r\n" + big.substr(at, 65536) + "\r\n";
    client.send(post("/echo", "Transfer-Encoding: chunked\r\n", chunks + "0\r\n\r\n"));
    CHECK(client.read_answer().body == "POST " + big);
}

TEST_CASE("bodies over the limit are refused") {
    Fixture fixture;
    add_echo(fixture.application);
    fixture.application.buffered_limit = 10;
    {
        RawClient client(fixture.port());
        client.send(post("/echo", "Content-Length: 11\r\n", "01234567890"));
        auto answer = client.read_answer();
        CHECK(answer.status == 413);
        CHECK(answer.body == "refused: the request body is too large");
        CHECK(answer.headers.get("Connection") == "close");
        client.finish_sending();
        CHECK(client.at_end());
    }
    RawClient client(fixture.port());
    client.send(post("/echo", "Transfer-Encoding: chunked\r\n", "6\r\n012345\r\n6\r\n012345\r\n"));
    CHECK(client.read_answer().status == 413);
}

TEST_CASE("heads over the limit are refused") {
    auto options = quick_options();
    options.max_head_bytes = 2048;
    Fixture fixture(options);
    {
        RawClient client(fixture.port());
        client.send("GET /" + std::string(4000, 'a'));
        CHECK(client.read_answer().status == 414);
    }
    {
        RawClient client(fixture.port());
        client.send(get("/echo", "X-Long: " + std::string(4000, 'a') + "\r\n"));
        CHECK(client.read_answer().status == 431);
    }
    RawClient client(fixture.port());
    std::string fields;
    for (int i = 0; i < 257; ++i) fields += "a:\r\n";
    client.send(get("/echo", fields));
    CHECK(client.read_answer().status == 431);
}

TEST_CASE("malformed requests answer 400 and close") {
    Fixture fixture;
    add_echo(fixture.application);
    const std::string host = "Host: test\r\n";
    const std::vector<std::string> requests = {
        "GET /echo HTTP/1.1\nHost: test\n\n",
        "GET /echo HTTP/1.1\r\nHost: test\nX: y\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: te\rst\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: t"s + '\0' + "t\r\n\r\n",
        "GET /echo HTTP/1.1\r\n" + host + "Bad Name: x\r\n\r\n",
        "GET /echo HTTP/1.1\r\n" + host + "Spaced : x\r\n\r\n",
        "GET /echo HTTP/1.1\r\n" + host + ": x\r\n\r\n",
        "GET /echo HTTP/1.1\r\n\r\n",
        "GET /echo HTTP/1.1\r\n" + host + host + "\r\n",
        "GET /echo HTTP/3.1\r\n" + host + "\r\n",
        "GET /a b HTTP/1.1\r\n" + host + "\r\n",
        "GET /echo\r\n\r\n",
        "\x16\x03\x01\x02",
        post("/echo", "Content-Length: 2\r\nContent-Length: 2\r\n", "ab"),
        post("/echo", "Content-Length: 2, 2\r\n", "ab"),
        post("/echo", "Content-Length: +2\r\n", "ab"),
        post("/echo", "Content-Length: -2\r\n", "ab"),
        post("/echo", "Content-Length: 99999999999999999999\r\n", "ab"),
        post("/echo", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        post("/echo", "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "0\r\n\r\n"),
        post("/echo", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
        post("/echo", "Transfer-Encoding: identity\r\n", ""),
        post("/echo", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        post("/echo", "Transfer-Encoding: chunked\r\n", "xyz\r\n\r\n"),
        post("/echo", "Transfer-Encoding: chunked\r\n", "2\r\nabc\r\n0\r\n\r\n"),
        post("/echo", "Transfer-Encoding: chunked\r\n", "10000000000000000\r\nabc"),
        post("/echo", "Transfer-Encoding: chunked\r\n", "2;" + std::string(40000, 'e')),
    };
    for (const auto& request : requests) {
        CAPTURE(request);
        RawClient client(fixture.port());
        client.send(request);
        auto answer = client.read_answer(request.starts_with("HEAD"));
        CHECK(answer.status == 400);
        CHECK(answer.body.starts_with("refused: "));
        client.finish_sending();
        CHECK(client.at_end());
    }
    CHECK(fixture.application.refusals == static_cast<int>(requests.size()));
}

TEST_CASE("line breaks in answers do not make header fields") {
    Fixture fixture;
    fixture.application.on("/inject", [](const RequestHead&, std::string) {
        auto response = text_response("x");
        response.headers.set("X-Name", "a\r\nSet-Cookie: evil");
        return response;
    });
    RawClient client(fixture.port());
    client.send(get("/inject"));
    auto answer = client.read_answer();
    CHECK(answer.headers.get("X-Name") == "a  Set-Cookie: evil");
    CHECK_FALSE(answer.headers.find("Set-Cookie"));
}

TEST_CASE("a slow head or body answers 408, an idle connection just closes") {
    auto options = quick_options();
    options.head_timeout_ms = 60;
    options.body_timeout_ms = 60;
    options.idle_timeout_ms = 60;
    Fixture fixture(options);
    add_echo(fixture.application);
    {
        RawClient client(fixture.port());
        client.send("GET /ec");
        CHECK(client.read_answer().status == 408);
        CHECK(client.at_end());
    }
    {
        RawClient client(fixture.port());
        client.send(post("/echo", "Content-Length: 5\r\n", "abc"));
        CHECK(client.read_answer().status == 408);
        CHECK(client.at_end());
    }
    {
        RawClient client(fixture.port());
        CHECK(client.at_end());
    }
    RawClient client(fixture.port());
    client.send(get("/echo"));
    CHECK(client.read_answer().status == 200);
    CHECK(client.at_end());
    CHECK(fixture.application.refusals == 2);
}

TEST_CASE("dripping bytes does not extend the time for a body") {
    auto options = quick_options();
    options.body_timeout_ms = 100;
    Fixture fixture(options);
    add_echo(fixture.application);
    RawClient client(fixture.port());
    client.send(post("/echo", "Content-Length: 1000000\r\n", ""));
    // Another connection paces the drops: each round trip, one byte, far below a piece in the time.
    RawClient other(fixture.port());
    int round_trips = 0;
    for (; round_trips < 1'000'000 && fixture.application.refusals == 0; ++round_trips) {
        if (round_trips % 16 == 0) client.send("x");
        other.send(get("/echo"));
        other.read_answer();
    }
    CHECK(round_trips < 1'000'000);
    CHECK(client.read_answer().status == 408);
}

TEST_CASE("a full queue answers 503 and the connection stays usable") {
    auto options = quick_options();
    options.workers = 1;
    options.worker_queue = 1;
    Fixture fixture(options);
    Gate started, release;
    fixture.application.on("/block", [&](const RequestHead&, std::string) {
        started.open();
        release.wait();
        return text_response("done");
    });
    add_echo(fixture.application);
    RawClient first(fixture.port()), second(fixture.port()), third(fixture.port());
    first.send(get("/block"));
    started.wait();
    second.send(get("/block"));
    third.send(get("/block"));
    // One of the two waits in the queue, the other one hears at once that there is no place.
    pollfd both[] = {{second.descriptor(), POLLIN, 0}, {third.descriptor(), POLLIN, 0}};
    REQUIRE(::poll(both, 2, 10'000) == 1);
    auto& refused = both[0].revents ? second : third;
    auto& queued = both[0].revents ? third : second;
    auto answer = refused.read_answer();
    CHECK(answer.status == 503);
    CHECK(answer.body == "refused: the server is busy");
    release.open();
    CHECK(first.read_answer().body == "done");
    CHECK(queued.read_answer().body == "done");
    refused.send(get("/echo"));
    CHECK(refused.read_answer().status == 200);
}

TEST_CASE("too many connections are told so") {
    auto options = quick_options();
    options.max_connections = 2;
    Fixture fixture(options);
    add_echo(fixture.application);
    RawClient first(fixture.port()), second(fixture.port());
    for (auto* client : {&first, &second}) {
        client->send(get("/echo"));
        CHECK(client->read_answer().status == 200);
    }
    RawClient third(fixture.port());
    auto answer = third.read_answer();
    CHECK(answer.status == 503);
    CHECK(answer.body == "refused: too many connections");
}

TEST_CASE("a graceful stop lets the request under way end") {
    Fixture fixture;
    Gate started, release;
    fixture.application.on("/slow", [&](const RequestHead&, std::string) {
        started.open();
        release.wait();
        return text_response("finished");
    });
    add_echo(fixture.application);
    RawClient busy(fixture.port()), idle(fixture.port());
    idle.send(get("/echo"));
    CHECK(idle.read_answer().status == 200);
    busy.send(get("/slow"));
    started.wait();
    std::thread stopper([&] { fixture.server.stop(10'000); });
    CHECK(idle.at_end());
    CHECK_THROWS(RawClient(fixture.port()).read_answer());
    release.open();
    auto answer = busy.read_answer();
    CHECK(answer.body == "finished");
    CHECK(answer.headers.get("Connection") == "close");
    CHECK(busy.at_end());
    stopper.join();
}

TEST_CASE("several ports and loops, and a connection on each") {
    auto options = quick_options();
    options.ports = {0, 0};
    options.loops = 2;
    Fixture fixture(options);
    fixture.application.on("/port", [](const RequestHead& head, std::string) {
        return text_response(std::to_string(head.local_port));
    });
    REQUIRE(fixture.server.ports().size() == 2);
    for (int i = 0; i < 4; ++i)
        for (auto port : fixture.server.ports()) {
            RawClient client(port);
            client.send(get("/port"));
            CHECK(client.read_answer().body == std::to_string(port));
        }
}

} // namespace nephele::http::test
