// SPDX-License-Identifier: Apache-2.0
// Multipart uploads, versioning, locks and settings through the face.
#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/swift/logic/large_object.h"
#include "services/swift/s3/lifecycle.h"
#include "services/swift/test/s3_client.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::swift;
using s3::test::Answer;
using s3::test::Store;

namespace {
struct WithBucket : Store {
    explicit WithBucket(const s3::test::Fields& headers = {}) {
        CHECK(put("/bkt", "", headers).status == 200);
    }
    std::string begin(const std::string& key, const s3::test::Fields& headers = {}) {
        const Answer answer = ask("POST", "/bkt/" + key + "?uploads", "", headers);
        REQUIRE_MESSAGE(answer.status == 200, answer.body);
        return answer.text("UploadId");
    }
    Answer part(const std::string& key, const std::string& id, int number, const std::string& body,
                const s3::test::Fields& headers = {}) {
        return put(format("/bkt/{}?partNumber={}&uploadId={}", key, number, id), body, headers);
    }
    Answer complete(const std::string& key, const std::string& id,
                    const std::vector<std::pair<int, std::string>>& parts) {
        std::string body = "<CompleteMultipartUpload>";
        for (const auto& [number, etag] : parts)
            body += format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", number, etag);
        return post("/bkt/" + key + "?uploadId=" + id, body + "</CompleteMultipartUpload>");
    }
    std::size_t segments() { return backend->objects("AUTH_test", "bkt+segments", {}).size(); }
    void enable_versioning(const char* status = "Enabled") {
        CHECK(put("/bkt?versioning", format("<VersioningConfiguration><Status>{}</Status>"
                                            "</VersioningConfiguration>",
                                            status))
                  .status == 200);
    }
};
std::string md5(const std::string& text) { return hex_encode(crypto::md5(text)); }
std::vector<std::string> list(std::initializer_list<const char*> names) {
    return {names.begin(), names.end()};
}
} // namespace

TEST_CASE("s3: a multipart upload becomes one object, and goes with it") {
    WithBucket store;
    const std::string id =
        store.begin("dir/k", {{"Content-Type", "video/x"}, {"x-amz-meta-a", "1"}});
    CHECK(store.part("dir/k", id, 2, "world").headers.get("ETag") == "\"" + md5("world") + "\"");
    CHECK(store.part("dir/k", id, 1, "hello ").status == 200);
    CHECK(store.part("dir/k", id, 7, "unused").status == 200);
    const Answer parts = store.get("/bkt/dir/k?uploadId=" + id);
    CHECK(parts.all("PartNumber") == list({"1", "2", "7"}));
    CHECK(
        store.get("/bkt/dir/k?max-parts=1&part-number-marker=1&uploadId=" + id).all("PartNumber") ==
        list({"2"}));
    CHECK(store.get("/bkt?uploads").all("Key") == list({"dir/k"}));
    CHECK(store.get("/bkt?uploads&delimiter=%2F").all("Prefix") == list({"", "dir/"}));
    CHECK(store.get("/bkt/dir/k").code() == "NoSuchKey");
    CHECK(store.complete("dir/k", id, {{2, md5("world")}, {1, md5("hello ")}}).code() ==
          "InvalidPartOrder");
    CHECK(store.complete("dir/k", id, {{1, md5("x")}}).code() == "InvalidPart");
    CHECK(store.complete("dir/k", id, {{3, md5("x")}}).code() == "InvalidPart");
    CHECK(store.complete("dir/k", id, {}).code() == "MalformedXML");
    const std::vector<std::pair<int, std::string>> wanted = {{1, "\"" + md5("hello ") + "\""},
                                                             {2, md5("world")}};
    const Answer done = store.complete("dir/k", id, wanted);
    REQUIRE_MESSAGE(done.status == 200, done.body);
    const std::string etag = md5(*hex_decode(md5("hello ")) + *hex_decode(md5("world"))) + "-2";
    CHECK(done.text("ETag") == "\"" + etag + "\"");
    CHECK(store.complete("dir/k", id, wanted).status == 200);
    CHECK(store.segments() == 2);
    const Answer got = store.get("/bkt/dir/k");
    CHECK(got.body == "hello world");
    CHECK(got.headers.get("ETag") == "\"" + etag + "\"");
    CHECK(got.headers.get("Content-Type") == "video/x");
    CHECK(got.headers.get("x-amz-meta-a") == "1");
    CHECK(store.ask("HEAD", "/bkt/dir/k").headers.get("Content-Length") == "11");
    CHECK(store.get("/bkt/dir/k", {{"Range", "bytes=4-7"}}).body == "o wo");
    const Answer second = store.get("/bkt/dir/k?partNumber=2");
    CHECK(second.body == "world");
    CHECK(second.headers.get("x-amz-mp-parts-count") == "2");
    const Answer listed = store.get("/bkt");
    CHECK(listed.text("Size") == "11");
    CHECK(listed.text("ETag") == "\"" + etag + "\"");
    // Swift's own API sees a static large object.
    CHECK(logic::is_static_large_object(*store.backend->head({"AUTH_test", "bkt", "dir/k"})));
    CHECK(store.get("/bkt?uploads").all("Key").empty());
    // A copy stands for itself.
    CHECK(store.put("/bkt/copy", "", {{"x-amz-copy-source", "/bkt/dir/k"}}).status == 200);
    CHECK(store.put("/bkt/dir/k", "new").status == 200);
    CHECK(store.segments() == 0);
    CHECK(store.get("/bkt/copy").body == "hello world");
    CHECK(store.get("/bkt/copy").headers.get("ETag") == "\"" + md5("hello world") + "\"");
}

