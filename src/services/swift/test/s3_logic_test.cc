// SPDX-License-Identifier: Apache-2.0
// S3's pure parts: names, errors, checksums, access lists, layouts that are shared with Swift.
#include "base/strings.h"
#include "platform/xml/xml.h"
#include "services/swift/logic/checksum.h"
#include "services/swift/logic/large_object.h"
#include "services/swift/logic/listed_etag.h"
#include "services/swift/logic/versions.h"
#include "services/swift/s3/acl.h"
#include "services/swift/s3/error.h"
#include "services/swift/s3/xml_writer.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::swift;
using namespace nephele::swift::s3;

namespace {
std::string sum(logic::ChecksumKind kind, std::string_view text, std::size_t step = 1000) {
    logic::Checksum sum(kind);
    for (std::size_t at = 0; at < text.size(); at += step) sum.update(text.substr(at, step));
    return hex_encode(*base64_decode(sum.base64()));
}
http::RequestHead get(const std::string& path, const std::string& host = "localhost:8080") {
    http::RequestHead head;
    head.method = "GET";
    head.path = head.target = path;
    head.headers.set("Host", host);
    return head;
}
} // namespace

TEST_CASE("checksums have the check values of their catalogues") {
    const std::string nine = "123456789";
    for (std::size_t step : {1u, 2u, 9u}) {
        CHECK(sum(logic::ChecksumKind::crc32, nine, step) == "cbf43926");
        CHECK(sum(logic::ChecksumKind::crc32c, nine, step) == "e3069283");
        CHECK(sum(logic::ChecksumKind::crc64nvme, nine, step) == "ae8b14860a799888");
    }
    std::string longer;
    for (int i = 0; i < 1000; ++i) longer += static_cast<char>(i * 7);
    CHECK(sum(logic::ChecksumKind::crc32, longer, 1) ==
          sum(logic::ChecksumKind::crc32, longer, 13));
    CHECK(sum(logic::ChecksumKind::sha256, "") ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(logic::checksum_named("CRC64NVME") == logic::ChecksumKind::crc64nvme);
    CHECK(!logic::checksum_named("md5"));
}

TEST_CASE("names of buckets") {
    for (const char* good : {"abc", "my-bucket", "a.b.c", "0a1", "my.backup-2026"})
        CHECK_MESSAGE(is_new_bucket_name(good), good);
    for (const char* bad : {"ab", "Abc", "a_b", "-ab", "ab-", "a..b", "a.-b", "a-.b", ".ab",
                            "192.168.0.1", "a b", "a+segments", "\xc3\xa9tage"})
        CHECK_FALSE_MESSAGE(is_new_bucket_name(bad), bad);
    CHECK_FALSE(is_new_bucket_name(std::string(64, 'a')));
    CHECK(is_bucket_name("My_Container"));
    CHECK_FALSE(is_bucket_name("bucket+segments"));
}

TEST_CASE("bucket and key from path and host") {
    auto target = read_target(get("/b1/a/b%20c//"), {});
    CHECK(target.bucket == "b1");
    CHECK(target.key == "a/b c//");
    CHECK(read_target(get("/"), {}).bucket.empty());
    CHECK(read_target(get("/b1/"), {}).key.empty());
    target = read_target(get("/k", "my.b.s3.example.org:8080"), {"s3.example.org"});
    CHECK(target.bucket == "my.b");
    CHECK(target.key == "k");
    CHECK(target.virtual_host);
    CHECK(read_target(get("/b/k", "s3.example.org"), {"s3.example.org"}).bucket == "b");
    CHECK_THROWS_AS(read_target(get("/b/%00"), {}), Failure);
    CHECK_THROWS_AS(read_target(get("/b/%ff"), {}), Failure);
    CHECK_THROWS_AS(read_target(get("/b/%zz"), {}), Failure);
    CHECK_THROWS_AS(read_target(get("//k"), {}), Failure);
    CHECK_NOTHROW(read_target(get("/b/" + std::string(1024, 'k')), {}));
    CHECK_THROWS_AS(read_target(get("/b/" + std::string(1025, 'k')), {}), Failure);
}

TEST_CASE("errors are S3's, whoever failed") {
    const auto text = error_xml(failure(Code::NoSuchKey).with("Key", "a&b"), "/b/a&b", "tx1");
    const auto root = xml::parse(text);
    REQUIRE(root);
    CHECK(root->name == "Error");
    CHECK(root->child("Code")->text == "NoSuchKey");
    CHECK(root->child("Key")->text == "a&b");
    CHECK(root->child("RequestId")->text == "tx1");
    CHECK(error_status(failure(Code::InvalidRange)) == 416);
    // What broke inside is not told.
    const Failure inside(Fault::internal, "DiskError", "/dev/sdq is on fire");
    CHECK(error_status(inside) == 500);
    CHECK(error_xml(inside, "", "tx1").find("sdq") == std::string::npos);
    CHECK(error_status(Failure(Fault::unavailable, "NoQuorum", "x")) == 503);
    CHECK(error_status(Failure(Fault::insufficient_storage, "Full", "x")) == 503);
}

TEST_CASE("written XML can always be read") {
    Xml xml("A");
    xml.text("B", std::string("x\x01\r\n<&>\"\xef\xbf\xbf", 11)).open("C").number("D", 7);
    const auto root = xml::parse(xml.finish());
    REQUIRE(root);
    CHECK(root->child("B")->text == "x\xef\xbf\xbd\r\n<&>\"\xef\xbf\xbd");
    CHECK(root->child("C")->child("D")->text == "7");
    CHECK(!xml::parse("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"));
    CHECK(!xml::parse("<a>" + std::string(100, ' ') + "</a>", 50));
}

TEST_CASE("access lists: canned, grants, and back") {
    const auto open = acl_of_canned("public-read");
    CHECK(open.at("X-Container-Read") == ".r:*,.rlistings");
    CHECK(open.at("X-Container-Write").empty());
    CHECK_THROWS_AS(acl_of_canned("authenticated-read"), Failure);
    CHECK_THROWS_AS(acl_of_canned("whatever"), Failure);
    for (const char* name : {"private", "public-read", "public-read-write"}) {
        const auto set = acl_of_canned(name);
        CHECK(acl_of_xml(acl_xml("AUTH_x", set)) == set);
    }
    CHECK_THROWS_AS(acl_of_xml("<x/>"), Failure);
    CHECK_THROWS_AS(acl_of_xml("not xml"), Failure);
    auto head = get("/b?acl");
    CHECK(!acl_of_headers(head));
    head.headers.set("x-amz-grant-read", "uri=\"http://acs.amazonaws.com/groups/global/AllUsers\"");
    CHECK(acl_of_headers(head) == open);
    head.headers.set("x-amz-acl", "private");
    CHECK_THROWS_AS(acl_of_headers(head), Failure);
    auto foreign = get("/b?acl");
    foreign.headers.set("x-amz-grant-read", "id=\"someone\"");
    CHECK_THROWS_AS(acl_of_headers(foreign), Failure);
}

TEST_CASE("listed etags and manifests are upstream's") {
    const auto listed = logic::parse_listed_etag("abc; s3_etag=def-3; slo_etag=ghi");
    CHECK(listed.etag == "abc");
    CHECK(listed.for_s3() == "def-3");
    CHECK(listed.text() == "abc; s3_etag=def-3; slo_etag=ghi");
    CHECK(logic::parse_listed_etag("abc").for_s3() == "abc");
    CHECK(logic::parse_listed_etag("abc; slo_etag=ghi").for_s3() == "ghi-N");

    logic::Segment segment;
    segment.container = "c+segments";
    segment.object = "k/1";
    segment.etag = "e1";
    segment.size = segment.length = 10;
    ObjectInfo info;
    info.listed_etag = "; s3_etag=def-1";
    const std::string text = logic::write_manifest({segment});
    logic::describe_large_object(info, {segment}, text);
    CHECK(logic::is_static_large_object(info));
    CHECK(logic::large_object_bytes(info) == 10);
    CHECK(info.listed_bytes == 10);
    CHECK(logic::parse_listed_etag(info.listed_etag).for_s3() == "def-1");
    CHECK(logic::parse_listed_etag(info.listed_etag).parameter("slo_etag") ==
          hex_encode(crypto::md5("e1")));
    REQUIRE(logic::read_manifest(text));
    CHECK(logic::read_manifest(text)->front().path() == "/c+segments/k/1");
}

TEST_CASE("versions: the newest sorts first, and names come back") {
    const Timestamp old{170000000000000, 0}, young{170000000000001, 0};
    CHECK(logic::version_name("k", young) < logic::version_name("k", old));
    CHECK(logic::version_name("k", old) < logic::version_name("k!", young));
    const auto back = logic::parse_version_name(logic::version_name("a/b", old));
    REQUIRE(back);
    CHECK(back->object == "a/b");
    CHECK(back->id == old);
    CHECK(!logic::parse_version_name("plain"));
    CHECK(!logic::parse_version_name(std::string("k\0x", 3)));
    ObjectInfo version;
    version.bytes = 7;
    version.etag = "abc";
    version.listed_etag = "def; s3_etag=ghi-2";
    const auto link = logic::version_link(version, old);
    CHECK(logic::linked_version(link) == old);
    CHECK(link.listed_bytes == 7);
    const auto listed = logic::parse_listed_etag(link.listed_etag);
    CHECK(listed.for_s3() == "ghi-2");
    CHECK(listed.parameter("version_id") == old.text());
    CHECK(link.listed_etag.ends_with("version_id=" + old.text()));
    CHECK_FALSE(logic::is_version_link(version));
    CHECK(!logic::symlink_target(version));
}
