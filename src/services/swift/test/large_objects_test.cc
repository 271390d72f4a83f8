// SPDX-License-Identifier: Apache-2.0
// Large objects of both kinds, copies, symbolic links.
#include "services/swift/test/store_cloud.h"

#include <doctest/doctest.h>

using namespace nephele;
using test::StoreCloud;

namespace {
struct WithSegments : StoreCloud {
    WithSegments() {
        ask("PUT", "p1/c", member);
        ask("PUT", "p1/s", member);
        for (auto& [name, text] :
             {std::pair("1", "hello"), std::pair("2", " "), std::pair("3", "world")})
            CHECK(ask("PUT", std::string("p1/s/") + name, member, text).status == 201);
    }
    test::Answer manifest(const std::string& name, const std::string& json) {
        return ask("PUT", "p1/c/" + name + "?multipart-manifest=put", member, json);
    }
    test::Answer get(const std::string& name, Fields fields = {}) {
        return ask("GET", "p1/c/" + name, member, "", fields);
    }
};
} // namespace

TEST_CASE("a static large object is its segments") {
    WithSegments cloud;
    CHECK(cloud
              .manifest("slo", R"([{"path": "/s/1", "size_bytes": 5}, {"path": "s/2"},
                                    {"data": "LQ=="}, {"path": "s/3", "range": "1-3"}])")
              .status == 201);
    auto whole = cloud.get("slo");
    CHECK(whole.text == "hello -orl");
    CHECK(whole.headers.get("X-Static-Large-Object") == "True");
    CHECK(whole.headers.get("Etag").front() == '"');
    CHECK_FALSE(whole.headers.find("X-Object-Sysmeta-Slo-Etag"));
    CHECK(cloud.ask("HEAD", "p1/c/slo", cloud.member).headers.get("Content-Length") == "10");
    CHECK(cloud.get("slo", {{"Range", "bytes=4-7"}}).text == "o -o");
    CHECK(cloud.get("slo", {{"If-None-Match", whole.headers.get("Etag")}}).status == 304);
    auto kept = cloud.get("slo?multipart-manifest=get");
    CHECK(kept.json.as_array()[0].text("name") == "/s/1");
    auto raw = cloud.get("slo?multipart-manifest=get&format=raw");
    CHECK(raw.text.find("\"size_bytes\"") != std::string::npos);
    // What was read raw can be put again.
    CHECK(cloud.manifest("again", raw.text).status == 201);
    CHECK(cloud.get("again").text == "hello -orl");
    auto row = cloud.get("?format=json&prefix=slo").json.as_array()[0];
    CHECK(row.at("bytes").as_int() == 10);
    CHECK(row.text("slo_etag") == whole.headers.get("Etag"));
    // One of another's segments, cut in the middle.
    CHECK(cloud.manifest("nested", R"([{"path": "c/slo", "range": "3-6"}, {"path": "s/3"}])")
              .status == 201);
    CHECK(cloud.get("nested").text == "lo -world");
    // Copied as a whole it is a plain object.
    CHECK(cloud.ask("COPY", "p1/c/slo", cloud.member, "", {{"Destination", "c/plain"}}).status ==
          201);
    CHECK(cloud.get("plain").text == "hello -orl");
    CHECK_FALSE(cloud.get("plain").headers.find("X-Static-Large-Object"));
    CHECK(cloud
              .ask("COPY", "p1/c/slo?multipart-manifest=get", cloud.member, "",
                   {{"Destination", "c/same"}})
              .status == 201);
    CHECK(cloud.get("same").headers.get("Etag") == whole.headers.get("Etag"));
}