TEST_CASE("s3: uploads that do not end well leave nothing") {
    WithBucket store;
    const std::string id = store.begin("k");
    CHECK(store.part("k", id, 1, "abc").status == 200);
    CHECK(store.part("k", id, 2, "defghi").status == 200);
    CHECK(store.complete("k", id, {{1, md5("abc")}, {2, md5("defghi")}}).code() ==
          "EntityTooSmall");
    CHECK(store.part("k", id, 0, "x").code() == "InvalidArgument");
    CHECK(store.part("k", id, 10001, "x").code() == "InvalidArgument");
    CHECK(store.part("k", "nonsense", 1, "x").code() == "NoSuchUpload");
    CHECK(store.part("other", id, 1, "x").code() == "NoSuchUpload");
    store.put("/bkt/from", "0123456789");
    const Answer copied =
        store.part("k", id, 3, "",
                   {{"x-amz-copy-source", "/bkt/from"}, {"x-amz-copy-source-range", "bytes=2-5"}});
    CHECK(copied.text("ETag") == "\"" + md5("2345") + "\"");
    CHECK(store
              .part("k", id, 3, "",
                    {{"x-amz-copy-source", "/bkt/from"}, {"x-amz-copy-source-range", "bytes=2-50"}})
              .code() == "InvalidArgument");
    CHECK(store.segments() == 4);
    CHECK(store.del("/bkt/k?uploadId=" + id).status == 204);
    CHECK(store.segments() == 0);
    CHECK(store.del("/bkt/k?uploadId=" + id).code() == "NoSuchUpload");
    CHECK(store.complete("k", id, {{1, md5("abc")}}).code() == "NoSuchUpload");
    // A bucket goes with uploads that nobody completed.
    store.del("/bkt/from");
    store.part("k", store.begin("k"), 1, "abc");
    CHECK(store.get("/").all("Name") == list({"bkt"}));
    CHECK(store.del("/bkt").status == 204);
    CHECK_FALSE(store.backend->container("AUTH_test", "bkt+segments"));
}

