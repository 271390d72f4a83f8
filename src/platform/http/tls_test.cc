// SPDX-License-Identifier: Apache-2.0
// TLS with certificates made for the test: both directions, files, streams, client certificates.
#include "base/process.h"
#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/http/test_support.h"

#include <doctest/doctest.h>

namespace nephele::http::test {
namespace {

ClientRequest tls_request(const Fixture& fixture, const std::string& path) {
    ClientRequest request;
    request.url = "https://127.0.0.1:" + std::to_string(fixture.port()) + path;
    request.ca_file = certificate_file("ca.pem");
    return request;
}

} // namespace

TEST_CASE("requests over TLS") {
    Fixture fixture(tls_options());
    add_echo(fixture.application);
    fixture.application.on("/who", [](const RequestHead& head, std::string) {
        return text_response(head.tls ? "tls " + head.client_certificate_subject : "plain");
    });
    RawClient client(fixture.port(), {.tls = true});
    client.send(get("/who"));
    CHECK(client.read_answer().body == "tls ");
    auto large = pattern(1 << 20);
    client.send(post("/echo", "Content-Length: 1048576\r\n", large));
    CHECK(client.read_answer().body == "POST " + large);
    std::string all;
    for (int i = 0; i < 20; ++i) all += post("/echo", "Content-Length: 1\r\n", "x");
    client.send(all);
    for (int i = 0; i < 20; ++i) CHECK(client.read_answer().body == "POST x");
    client.send(get("/echo", "Connection: close\r\n"));
    CHECK(client.read_answer().body == "GET ");
    CHECK(client.at_end());
    CHECK(fetch(tls_request(fixture, "/who")).body == "tls ");
}

TEST_CASE("streams and files over TLS") {
    Fixture fixture(tls_options());
    auto bytes = pattern(3'000'000);
    auto file = temporary_file(bytes);
    fixture.application.on("/file", [&](const RequestHead&, std::string) {
        auto response = text_response("");
        response.file = FileBody{file, 1000, 2'500'000};
        return response;
    });
    fixture.application.on("/stream", [&](const RequestHead&, std::string) {
        auto response = text_response("");
        response.stream = [&](BodyWriter& writer) {
            for (std::size_t at = 0; at < bytes.size(); at += 30'000)
                writer.write(std::string_view(bytes).substr(at, 30'000));
        };
        return response;
    });
    fixture.application.on_stream("/upload", [](const RequestHead&, BodyReader& body) {
        std::string all, piece(10'000, '\0');
        while (auto count = body.read(piece.data(), piece.size())) all.append(piece, 0, count);
        return text_response(all);
    });
    RawClient client(fixture.port(), {.receive_buffer = 8192, .tls = true});
    client.send(get("/file") + get("/stream"));
    CHECK(client.read_answer().body == bytes.substr(1000, 2'500'000));
    CHECK(client.read_answer().body == bytes);
    auto some = bytes.substr(0, 100'000);
    client.send(post("/upload", "Content-Length: 100000\r\n", some));
    CHECK(client.read_answer().body == some);
    client.send(
        post("/upload", "Transfer-Encoding: chunked\r\n", "186a0\r\n" + some + "\r\n0\r\n\r\n"));
    CHECK(client.read_answer().body == some);
}

TEST_CASE("a client certificate tells who is there") {
    Fixture fixture(tls_options(true));
    fixture.application.on("/who", [](const RequestHead& head, std::string) {
        return text_response("<" + head.client_certificate_subject + ">");
    });
    auto request = tls_request(fixture, "/who");
    CHECK(fetch(request).body == "<>");
    request.certificate_file = certificate_file("client.pem");
    request.key_file = certificate_file("client.key");
    CHECK(fetch(request).body == "<CN=agent-7,O=Nephele>");
    // A certificate the authority did not sign does not get in.
    auto own = certificate_file("own");
    auto made = run_process({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                             "ec_paramgen_curve:P-256", "-nodes", "-keyout", own + ".key", "-out",
                             own + ".pem", "-subj", "/CN=agent-7", "-days", "2"});
    REQUIRE_MESSAGE(made.ok(), made.describe());
    request.certificate_file = own + ".pem";
    request.key_file = own + ".key";
    CHECK_THROWS_AS(fetch(request), EngineFailure);
}

TEST_CASE("the client believes only certificates of its authority") {
    Fixture fixture(tls_options());
    add_echo(fixture.application);
    auto request = tls_request(fixture, "/echo");
    request.ca_file = certificate_file("client.pem");
    try {
        fetch(request);
        FAIL("accepted");
    } catch (const EngineFailure& failure) {
        CHECK(failure.kind == EngineFailure::Kind::permanent);
    }
}

TEST_CASE("what is no TLS, or stops halfway, is dropped") {
    auto options = tls_options();
    options.head_timeout_ms = 50;
    Fixture fixture(options);
    {
        RawClient client(fixture.port());
        client.send(get("/echo"));
        client.read_to_end();
    }
    RawClient client(fixture.port());
    client.send("\x16\x03\x01");
    CHECK(client.read_to_end().empty());
    CHECK(fixture.application.refusals == 0);
}

TEST_CASE("bad certificate files are named") {
    auto options = tls_options();
    options.tls_key_file = "/nonexistent.key";
    TestApplication application;
    try {
        Server server(options, application);
        FAIL("started");
    } catch (const std::runtime_error& error) {
        CHECK(std::string(error.what()).find("/nonexistent.key") != std::string::npos);
    }
}

} // namespace nephele::http::test
