// SPDX-License-Identifier: Apache-2.0
// Objects over HTTP: stored, read whole and in part, under conditions, given metadata, removed.
#include "services/swift/test/store_cloud.h"

#include <doctest/doctest.h>

using namespace nephele;
using test::StoreCloud;

namespace {
struct WithContainer : StoreCloud {
    explicit WithContainer(std::vector<std::string> settings = {}, const Clock* clock = nullptr)
        : StoreCloud(std::move(settings), clock) {
        CHECK(ask("PUT", "p1/c", member).status == 201);
    }
};
const std::string md5_of_hello = "5d41402abc4b2a76b9719d911017c592";
} // namespace

TEST_CASE("an object is stored, read, described and removed") {
    WithContainer cloud;
    auto put = cloud.ask("PUT", "p1/c/a/b%20c", cloud.member, "hello",
                         {{"Content-Type", "text/plain"},
                          {"X-Object-Meta-Colour", "red"},
                          {"X-Object-Sysmeta-Secret", "no"},
                          {"X-Timestamp", "1.0"}});
    CHECK(put.status == 201);
    CHECK(put.headers.get("Etag") == md5_of_hello);
    CHECK_FALSE(put.headers.get("Last-Modified").empty());
    CHECK(put.headers.get("X-Trans-Id").size() == 34);
    CHECK(put.headers.get("X-Openstack-Request-Id") == put.headers.get("X-Trans-Id"));
    auto got = cloud.ask("GET", "p1/c/a/b%20c", cloud.member);
    CHECK(got.status == 200);
    CHECK(got.text == "hello");
    CHECK(got.headers.get("Content-Type") == "text/plain");
    CHECK(got.headers.get("X-Object-Meta-Colour") == "red");
    CHECK_FALSE(got.headers.find("X-Object-Sysmeta-Secret"));
    CHECK(got.headers.get("X-Timestamp").size() == 16);
    auto head = cloud.ask("HEAD", "p1/c/a/b%20c", cloud.member);
    CHECK(head.status == 200);
    CHECK(head.headers.get("Content-Length") == "5");
    CHECK(cloud.ask("DELETE", "p1/c/a/b%20c", cloud.member).status == 204);
    CHECK(cloud.ask("DELETE", "p1/c/a/b%20c", cloud.member).status == 404);
    CHECK(cloud.ask("GET", "p1/c/a/b%20c", cloud.member).status == 404);
    CHECK(cloud.ask("GET", "p1/none/x", cloud.member).status == 404);
    CHECK(cloud.ask("PUT", "p1/none/x", cloud.member, "x").status == 404);
}

TEST_CASE("what a PUT must not be") {
    WithContainer cloud({"swift.max_file_size=1000"});
    auto put = [&](StoreCloud::Fields fields, const std::string& body = "x") {
        return cloud.ask("PUT", "p1/c/o", cloud.member, body, fields).status;
    };
    CHECK(put({{"Etag", "00000000000000000000000000000000"}}) == 422);
    CHECK(put({{"If-None-Match", "abc"}}) == 400);
    CHECK(put({{"X-Delete-At", "soon"}}) == 400);
    CHECK(put({{"X-Delete-At", "17"}}) == 400);
    CHECK(put({{"X-Delete-After", "-1"}}) == 400);
    CHECK(put({{"X-Object-Meta-" + std::string(200, 'a'), "x"}}) == 400);
    CHECK(put({{"X-Object-Meta-A", std::string(300, 'a')}}) == 400);
    CHECK(put({{"Content-Type", "text/plain;swift_bytes=1"}}) == 400);
    CHECK(put({{"Content-Type", "text/\xff"}}) == 400);
    CHECK(put({}, std::string(1001, 'x')) == 413);
    CHECK(cloud.ask("PUT", "p1/c/" + std::string(1025, 'n'), cloud.member, "x").status == 400);
    CHECK(cloud.ask("PUT", "p1/c/%ff", cloud.member, "x").status == 412);
    CHECK(cloud.ask("PUT", "p1/c/%00", cloud.member, "x").status == 412);
    CHECK(cloud.ask("PATCH", "p1/c/o", cloud.member, "x").status == 405);
    CHECK(cloud.at("GET", "/v3/AUTH_p1/c/o", cloud.member).status == 400);
    CHECK(cloud.at("GET", "/v1", cloud.member).status == 412);
    CHECK(cloud.at("GET", "/nothing/here", cloud.member).status == 400);
    CHECK(cloud.ask("GET", "p1/c/o", cloud.member).status == 404);
    CHECK(put({{"If-None-Match", "*"}}) == 201);
    CHECK(put({{"If-None-Match", "*"}}) == 412);
    auto refused = cloud.ask("GET", "p1/c/absent", cloud.member);
    CHECK(refused.text.find("<html><h1>Not Found</h1>") == 0);
    CHECK(refused.headers.get("Content-Type") == "text/html; charset=UTF-8");
}