TEST_CASE("s3: versions are kept, listed, read, removed") {
    WithBucket store;
    store.put("/bkt/k", "zero");
    CHECK(store.get("/bkt?versioning").text("Status").empty());
    store.enable_versioning();
    CHECK(store.get("/bkt?versioning").text("Status") == "Enabled");
    const std::string one = store.put("/bkt/k", "one").headers.get("x-amz-version-id"),
                      two = store.put("/bkt/k", "two-").headers.get("x-amz-version-id");
    CHECK(one < two);
    CHECK(store.get("/bkt/k").body == "two-");
    CHECK(store.get("/bkt/k").headers.get("x-amz-version-id") == two);
    CHECK(store.get("/bkt/k?versionId=" + one).body == "one");
    CHECK(store.get("/bkt/k?versionId=x").code() == "InvalidArgument");
    CHECK(store.get("/bkt/k?versionId=1600000000.00000").code() == "NoSuchVersion");
    CHECK(store.get("/bkt").text("Size") == "4");
    CHECK(store.get("/bkt").text("ETag") == "\"" + md5("two-") + "\"");
    const Answer versions = store.get("/bkt?versions");
    CHECK(versions.all("VersionId").size() == 3);
    CHECK(versions.all("VersionId").front() == two);
    CHECK(versions.all("IsLatest") == list({"true", "false", "false"}));

    const Answer gone = store.del("/bkt/k");
    CHECK(gone.headers.get("x-amz-delete-marker") == "true");
    const std::string marker = gone.headers.get("x-amz-version-id");
    const Answer missing = store.get("/bkt/k");
    CHECK(missing.code() == "NoSuchKey");
    CHECK(missing.headers.get("x-amz-delete-marker") == "true");
    CHECK(store.get("/bkt/k?versionId=" + marker).code() == "MethodNotAllowed");
    CHECK(store.get("/bkt").all("Key").empty());
    CHECK(store.del("/bkt").code() == "BucketNotEmpty");
    CHECK(store.get("/bkt/k?versionId=" + two).body == "two-");
    CHECK(store.get("/bkt?versions").all("DeleteMarker").size() == 1);
    // Without the marker the newest version is back; without that, the one before.
    CHECK(store.del("/bkt/k?versionId=" + marker).headers.get("x-amz-delete-marker") == "true");
    CHECK(store.get("/bkt/k").body == "two-");
    CHECK(store.del("/bkt/k?versionId=" + two).status == 204);
    CHECK(store.get("/bkt/k").body == "one");
    CHECK(store.del("/bkt/k?versionId=" + one).status == 204);
    CHECK(store.get("/bkt/k").body == "zero");

    store.enable_versioning("Suspended");
    CHECK(store.put("/bkt/k", "null").headers.get("x-amz-version-id") == "null");
    CHECK(store.get("/bkt/k").body == "null");
    CHECK(store.get("/bkt?versions").all("VersionId").front() == "null");
    CHECK(store.del("/bkt/k?versionId=null").status == 204);
    CHECK(store.get("/bkt/k").body == "zero");
    for (const auto& id : store.get("/bkt?versions").all("VersionId"))
        CHECK(store.del("/bkt/k?versionId=" + id).status == 204);
    CHECK(store.del("/bkt").status == 204);
}

TEST_CASE("s3: versions by page, prefix and delimiter; large ones too") {
    WithBucket store;
    store.enable_versioning();
    for (const char* key : {"a/1", "a/2", "b", "c"})
        for (int i = 0; i < 2; ++i) store.put(std::string("/bkt/") + key, std::to_string(i));
    const std::string id = store.begin("b");
    store.part("b", id, 1, "large object");
    CHECK(store.complete("b", id, {{1, md5("large object")}}).headers.get("x-amz-version-id") !=
          "");
    CHECK(store.get("/bkt/b").body == "large object");
    std::vector<std::string> seen;
    std::string query = "/bkt?versions&max-keys=2", more = "";
    for (int i = 0; i < 20; ++i) {
        const Answer page = store.get(query + more);
        for (const auto& key : page.all("Key")) seen.push_back(key);
        if (page.text("IsTruncated") == "false") break;
        more = "&key-marker=" + percent_encode(page.text("NextKeyMarker")) +
               "&version-id-marker=" + percent_encode(page.text("NextVersionIdMarker"));
    }
    CHECK(seen == list({"a/1", "a/1", "a/2", "a/2", "b", "b", "b", "c", "c"}));
    const Answer rolled = store.get("/bkt?versions&delimiter=%2F");
    CHECK(rolled.all("Key") == list({"b", "b", "b", "c", "c"}));
    CHECK(rolled.all("Prefix") == list({"", "a/"}));
    CHECK(store.get("/bkt?versions&prefix=a%2F1").all("Key") == list({"a/1", "a/1"}));
    CHECK(store.get("/bkt?versions&version-id-marker=x").code() == "InvalidArgument");
    const std::string newest = store.get("/bkt?versions&prefix=b").all("VersionId").front();
    CHECK(store.segments() == 1);
    CHECK(store.del("/bkt/b?versionId=" + newest).status == 204);
    CHECK(store.segments() == 0);
    CHECK(store.get("/bkt/b").body == "1");
}