TEST_CASE("manifests that are none are refused, and nothing is stored") {
    WithSegments cloud;
    for (auto* bad :
         {"{", "{}", "[]", "[1]", "[{}]", R"([{"path": "s"}])", R"([{"path": "/c/x"}])",
          R"([{"path": "s/none"}])", R"([{"path": "s/1", "size_bytes": 4}])",
          R"([{"path": "s/1", "etag": "x"}])", R"([{"path": "s/1", "range": "9-"}])",
          R"([{"path": "s/1", "more": 1}])", R"([{"data": "!"}])", R"([{"data": "LQ=="}])"})
        CHECK(cloud.manifest("x", bad).status == 400);
    CHECK(cloud.get("x").status == 404);
    CHECK(cloud.ask("PUT", "p1/c/x", cloud.member, "[]", {{"X-Static-Large-Object", "True"}})
              .status == 400);
    auto report = cloud.ask("PUT", "p1/c/x?multipart-manifest=put", cloud.member,
                            R"([{"path": "s/none"}])", {{"Accept", "application/json"}});
    CHECK(report.json.at("Errors").as_array()[0].as_array()[1].as_string() == "404 Not Found");
    // Another's segments are nobody's to name.
    auto bob = cloud.token("p2", {"member"});
    cloud.ask("PUT", "p2/c", bob);
    cloud.ask("POST", "p1/c", cloud.member, "", {{"X-Container-Write", "p2:*"}});
    CHECK(cloud.ask("PUT", "p1/c/x?multipart-manifest=put", bob, R"([{"path": "s/1"}])").status ==
          403);
}

TEST_CASE("a segment that changed is not read; deleting takes the segments along") {
    WithSegments cloud;
    cloud.manifest("slo", R"([{"path": "s/1"}, {"path": "s/3"}])");
    cloud.ask("PUT", "p1/s/1", cloud.member, "HELLO");
    CHECK(cloud.get("slo").status == 409);
    cloud.ask("PUT", "p1/s/1", cloud.member, "hello");
    auto gone = cloud.ask("DELETE", "p1/c/slo?multipart-manifest=delete", cloud.member, "",
                          {{"Accept", "application/json"}});
    CHECK(gone.status == 200);
    CHECK(gone.json.at("Number Deleted").as_int() == 3);
    CHECK(cloud.get("slo").status == 404);
    CHECK(cloud.ask("GET", "p1/s", cloud.member).text == "2\n");
}

TEST_CASE("a dynamic large object is what lies below its prefix") {
    WithSegments cloud;
    CHECK(cloud.ask("PUT", "p1/c/dlo", cloud.member, "", {{"X-Object-Manifest", "s/"}}).status ==
          400);
    cloud.ask("PUT", "p1/s/part_1", cloud.member, "one ");
    cloud.ask("PUT", "p1/s/part_2", cloud.member, "two");
    CHECK(
        cloud.ask("PUT", "p1/c/dlo", cloud.member, "", {{"X-Object-Manifest", "s/part_"}}).status ==
        201);
    CHECK(cloud.get("dlo").text == "one two");
    CHECK(cloud.get("dlo", {{"Range", "bytes=2-5"}}).text == "e tw");
    CHECK(cloud.ask("HEAD", "p1/c/dlo", cloud.member).headers.get("Content-Length") == "7");
    cloud.ask("PUT", "p1/s/part_3", cloud.member, " three");
    CHECK(cloud.get("dlo").text == "one two three");
    CHECK(cloud.get("dlo?multipart-manifest=get").text == "");
}

