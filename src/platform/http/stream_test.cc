// SPDX-License-Identifier: Apache-2.0
// Streamed answers and files: framing, back-pressure, memory.
#include "base/strings.h"
#include "platform/http/test_support.h"

#include <doctest/doctest.h>
#include <fstream>
#include <unistd.h>

namespace nephele::http::test {
namespace {

std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0, resident = 0;
    file >> total >> resident;
    return resident * static_cast<std::size_t>(::getpagesize());
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

} // namespace

TEST_CASE("streamed answers are chunked, or raw with a known length") {
    Fixture fixture;
    auto& application = fixture.application;
    application.on("/chunks", [](const RequestHead&, std::string) {
        auto response = text_response("");
        response.stream = [](BodyWriter& writer) {
            writer.write("one");
            writer.write("");
            writer.write(pattern(100'000));
            writer.write("three");
        };
        return response;
    });
    application.on("/raw", [](const RequestHead&, std::string) {
        auto response = text_response("");
        response.headers.set("content-length", "6");
        response.stream = [](BodyWriter& writer) {
            writer.write("abc");
            writer.write("def");
        };
        return response;
    });
    application.on("/short", [](const RequestHead&, std::string) {
        auto response = text_response("");
        response.headers.set("Content-Length", "6");
        response.stream = [](BodyWriter& writer) { writer.write("abc"); };
        return response;
    });
    application.on("/broken", [](const RequestHead&, std::string) {
        auto response = text_response("");
        response.stream = [](BodyWriter& writer) {
            writer.write("abc");
            throw std::runtime_error("the source broke");
        };
        return response;
    });
    RawClient client(fixture.port());
    for (int i = 0; i < 2; ++i) {
        client.send(get("/chunks"));
        auto answer = client.read_answer();
        CHECK(answer.headers.get("Transfer-Encoding") == "chunked");
        CHECK_FALSE(answer.headers.find("Content-Length"));
        CHECK(answer.body == "one" + pattern(100'000) + "three");
        client.send(get("/raw"));
        answer = client.read_answer();
        CHECK_FALSE(answer.headers.find("Transfer-Encoding"));
        CHECK(answer.body == "abcdef");
        client.send("HEAD /chunks HTTP/1.1\r\nHost: test\r\n\r\n");
        CHECK(client.read_answer(true).headers.get("Transfer-Encoding") == "chunked");
    }
    client.send("GET /chunks HTTP/1.0\r\n\r\n");
    CHECK(client.read_answer().body == "one" + pattern(100'000) + "three");
    for (const char* path : {"/short", "/broken"}) {
        RawClient other(fixture.port());
        other.send(get(path));
        CHECK_THROWS(other.read_answer());
    }
}

TEST_CASE("files are sent from an offset") {
    Fixture fixture;
    auto bytes = pattern(5'000'000);
    auto file = temporary_file(bytes);
    fixture.application.on("/file", [&](const RequestHead& head, std::string) {
        auto wanted = parse_query(head.query);
        auto response = text_response("", 206);
        response.file = FileBody{file, static_cast<std::uint64_t>(*to_int(wanted[0].second)),
                                 static_cast<std::uint64_t>(*to_int(wanted[1].second))};
        return response;
    });
    RawClient client(fixture.port(), {.receive_buffer = 8192});
    auto ask = [&](std::size_t offset, std::size_t length) {
        client.send(get(format("/file?o={}&l={}", offset, length)));
        auto answer = client.read_answer();
        CHECK(answer.status == 206);
        CHECK(answer.headers.get("Content-Length") == std::to_string(length));
        CHECK(answer.body == bytes.substr(offset, length));
    };
    ask(0, 5'000'000);
    ask(1'234'567, 3'000'001);
    ask(17, 100);
    ask(4'999'999, 1);
    ask(5, 0);
    client.send("HEAD /file?o=1&l=1000 HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(client.read_answer(true).headers.get("Content-Length") == "1000");
    ask(2, 3);
    // More than the file has: the client must notice.
    client.send(get("/file?o=4999990&l=20"));
    CHECK_THROWS(client.read_answer());
}

TEST_CASE("many slow readers of a file hold no thread") {
    auto options = quick_options();
    options.workers = 1;
    options.streamers = 1;
    options.body_timeout_ms = 30'000;
    Fixture fixture(options);
    auto bytes = pattern(6'000'000);
    auto file = temporary_file(bytes);
    fixture.application.on("/file", [&](const RequestHead&, std::string) {
        auto response = text_response("");
        response.file = FileBody{file, 0, bytes.size()};
        return response;
    });
    fixture.application.on("/ping",
                           [](const RequestHead&, std::string) { return text_response("pong"); });
    std::vector<std::unique_ptr<RawClient>> readers;
    for (int i = 0; i < 40; ++i) {
        readers.push_back(
            std::make_unique<RawClient>(fixture.port(), RawOptions{.receive_buffer = 8192}));
        readers.back()->send(get("/file"));
    }
    RawClient other(fixture.port());
    other.send(get("/ping"));
    CHECK(other.read_answer().body == "pong");
    // One goes away in the middle; the others get every byte.
    readers.pop_back();
    for (auto& reader : readers) CHECK(reader->read_answer().body == bytes);
}

TEST_CASE("a writer that outruns its reader is stopped") {
    auto options = quick_options();
    options.body_timeout_ms = 100;
    Fixture fixture(options);
    std::size_t written = 0;
    Gate stopped;
    std::string error;
    fixture.application.on("/flood", [&](const RequestHead&, std::string) {
        auto response = text_response("");
        response.stream = [&](BodyWriter& writer) {
            std::string piece(65536, 'x');
            try {
                for (; written < (1u << 30); written += piece.size()) writer.write(piece);
            } catch (const TransferError& failure) {
                error = failure.what();
                stopped.open();
                throw;
            }
        };
        return response;
    });
    RawClient client(fixture.port(), {.receive_buffer = 4096});
    client.send(get("/flood"));
    stopped.wait();
    CHECK(error == "the client reads too slowly");
    CHECK(written < (16u << 20));
}

TEST_CASE("a slow reader of a large answer holds no worker") {
    auto options = quick_options();
    options.workers = 1;
    Fixture fixture(options);
    auto bytes = pattern(20'000'000);
    fixture.application.on("/large",
                           [&](const RequestHead&, std::string) { return text_response(bytes); });
    add_echo(fixture.application);
    RawClient slow(fixture.port(), {.receive_buffer = 4096}), quick(fixture.port());
    slow.send(get("/large"));
    CHECK(slow.read_bytes(15) == "HTTP/1.1 200 OK");
    quick.send(get("/echo"));
    CHECK(quick.read_answer().body == "GET ");
    slow.read_line();
    while (!slow.read_line().empty()) {
    }
    CHECK(slow.read_bytes(bytes.size()) == bytes);
}

TEST_CASE("large transfers need little memory") {
    constexpr std::uint64_t size = 256ull << 20;
    Fixture fixture;
    std::string buffer(256 * 1024, 'x');
    fixture.application.on_stream("/count", [&](const RequestHead&, BodyReader& body) {
        std::uint64_t total = 0;
        while (auto count = body.read(buffer.data(), buffer.size())) total += count;
        return text_response(std::to_string(total));
    });
    fixture.application.on("/zeros", [&](const RequestHead&, std::string) {
        auto response = text_response("");
        response.stream = [&](BodyWriter& writer) {
            for (std::uint64_t sent = 0; sent < size; sent += buffer.size()) writer.write(buffer);
        };
        return response;
    });
    auto before = resident_bytes();
    for (bool known_length : {true, false}) {
        ClientRequest upload;
        upload.method = "PUT";
        upload.url = fixture.url("/count");
        std::uint64_t left = size;
        upload.body_source = [&](char* into, std::size_t room) {
            auto count = static_cast<std::size_t>(std::min<std::uint64_t>(room, left));
            std::memset(into, 'y', count);
            left -= count;
            return count;
        };
        if (known_length) upload.body_length = size;
        CHECK(fetch(upload).body == std::to_string(size));
    }
    ClientRequest download;
    download.url = fixture.url("/zeros");
    std::uint64_t received = 0;
    download.sink = [&](std::string_view bytes) {
        received += bytes.size();
        return true;
    };
    CHECK(fetch(download).status == 200);
    CHECK(received == size);
    if (!sanitized) CHECK(resident_bytes() < before + (32u << 20));
}

} // namespace nephele::http::test