TEST_CASE("s3: Swift's large objects are read, also when their segments have versions") {
    WithBucket store;
    store.enable_versioning();
    std::vector<logic::Segment> segments;
    for (const std::string bytes : {"hello ", "world"}) {
        const std::string key = "part" + std::to_string(segments.size());
        CHECK(store.put("/bkt/" + key, bytes).status == 200);
        logic::Segment segment;
        segment.container = "bkt";
        segment.object = key;
        segment.etag = md5(bytes);
        segment.size = segment.length = bytes.size();
        segments.push_back(std::move(segment));
    }
    const std::string manifest = logic::write_manifest(segments);
    ObjectInfo info;
    info.content_type = "text/plain";
    info.timestamp = info.data_timestamp = store.backend->now();
    logic::describe_large_object(info, segments, manifest);
    auto writer = store.backend->put({"AUTH_test", "bkt", "slo"}, 0, std::nullopt);
    writer->write(manifest);
    writer->commit(std::move(info));
    const Answer got = store.get("/bkt/slo");
    CHECK(got.body == "hello world");
    CHECK(got.headers.get("ETag").ends_with("-N\""));
    CHECK(store.get("/bkt/slo", {{"Range", "bytes=5-6"}}).body == " w");
    CHECK(store.get("/bkt?prefix=slo").text("Size") == "11");
    // A segment that became another is told, not sent.
    CHECK(store.put("/bkt/part1", "other").status == 200);
    CHECK(store.get("/bkt/slo").status == 400);
}

TEST_CASE("s3: locked versions stay until they may go") {
    const s3::test::Fields locking = {{"x-amz-bucket-object-lock-enabled", "true"}};
    WithBucket store(locking);
    CHECK(store.get("/bkt?versioning").text("Status") == "Enabled");
    CHECK(store.get("/bkt?object-lock").text("ObjectLockEnabled") == "Enabled");
    const std::string until = iso_time(store.clock.now().plus_seconds(600));
    const std::string held = store
                                 .put("/bkt/k", "x",
                                      {{"x-amz-object-lock-mode", "COMPLIANCE"},
                                       {"x-amz-object-lock-retain-until-date", until}})
                                 .headers.get("x-amz-version-id");
    const std::string path = "/bkt/k?versionId=" + held;
    CHECK(store.del(path).code() == "AccessDenied");
    CHECK(store.del(path, {{"x-amz-bypass-governance-retention", "true"}}).code() ==
          "AccessDenied");
    CHECK(store.del("/bkt/k").status == 204); // a marker only
    CHECK(store.get("/bkt/k?retention&versionId=" + held).text("Mode") == "COMPLIANCE");
    const auto retention = [&](const char* mode, int seconds) {
        return store
            .put("/bkt/k?retention&versionId=" + held,
                 format("<Retention><Mode>{}</Mode><RetainUntilDate>{}</RetainUntilDate>"
                        "</Retention>",
                        mode, iso_time(store.clock.now().plus_seconds(seconds))))
            .code();
    };
    CHECK(retention("COMPLIANCE", 60) == "AccessDenied");
    CHECK(retention("GOVERNANCE", 6000) == "AccessDenied");
    CHECK(retention("COMPLIANCE", 900).empty());
    CHECK(retention("NONE", 900) == "InvalidArgument");
    CHECK(retention("COMPLIANCE", -1) == "InvalidArgument");
    CHECK(store
              .put("/bkt/k?legal-hold&versionId=" + held,
                   "<LegalHold><Status>ON</Status></LegalHold>")
              .status == 200);
    store.clock.advance_ms(1'000'000);
    CHECK(store.del(path).code() == "AccessDenied");
    CHECK(store
              .put("/bkt/k?legal-hold&versionId=" + held,
                   "<LegalHold><Status>OFF</Status></LegalHold>")
              .status == 200);
    CHECK(store.del(path).status == 204);

    CHECK(store
              .put("/bkt?object-lock",
                   "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>"
                   "<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days>"
                   "</DefaultRetention></Rule></ObjectLockConfiguration>")
              .status == 200);
    const std::string governed = store.put("/bkt/g", "x").headers.get("x-amz-version-id");
    CHECK(store.del("/bkt/g?versionId=" + governed).code() == "AccessDenied");
    CHECK(store.del("/bkt/g?versionId=" + governed, {{"x-amz-bypass-governance-retention", "true"}})
              .status == 204);
    CHECK(store
              .put("/bkt?versioning", "<VersioningConfiguration><Status>Suspended</Status>"
                                      "</VersioningConfiguration>")
              .code() == "InvalidBucketState");
}

