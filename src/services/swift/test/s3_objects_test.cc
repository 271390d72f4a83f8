// SPDX-License-Identifier: Apache-2.0
// S3's buckets and objects through the face: made, listed, read, copied, refused.
#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/swift/logic/names.h"
#include "services/swift/test/s3_client.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::swift;
using s3::test::Answer;
using s3::test::Store;

namespace {
struct WithBucket : Store {
    WithBucket() { CHECK(put("/bkt").status == 200); }
};
std::vector<std::string> list(std::initializer_list<const char*> names) {
    return {names.begin(), names.end()};
}
} // namespace

TEST_CASE("s3: signatures that do not fit are told to who counts guesses") {
    struct Counting : s3::Keys {
        std::vector<std::string> told;
        std::string secret = "testing";
        std::optional<s3::Login> find(const std::string& access) override {
            if (access == "nobody") return std::nullopt;
            return s3::Login{Secret<std::string>(secret), std::nullopt};
        }
        void wrong(const std::string& access) override { told.push_back(access); }
    };
    Store store;
    const auto keys = std::make_shared<Counting>();
    store.face = s3::make_face(store.backend, keys, store.settings, store.clock, store.ids);
    // It fits, though the key is good for nothing any more.
    CHECK(store.get("/").code() == "InvalidAccessKeyId");
    CHECK(store.ask("GET", "/", "", {}, "nobody").code() == "InvalidAccessKeyId");
    CHECK(keys->told.empty());
    keys->secret = "another";
    CHECK(store.get("/").code() == "SignatureDoesNotMatch");
    CHECK(keys->told == list({"test:tester"}));
}

TEST_CASE("s3: who is not who they say gets nothing") {
    WithBucket store;
    CHECK(store.ask("GET", "/", "", {}, "nobody").code() == "InvalidAccessKeyId");
    auto head = store.head("GET", "/bkt", "", {});
    head.headers.set("Authorization", head.headers.get("Authorization") + "0");
    CHECK(store.send(head, "").code() == "SignatureDoesNotMatch");
    head = store.head("GET", "/bkt", "", {});
    store.clock.advance_ms(16 * 60 * 1000);
    CHECK(store.send(head, "").code() == "RequestTimeTooSkewed");
    head.headers.erase("Authorization");
    CHECK(store.send(head, "").code() == "AccessDenied");
    CHECK_FALSE(store.face->speaks(head));
    auto changed = store.head("PUT", "/bkt/k", "one", {});
    CHECK(store.send(changed, "two").code() == "XAmzContentSHA256Mismatch");
    CHECK(store.get("/bkt/k").code() == "NoSuchKey");
    // Another project has its own namespace: nothing is seen, nothing is told.
    store.put("/bkt/k", "x");
    CHECK(store.ask("GET", "/bkt/k", "", {}, "other:tester").code() == "NoSuchBucket");
    CHECK(store.ask("DELETE", "/bkt/k", "", {}, "other:tester").code() == "NoSuchBucket");
    CHECK(store.ask("PUT", "/bkt", "", {}, "other:tester").status == 200);
    CHECK(store.get("/bkt/k").body == "x");
}

TEST_CASE("s3: buckets are made, listed, found and removed") {
    Store store;
    CHECK(store.get("/").all("Name").empty());
    CHECK(store.put("/b-2").status == 200);
    CHECK(store.put("/b-1").headers.get("Location") == "/b-1");
    CHECK(store.put("/b-1").code() == "BucketAlreadyOwnedByYou");
    CHECK(store.put("/B_1").code() == "InvalidBucketName");
    CHECK(store
              .put("/b-3", "<CreateBucketConfiguration><LocationConstraint>mars"
                           "</LocationConstraint></CreateBucketConfiguration>")
              .code() == "InvalidLocationConstraint");
    CHECK(store.put("/b-3", "<a").code() == "MalformedXML");
    CHECK(store.get("/").all("Name") == list({"b-1", "b-2"}));
    CHECK(store.ask("HEAD", "/b-1").status == 200);
    const Answer none = store.ask("HEAD", "/none");
    CHECK(none.status == 404);
    CHECK(none.body.empty());
    CHECK(store.get("/b-1?location").text("LocationConstraint").empty());
    store.put("/b-1/k", "x");
    CHECK(store.del("/b-1").code() == "BucketNotEmpty");
    CHECK(store.del("/b-1/k").status == 204);
    CHECK(store.del("/b-1").status == 204);
    CHECK(store.del("/b-1").code() == "NoSuchBucket");
    CHECK(store.get("/").all("Name") == list({"b-2"}));
    auto head = store.head("GET", "/", "", {{"Host", "b-2.s3.test"}});
    CHECK(store.face->speaks(head));
    CHECK(store.send(head, "").text("Name") == "b-2");
}