TEST_CASE("ranges and conditions") {
    WithContainer cloud;
    CHECK(cloud.ask("PUT", "p1/c/o", cloud.member, "0123456789").status == 201);
    auto get = [&](StoreCloud::Fields fields) {
        return cloud.ask("GET", "p1/c/o", cloud.member, "", fields);
    };
    auto part = get({{"Range", "bytes=2-4"}});
    CHECK(part.status == 206);
    CHECK(part.text == "234");
    CHECK(part.headers.get("Content-Range") == "bytes 2-4/10");
    CHECK(get({{"Range", "bytes=-3"}}).text == "789");
    CHECK(get({{"Range", "bytes=7-"}}).text == "789");
    CHECK(get({{"Range", "bytes=20-"}}).status == 416);
    CHECK(get({{"Range", "bytes=20-"}}).headers.get("Content-Range") == "bytes */10");
    CHECK(get({{"Range", "bytes=x"}}).status == 200);
    auto both = get({{"Range", "bytes=0-1,8-9"}});
    CHECK(both.status == 206);
    CHECK(both.headers.get("Content-Type").find("multipart/byteranges;boundary=") == 0);
    CHECK(both.text.find("Content-Range: bytes 8-9/10\r\n\r\n89\r\n--") != std::string::npos);
    CHECK(std::to_string(both.text.size()) == both.headers.get("Content-Length"));
    std::string etag = get({}).headers.get("Etag"), when = get({}).headers.get("Last-Modified");
    CHECK(get({{"If-None-Match", etag}}).status == 304);
    CHECK(get({{"If-None-Match", "\"" + etag + "\""}}).status == 304);
    CHECK(get({{"If-Match", "x"}}).status == 412);
    CHECK(get({{"If-Modified-Since", when}}).status == 304);
    CHECK(get({{"If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}}).status == 412);
}

TEST_CASE("POST replaces metadata and keeps the bytes") {
    WithContainer cloud;
    cloud.ask("PUT", "p1/c/o", cloud.member, "hello",
              {{"X-Object-Meta-A", "1"}, {"Content-Encoding", "gzip"}, {"Content-Type", "a/b"}});
    CHECK(cloud.ask("POST", "p1/c/o", cloud.member, "", {{"X-Object-Meta-B", "2"}}).status == 202);
    auto head = cloud.ask("HEAD", "p1/c/o", cloud.member);
    CHECK_FALSE(head.headers.find("X-Object-Meta-A"));
    CHECK_FALSE(head.headers.find("Content-Encoding"));
    CHECK(head.headers.get("X-Object-Meta-B") == "2");
    CHECK(head.headers.get("Content-Type") == "a/b");
    CHECK(head.headers.get("Etag") == md5_of_hello);
    CHECK(cloud.ask("POST", "p1/c/none", cloud.member).status == 404);
    CHECK(
        cloud.ask("POST", "p1/c/o", cloud.member, "", {{"X-Object-Meta-A", std::string(257, 'x')}})
            .status == 400);
}

TEST_CASE("objects past their time are not there") {
    ManualClock clock;
    WithContainer cloud({}, &clock);
    // Tokens live an hour.
    CHECK(cloud.ask("PUT", "p1/c/o", cloud.member, "x", {{"X-Delete-After", "60"}}).status == 201);
    CHECK(cloud.ask("HEAD", "p1/c/o", cloud.member).headers.get("X-Delete-At") == "1700000060");
    clock.advance_ms(60'000);
    CHECK(cloud.ask("HEAD", "p1/c/o", cloud.member).status == 404);
    CHECK(cloud.ask("GET", "p1/c/o", cloud.member).status == 404);
    CHECK(cloud.ask("POST", "p1/c/o", cloud.member).status == 404);
    CHECK(cloud.ask("PUT", "p1/c/o", cloud.member, "y", {{"If-None-Match", "*"}}).status == 201);
}

TEST_CASE("large bodies stream in and out, in chunks too") {
    WithContainer cloud;
    std::string big(3 << 20, 'a');
    for (std::size_t i = 0; i < big.size(); i += 4096) big[i] = static_cast<char>('a' + i % 26);
    CHECK(cloud.ask("PUT", "p1/c/big", cloud.member, big).status == 201);
    CHECK(cloud.ask("GET", "p1/c/big", cloud.member).text == big);
    CHECK(cloud.ask("GET", "p1/c/big", cloud.member, "", {{"Range", "bytes=1000-1000999"}}).text ==
          big.substr(1000, 1'000'000));
    http::ClientRequest request;
    request.method = "PUT";
    request.url = cloud.url() + "/object-store/v1/AUTH_p1/c/chunked";
    request.headers.set("X-Auth-Token", cloud.member);
    std::size_t at = 0;
    request.body_source = [&](char* into, std::size_t size) {
        auto count = big.copy(into, size, at);
        at += count;
        return count;
    };
    CHECK(http::fetch(request).status == 201);
    CHECK(cloud.ask("GET", "p1/c/chunked", cloud.member).text == big);
}