TEST_CASE("s3: settings of buckets and objects are kept, shown, removed") {
    WithBucket store;
    store.put("/bkt/k", "x");
    const std::string tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet>"
                             "</Tagging>";
    CHECK(store.get("/bkt?tagging").code() == "NoSuchTagSet");
    CHECK(store.put("/bkt?tagging", tags).status == 204);
    CHECK(store.get("/bkt?tagging").text("Value") == "1");
    CHECK(store.del("/bkt?tagging").status == 204);
    CHECK(store.get("/bkt?tagging").code() == "NoSuchTagSet");
    CHECK(store.put("/bkt/k?tagging", tags).status == 200);
    CHECK(store.get("/bkt/k?tagging").text("Key") == "a");
    CHECK(store.get("/bkt/k").body == "x");
    CHECK(store.del("/bkt/k?tagging").status == 204);
    CHECK(store.get("/bkt/k?tagging").all("Key").empty());
    CHECK(store.put("/bkt/k?tagging", "<x/>").code() == "MalformedXML");
    CHECK(store.get("/bkt/none?tagging").code() == "NoSuchKey");

    CHECK(store.get("/bkt?acl").all("Permission") == list({"FULL_CONTROL"}));
    CHECK(store.put("/bkt?acl", "", {{"x-amz-acl", "public-read"}}).status == 200);
    CHECK(store.get("/bkt?acl").all("Permission") == list({"FULL_CONTROL", "READ"}));
    CHECK(store.put("/bkt/k?acl", "", {{"x-amz-acl", "public-read"}}).status == 200);
    CHECK(store.put("/bkt/k?acl", "", {{"x-amz-acl", "private"}}).code() == "NotImplemented");
    CHECK(store.put("/bkt?acl").code() == "MissingSecurityHeader");
    CHECK(store.put("/bkt?acl", "<a/>", {{"x-amz-acl", "private"}}).code() == "UnexpectedContent");

    CHECK(store.get("/bkt?cors").code() == "NoSuchCORSConfiguration");
    CHECK(store
              .put("/bkt?cors", "<CORSConfiguration><CORSRule><AllowedOrigin>https://*.example.org"
                                "</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>"
                                "</CORSConfiguration>")
              .status == 200);
    CHECK(store.get("/bkt?cors").text("AllowedMethod") == "GET");
    CHECK(store.get("/bkt/k", {{"Origin", "https://a.example.org"}})
              .headers.get("Access-Control-Allow-Origin") == "https://a.example.org");
    CHECK_FALSE(store.get("/bkt/k", {{"Origin", "https://evil.org"}})
                    .headers.find("Access-Control-Allow-Origin"));
    CHECK(store.put("/bkt?cors", "<CORSConfiguration/>").code() == "MalformedXML");
    CHECK(store.del("/bkt?cors").status == 204);

    CHECK(store.get("/bkt?policy").code() == "NoSuchBucketPolicy");
    const auto policy = [](const char* effect, const char* action) {
        return format(R"({"Version":"2012-10-17","Statement":[{"Effect":"{}","Principal":"*",)"
                      R"("Action":"{}","Resource":"arn:aws:s3:::bkt/*"}]})",
                      effect, action);
    };
    CHECK(store.put("/bkt?policy", policy("Deny", "s3:PutObject")).status == 204);
    CHECK(store.put("/bkt/k", "y").code() == "AccessDenied");
    CHECK(store.get("/bkt/k").body == "x");
    CHECK(store.put("/bkt?policy", policy("Maybe", "s3:*")).code() == "MalformedPolicy");
    CHECK(store.put("/bkt?policy", "{").code() == "MalformedPolicy");
    CHECK(store.put("/bkt?policy", policy("Deny", "s3:*")).status == 204);
    CHECK(store.get("/bkt?policy").status == 200);
    CHECK(store.del("/bkt?policy").status == 204);
    CHECK(store.put("/bkt/k", "y").status == 200);
}

TEST_CASE("s3: lifecycle rules carry away what is due, and nothing else") {
    WithBucket store;
    const auto rule = [](const std::string& inside, const std::string& prefix = "old/") {
        return "<LifecycleConfiguration><Rule><ID>r</ID><Filter><Prefix>" + prefix +
               "</Prefix></Filter><Status>Enabled</Status>" + inside +
               "</Rule></LifecycleConfiguration>";
    };
    CHECK(store.get("/bkt?lifecycle").code() == "NoSuchLifecycleConfiguration");
    CHECK(store.put("/bkt?lifecycle", rule("")).code() == "InvalidRequest");
    CHECK(store.put("/bkt?lifecycle", rule("<Expiration><Days>0</Days></Expiration>")).code() ==
          "InvalidArgument");
    CHECK(store.put("/bkt?lifecycle", rule("<Transition/>")).code() == "NotImplemented");
    CHECK(store
              .put("/bkt?lifecycle",
                   rule("<Expiration><Days>2</Days></Expiration><AbortIncompleteMultipartUpload>"
                        "<DaysAfterInitiation>1</DaysAfterInitiation>"
                        "</AbortIncompleteMultipartUpload>"))
              .status == 200);
    CHECK(store.get("/bkt?lifecycle").text("Days") == "2");
    store.put("/bkt/old/a", "x");
    store.put("/bkt/new/a", "x");
    store.part("old/u", store.begin("old/u"), 1, "part");
    const auto run = [&](int days) {
        s3::run_lifecycles(*store.backend, store.settings, store.ids,
                           store.clock.now().plus_seconds(days * 86400));
    };
    run(0);
    CHECK(store.get("/bkt").all("Key") == list({"new/a", "old/a"}));
    CHECK(store.segments() == 2);
    run(2);
    CHECK(store.segments() == 0);
    run(3);
    CHECK(store.get("/bkt").all("Key") == list({"new/a"}));

    store.enable_versioning();
    store.put("/bkt?lifecycle", rule("<NoncurrentVersionExpiration><NoncurrentDays>1"
                                     "</NoncurrentDays></NoncurrentVersionExpiration>",
                                     ""));
    store.put("/bkt/v", "1");
    store.put("/bkt/v", "2");
    run(3);
    CHECK(store.get("/bkt?versions&prefix=v").all("VersionId").size() == 1);
    CHECK(store.get("/bkt/v").body == "2");
    CHECK(store.del("/bkt?lifecycle").status == 204);
    run(30);
    CHECK(store.get("/bkt/v").body == "2");
}