TEST_CASE("s3: an object comes back as it went, with its headers") {
    WithBucket store;
    const Answer made = store.put("/bkt/a/b%20c", "hello",
                                  {{"Content-Type", "text/x"},
                                   {"x-amz-meta-my_colour", "red"},
                                   {"Cache-Control", "no-store"},
                                   {"Content-Encoding", "aws-chunked,gzip"},
                                   {"x-amz-tagging", "a=1&b=2"}});
    REQUIRE_MESSAGE(made.status == 200, made.body);
    CHECK(made.headers.get("ETag") == "\"" + hex_encode(crypto::md5("hello")) + "\"");
    CHECK_FALSE(made.headers.find("x-amz-version-id"));
    const Answer got = store.get("/bkt/a/b%20c");
    CHECK(got.status == 200);
    CHECK(got.body == "hello");
    CHECK(got.headers.get("Content-Type") == "text/x");
    CHECK(got.headers.get("x-amz-meta-my_colour") == "red");
    CHECK(got.headers.get("Cache-Control") == "no-store");
    CHECK(got.headers.get("Content-Encoding") == "gzip");
    CHECK(got.headers.get("x-amz-tagging-count") == "2");
    CHECK(got.headers.get("x-amz-request-id").size() == 34);
    const Answer head = store.ask("HEAD", "/bkt/a/b%20c");
    CHECK(head.headers.get("Content-Length") == "5");
    CHECK(head.body.empty());
    CHECK(store.get("/bkt/a/b%20c?response-content-type=x%2Fy").headers.get("Content-Type") ==
          "x/y");
    // Swift sees the same object under the same name.
    const auto info = store.backend->head({"AUTH_test", "bkt", "a/b c"});
    REQUIRE(info);
    CHECK(info->metadata.at(logic::title_case("X-Object-Meta-My=5Fcolour")) == "red");
    CHECK(store.get("/bkt/none").code() == "NoSuchKey");
    CHECK(store.get("/none/k").code() == "NoSuchBucket");
    CHECK(store.put("/none/k", "x").code() == "NoSuchBucket");
    CHECK(store.del("/bkt/none").status == 204);
}