TEST_CASE("copies: within and across accounts, metadata kept or fresh") {
    WithSegments cloud;
    cloud.ask("POST", "p1/s/1", cloud.member, "", {{"X-Object-Meta-A", "1"}});
    auto copied = cloud.ask("COPY", "p1/s/1", cloud.member, "",
                            {{"Destination", "/c/a%20copy"}, {"X-Object-Meta-B", "2"}});
    CHECK(copied.status == 201);
    CHECK(copied.headers.get("X-Copied-From") == "s/1");
    CHECK_FALSE(copied.headers.get("X-Copied-From-Last-Modified").empty());
    auto got = cloud.get("a%20copy");
    CHECK(got.text == "hello");
    CHECK(got.headers.get("X-Object-Meta-A") == "1");
    CHECK(got.headers.get("X-Object-Meta-B") == "2");
    CHECK(cloud
              .ask("PUT", "p1/c/fresh", cloud.member, "",
                   {{"X-Copy-From", "s/1"}, {"X-Fresh-Metadata", "true"}})
              .status == 201);
    CHECK_FALSE(cloud.get("fresh").headers.find("X-Object-Meta-A"));
    CHECK(cloud
              .ask("PUT", "p1/c/part", cloud.member, "",
                   {{"X-Copy-From", "s/1"}, {"Range", "bytes=1-2"}})
              .status == 201);
    CHECK(cloud.get("part").text == "el");
    CHECK(cloud.ask("COPY", "p1/s/none", cloud.member, "", {{"Destination", "c/x"}}).status == 404);
    CHECK(cloud.ask("COPY", "p1/s/1", cloud.member).status == 412);
    CHECK(cloud.ask("COPY", "p1/s/1", cloud.member, "", {{"Destination", "c"}}).status == 412);
    CHECK(cloud.ask("PUT", "p1/c/x", cloud.member, "body", {{"X-Copy-From", "s/1"}}).status == 400);
    CHECK(cloud
              .ask("COPY", "p1/s/1", cloud.member, "",
                   {{"Destination", "c/x"}, {"Destination-Account", "AUTH_p2"}})
              .status == 403);
    auto bob = cloud.token("p2", {"member"});
    cloud.ask("PUT", "p2/c", bob);
    CHECK(cloud
              .ask("PUT", "p2/c/x", bob, "",
                   {{"X-Copy-From", "s/1"}, {"X-Copy-From-Account", "AUTH_p1"}})
              .status == 403);
    cloud.ask("POST", "p1/s", cloud.member, "", {{"X-Container-Read", "p2:*"}});
    CHECK(cloud
              .ask("PUT", "p2/c/x", bob, "",
                   {{"X-Copy-From", "s/1"}, {"X-Copy-From-Account", "AUTH_p1"}})
              .status == 201);
}

TEST_CASE("symbolic links") {
    WithSegments cloud;
    auto link = [&](const std::string& name, StoreCloud::Fields fields) {
        return cloud.ask("PUT", "p1/c/" + name, cloud.member, "", fields).status;
    };
    CHECK(link("l", {{"X-Symlink-Target", "s/1"}}) == 201);
    CHECK(cloud.get("l").text == "hello");
    CHECK(cloud.get("l").headers.get("Content-Location") == "/v1/AUTH_p1/s/1");
    CHECK(cloud.get("l?symlink=get").headers.get("X-Symlink-Target") == "s/1");
    CHECK(cloud.get("l?symlink=get").text == "");
    CHECK(link("l2", {{"X-Symlink-Target", "c/l"}}) == 201);
    CHECK(cloud.get("l2").text == "hello");
    CHECK(link("l3", {{"X-Symlink-Target", "c/l2"}}) == 201);
    CHECK(cloud.get("l3").status == 409);
    CHECK(link("self", {{"X-Symlink-Target", "c/self"}}) == 400);
    CHECK(link("bad", {{"X-Symlink-Target", "c"}}) == 412);
    CHECK(link("dangling", {{"X-Symlink-Target", "s/none"}}) == 201);
    CHECK(cloud.get("dangling").status == 404);
    CHECK(link("static", {{"X-Symlink-Target", "s/1"}, {"X-Symlink-Target-Etag", "x"}}) == 409);
    CHECK(link("static", {{"X-Symlink-Target", "s/1"},
                          {"X-Symlink-Target-Etag", "5d41402abc4b2a76b9719d911017c592"}}) == 201);
    CHECK(cloud.get("static").text == "hello");
    auto row = cloud.get("?format=json&prefix=static").json.as_array()[0];
    CHECK(row.text("symlink_path") == "/v1/AUTH_p1/s/1");
    CHECK(row.at("symlink_bytes").as_int() == 5);
    cloud.ask("PUT", "p1/s/1", cloud.member, "other");
    CHECK(cloud.get("static").status == 409);
    CHECK(cloud.ask("POST", "p1/c/l", cloud.member, "", {{"X-Object-Meta-A", "1"}}).status == 307);
    // A link opens no door: the target's own list decides.
    cloud.ask("POST", "p1/c", cloud.member, "", {{"X-Container-Read", ".r:*"}});
    CHECK(cloud.ask("GET", "p1/c/l", "").status == 401);
}