TEST_CASE("s3: long objects are streamed, ranges and conditions hold") {
    WithBucket store;
    std::string bytes(700'000, 'a');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 >> 3);
    store.put("/bkt/k", bytes);
    CHECK(store.get("/bkt/k").body == bytes);
    const auto range = [&](const std::string& text) {
        return store.get("/bkt/k", {{"Range", text}});
    };
    CHECK(range("bytes=0-9").status == 206);
    CHECK(range("bytes=0-9").headers.get("Content-Range") == "bytes 0-9/700000");
    CHECK(range("bytes=100-400000").body == bytes.substr(100, 399'901));
    CHECK(range("bytes=-3").body == bytes.substr(699'997));
    CHECK(range("bytes=700000-").code() == "InvalidRange");
    CHECK(range("nonsense").status == 200);
    CHECK(range("bytes=0-1,5-6").status == 200);
    const std::string etag = store.ask("HEAD", "/bkt/k").headers.get("ETag");
    CHECK(store.get("/bkt/k", {{"If-None-Match", etag}}).status == 304);
    CHECK(store.get("/bkt/k", {{"If-Match", "\"x\""}}).code() == "PreconditionFailed");
    CHECK(store.get("/bkt/k", {{"If-Match", etag}}).status == 200);
    CHECK(store.get("/bkt/k", {{"If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"}}).status ==
          304);
    CHECK(store.get("/bkt/k", {{"If-Unmodified-Since", "Thu, 01 Jan 2015 00:00:00 GMT"}}).code() ==
          "PreconditionFailed");
    CHECK(store.put("/bkt/k", "x", {{"If-None-Match", "*"}}).code() == "PreconditionFailed");
    CHECK(store.put("/bkt/k", "x", {{"If-Match", "\"x\""}}).code() == "PreconditionFailed");
    CHECK(store.put("/bkt/n", "x", {{"If-Match", "\"x\""}}).code() == "NoSuchKey");
    CHECK(store.put("/bkt/n", "x", {{"If-None-Match", "*"}}).status == 200);
    CHECK(store.put("/bkt/k", "x", {{"If-Match", etag}}).status == 200);
    CHECK(store.get("/bkt/k?partNumber=1").status == 206);
    CHECK(store.get("/bkt/k?partNumber=2").code() == "InvalidPartNumber");
    CHECK(store.get("/bkt/k?partNumber=0").code() == "InvalidArgument");
}

TEST_CASE("s3: what a PUT must not be") {
    WithBucket store;
    const auto code = [&](const s3::test::Fields& headers, const std::string& body = "x") {
        return store.put("/bkt/k", body, headers).code();
    };
    CHECK(code({{"x-amz-storage-class", "GLACIER"}}) == "InvalidStorageClass");
    CHECK(code({{"x-amz-server-side-encryption", "AES256"}}) == "NotImplemented");
    CHECK(code({{"x-amz-acl", "whatever"}}) == "InvalidArgument");
    CHECK(code({{"x-amz-meta-a", std::string(3000, 'x')}}) == "MetadataTooLarge");
    CHECK(code({{"x-amz-tagging", "a=1&a=2"}}) == "InvalidTag");
    CHECK(code({{"x-amz-object-lock-legal-hold", "ON"}}) == "InvalidRequest");
    CHECK(code({{"Content-MD5", "AAAA"}}) == "InvalidDigest");
    CHECK(code({{"Content-MD5", base64_encode(crypto::md5("y"))}}) == "BadDigest");
    CHECK(code({{"Content-Length", "2"}}) == "IncompleteBody");
    CHECK(store.put("/bkt/" + std::string(1025, 'k'), "x").code() == "KeyTooLongError");
    CHECK(store.put("/bkt/%ff", "x").code() == "InvalidURI");
    CHECK(store.get("/bkt").all("Key").empty());
    // A quota of Swift's holds here too.
    store.backend->save_container("AUTH_test", "bkt", {{"X-Container-Meta-Quota-Bytes", "3"}},
                                  std::nullopt, false, store.backend->now());
    CHECK(code({}, "four") == "QuotaExceeded");
    CHECK(code({}, "xxx").empty());
}

TEST_CASE("s3: listings by prefix, delimiter, marker and page") {
    WithBucket store;
    for (const char* key : {"a/1", "a/2", "b", "c/1", "c/d/2", "e%2Bf", "z"})
        CHECK(store.put(std::string("/bkt/") + key, "x").status == 200);
    CHECK(store.get("/bkt").all("Key") == list({"a/1", "a/2", "b", "c/1", "c/d/2", "e+f", "z"}));
    const Answer rolled = store.get("/bkt?delimiter=%2F");
    CHECK(rolled.all("Key") == list({"b", "e+f", "z"}));
    CHECK(rolled.all("Prefix") == list({"", "a/", "c/"}));
    CHECK(store.get("/bkt?prefix=c%2F&delimiter=%2F").all("Key") == list({"c/1"}));
    CHECK(store.get("/bkt?marker=b").all("Key") == list({"c/1", "c/d/2", "e+f", "z"}));
    CHECK(store.get("/bkt?delimiter=%2F&marker=a%2F").all("Prefix") == list({"", "c/"}));
    CHECK(store.get("/bkt?encoding-type=url&prefix=e").all("Key") == list({"e%2Bf"}));
    CHECK(store.get("/bkt?encoding-type=x").code() == "InvalidArgument");
    CHECK(store.get("/bkt?max-keys=x").code() == "InvalidArgument");
    CHECK(store.get("/bkt?max-keys=0").text("IsTruncated") == "false");

    std::vector<std::string> seen;
    std::string token;
    for (int pages = 0; pages < 10; ++pages) {
        const Answer page = store.get("/bkt?list-type=2&delimiter=%2F&max-keys=2" +
                                      (token.empty() ? "" : "&continuation-token=" + token));
        REQUIRE(page.status == 200);
        for (const auto& name : page.all("Key")) seen.push_back(name);
        for (const auto& name : page.all("Prefix"))
            if (!name.empty()) seen.push_back(name);
        CHECK(page.text("KeyCount") == (page.text("IsTruncated") == "true" ? "2" : "1"));
        token = percent_encode(page.text("NextContinuationToken"));
        if (page.text("IsTruncated") == "false") break;
    }
    CHECK(seen == list({"b", "a/", "e+f", "c/", "z"}));
    CHECK(store.get("/bkt?list-type=2&start-after=e").all("Key") == list({"e+f", "z"}));
    CHECK(store.get("/bkt?list-type=2").all("ID").empty());
    CHECK(store.get("/bkt?list-type=2&fetch-owner=true").text("ID") == "AUTH_test");
    CHECK(store.get("/bkt?list-type=2&continuation-token=x").code() == "InvalidArgument");
}

TEST_CASE("s3: copies with their metadata, and many deleted at once") {
    WithBucket store;
    store.put("/bkt/from", "hello", {{"x-amz-meta-a", "1"}, {"x-amz-tagging", "t=1"}});
    const auto copy = [&](const std::string& to, s3::test::Fields headers,
                          const std::string& source = "/bkt/from") {
        headers.emplace_back("x-amz-copy-source", source);
        return store.put("/bkt/" + to, "", headers);
    };
    const Answer copied = copy("to", {});
    REQUIRE_MESSAGE(copied.status == 200, copied.body);
    CHECK(copied.text("ETag") == "\"" + hex_encode(crypto::md5("hello")) + "\"");
    CHECK(store.get("/bkt/to").body == "hello");
    CHECK(store.get("/bkt/to").headers.get("x-amz-meta-a") == "1");
    CHECK(store.get("/bkt/to").headers.get("x-amz-tagging-count") == "1");
    CHECK(copy("to", {{"x-amz-metadata-directive", "REPLACE"}, {"x-amz-meta-b", "2"}}).status ==
          200);
    CHECK_FALSE(store.get("/bkt/to").headers.find("x-amz-meta-a"));
    CHECK(store.get("/bkt/to").headers.get("x-amz-meta-b") == "2");
    CHECK(copy("from", {}).code() == "InvalidRequest");
    CHECK(copy("from", {{"x-amz-metadata-directive", "REPLACE"}}).status == 200);
    CHECK(copy("to", {{"x-amz-metadata-directive", "X"}}).code() == "InvalidArgument");
    CHECK(copy("to", {{"x-amz-copy-source-if-match", "x"}}).code() == "PreconditionFailed");
    CHECK(copy("to", {}, "/bkt/none").code() == "NoSuchKey");
    CHECK(copy("to", {}, "/none/from").code() == "NoSuchBucket");
    CHECK(copy("to", {}, "bkt").code() == "InvalidArgument");

    const auto order = [](const std::string& inside) { return "<Delete>" + inside + "</Delete>"; };
    const Answer deleted = store.post(
        "/bkt?delete", order("<Object><Key>from</Key></Object><Object><Key>none</Key></Object>"));
    CHECK(deleted.all("Key") == list({"from", "none"}));
    CHECK(store.post("/bkt?delete", order("<Quiet>true</Quiet><Object><Key>to</Key></Object>"))
              .all("Key")
              .empty());
    CHECK(store.get("/bkt").all("Key").empty());
    CHECK(store.post("/bkt?delete", order("")).code() == "MalformedXML");
    CHECK(store
              .post("/bkt?delete",
                    "<!DOCTYPE x [<!ENTITY a \"b\">]>" + order("<Object><Key>&a;</Key></Object>"))
              .code() == "MalformedXML");
    std::string many;
    for (int i = 0; i < 1001; ++i) many += "<Object><Key>" + std::to_string(i) + "</Key></Object>";
    CHECK(store.post("/bkt?delete", order(many)).code() == "MalformedXML");
}

TEST_CASE("s3: what is not built says so, also to wrong methods") {
    WithBucket store;
    store.put("/bkt/k", "x");
    for (const char* name : {"website", "notification", "publicAccessBlock", "requestPayment",
                             "replication", "encryption", "accelerate"}) {
        const Answer answer = store.get(std::string("/bkt?") + name);
        CHECK_MESSAGE(answer.status == 501, name);
        CHECK(answer.code() == "NotImplemented");
        CHECK(store.put(std::string("/bkt?") + name, "<x/>").status == 501);
    }
    CHECK(store.put("/bkt?logging", "<x/>").status == 501);
    CHECK(store.get("/bkt/k?torrent").status == 501);
    CHECK(store.post("/bkt/k?restore").status == 501);
    CHECK(store.post("/bkt").status == 501);
    CHECK(store.del("/bkt?website").status == 501);
    CHECK(store.get("/bkt").status == 200);
    CHECK(store.del("/").code() == "MethodNotAllowed");
    CHECK(store.ask("PATCH", "/bkt/k").code() == "MethodNotAllowed");
}
