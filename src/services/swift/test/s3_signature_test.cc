// SPDX-License-Identifier: Apache-2.0
// Signatures of S3 requests: the examples of Amazon's documents, and what must not pass.
#include "base/strings.h"
#include "services/swift/s3/error.h"
#include "services/swift/s3/payload.h"
#include "services/swift/s3/signature.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::swift::s3;

namespace {
const std::string secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const std::string empty_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const std::string credential = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";
const Time then = *parse_compact_time("20130524T000000Z");

http::RequestHead head_of(const std::string& method, const std::string& target,
                          const std::vector<std::pair<std::string, std::string>>& headers) {
    http::RequestHead head;
    head.method = method;
    head.target = target;
    head.path = target.substr(0, target.find('?'));
    if (const auto mark = target.find('?'); mark != target.npos)
        head.query = target.substr(mark + 1);
    for (auto& [name, value] : headers) head.headers.add(name, value);
    return head;
}

bool passes(const http::RequestHead& head, const std::string& key = secret) {
    const Query query(head.query);
    const auto read = read_authorization(head, query);
    REQUIRE(read);
    return signature_fits(*read, key, head, query, read_target(head, {"s3.amazonaws.com"}));
}

std::string authorization(const std::string& names, const std::string& signature) {
    return "AWS4-HMAC-SHA256 Credential=" + credential + ",SignedHeaders=" + names +
           ",Signature=" + signature;
}

template <class F> std::string code_of(F&& action) {
    try {
        action();
    } catch (const Failure& failure) {
        return failure.code();
    }
    return "";
}

class Wire final : public http::BodyReader {
  public:
    Wire(std::string text, std::size_t step) : text_(std::move(text)), step_(step) {}
    std::size_t read(char* into, std::size_t size) override {
        const std::size_t count = std::min({size, step_, text_.size() - at_});
        std::copy_n(text_.data() + at_, count, into);
        at_ += count;
        return count;
    }
    std::optional<std::uint64_t> length() const override { return text_.size(); }

  private:
    std::string text_;
    std::size_t step_, at_ = 0;
};

std::string all_of(http::BodyReader& body, std::size_t step = 1000) {
    std::string out(step, '\0'), text;
    while (const std::size_t count = body.read(out.data(), step)) text.append(out, 0, count);
    return text;
}
} // namespace

TEST_CASE("version 4: GET Object") {
    auto head = head_of(
        "GET", "/test.txt",
        {{"Host", "examplebucket.s3.amazonaws.com"},
         {"Range", "bytes=0-9"},
         {"x-amz-content-sha256", empty_hash},
         {"x-amz-date", "20130524T000000Z"},
         {"Authorization", authorization("host;range;x-amz-content-sha256;x-amz-date",
                                         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c60"
                                         "36bdb41")}});
    CHECK(passes(head));
    CHECK_FALSE(passes(head, secret + "x"));
    auto other = head;
    other.headers.set("Range", "bytes=0-10");
    CHECK_FALSE(passes(other));
    other = head;
    other.target = other.path = "/test2.txt";
    CHECK_FALSE(passes(other));
    other = head;
    other.method = "DELETE";
    CHECK_FALSE(passes(other));
}

TEST_CASE("version 4: PUT Object with an escaped key") {
    CHECK(passes(head_of(
        "PUT", "/test%24file.text",
        {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
         {"Host", "examplebucket.s3.amazonaws.com"},
         {"x-amz-date", "20130524T000000Z"},
         {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
         {"x-amz-content-sha256",
          "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"},
         {"Authorization",
          authorization("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")}})));
}

TEST_CASE("version 4: bucket subresource and list") {
    CHECK(passes(head_of(
        "GET", "/?lifecycle",
        {{"Host", "examplebucket.s3.amazonaws.com"},
         {"x-amz-date", "20130524T000000Z"},
         {"x-amz-content-sha256", empty_hash},
         {"Authorization",
          authorization("host;x-amz-content-sha256;x-amz-date",
                        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")}})));
    CHECK(passes(head_of(
        "GET", "/?max-keys=2&prefix=J",
        {{"Host", "examplebucket.s3.amazonaws.com"},
         {"x-amz-date", "20130524T000000Z"},
         {"x-amz-content-sha256", empty_hash},
         {"Authorization",
          authorization("host;x-amz-content-sha256;x-amz-date",
                        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")}})));
}

TEST_CASE("version 4: a presigned URL, and when it is over") {
    const std::string query =
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2F"
        "us-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&"
        "X-Amz-SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    const auto head =
        head_of("GET", "/test.txt?" + query, {{"Host", "examplebucket.s3.amazonaws.com"}});
    CHECK(passes(head));
    const auto read = *read_authorization(head, Query(head.query));
    check_scope(read, "us-east-1");
    CHECK(code_of([&] { check_scope(read, "eu-west-1"); }) == "AuthorizationQueryParametersError");
    check_time(read, then.plus_seconds(86399));
    CHECK(code_of([&] { check_time(read, then.plus_seconds(86400)); }) == "AccessDenied");
    CHECK(code_of([&] { check_time(read, then.plus_seconds(-3600)); }) == "AccessDenied");
    const auto longer = replace_all(query, "86400", "604801");
    CHECK(code_of([&] { read_authorization(head, Query(longer)); }) ==
          "AuthorizationQueryParametersError");
}

TEST_CASE("version 2: the examples of REST authentication") {
    const auto signed_by = [](const std::string& signature) {
        return std::pair<std::string, std::string>{"Authorization",
                                                   "AWS AKIAIOSFODNN7EXAMPLE:" + signature};
    };
    const std::string host = "awsexamplebucket1.us-west-1.s3.amazonaws.com";
    const auto check = [&](http::RequestHead head) {
        const Query query(head.query);
        const auto read = read_authorization(head, query);
        REQUIRE(read);
        return signature_fits(*read, secret, head, query,
                              read_target(head, {"us-west-1.s3.amazonaws.com"}));
    };
    CHECK(check(head_of("GET", "/photos/puppy.jpg",
                        {{"Host", host},
                         {"Date", "Tue, 27 Mar 2007 19:36:42 +0000"},
                         signed_by("qgk2+6Sv9/oM7G3qLEjTH1a1l1g=")})));
    CHECK(check(head_of("PUT", "/photos/puppy.jpg",
                        {{"Content-Type", "image/jpeg"},
                         {"Content-Length", "94328"},
                         {"Host", host},
                         {"Date", "Tue, 27 Mar 2007 21:15:45 +0000"},
                         signed_by("iqRzw+ileNPu1fhspnRs8nOjjIA=")})));
    CHECK(check(head_of("GET", "/?prefix=photos&max-keys=50&marker=puppy",
                        {{"User-Agent", "Mozilla/5.0"},
                         {"Host", host},
                         {"Date", "Tue, 27 Mar 2007 19:42:41 +0000"},
                         signed_by("m0WP8eCtspQl5Ahe6L1SozdX9YA=")})));
    CHECK(check(head_of("GET", "/?acl",
                        {{"Host", host},
                         {"Date", "Tue, 27 Mar 2007 19:44:46 +0000"},
                         signed_by("82ZHiFIjc+WbcwFKGUVEQspPn+0=")})));
    auto presigned = head_of("GET",
                             "/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&"
                             "Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620",
                             {{"Host", host}});
    const auto read = *read_authorization(presigned, Query(presigned.query));
    CHECK(read.presigned);
    CHECK(code_of([&] { check_time(read, Time{1175139620 * 1'000'000ll}); }) == "AccessDenied");
    check_time(read, Time{1175139619 * 1'000'000ll});
}

TEST_CASE("malformed and stale signatures are refused by name") {
    const auto code = [](const std::string& text) {
        const auto head =
            head_of("GET", "/b",
                    {{"Host", "h"}, {"x-amz-date", "20130524T000000Z"}, {"Authorization", text}});
        return code_of([&] { read_authorization(head, Query("")); });
    };
    CHECK(code("AWS4-HMAC-SHA256") == "AuthorizationHeaderMalformed");
    CHECK(code("AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host,Signature=1") ==
          "AuthorizationHeaderMalformed");
    CHECK(code("AWS4-HMAC-SHA256 Credential=" + credential + ",SignedHeaders=range,Signature=1") ==
          "AuthorizationHeaderMalformed");
    CHECK(code("AWS4-ECDSA-P256-SHA256 Credential=x") == "NotImplemented");
    CHECK(code("AWS nocolon") == "InvalidArgument");
    auto head = head_of("GET", "/b",
                        {{"Host", "h"},
                         {"x-amz-date", "20130524T000000Z"},
                         {"x-amz-meta-a", "b"},
                         {"Authorization", authorization("host;x-amz-date", "1")}});
    const auto read = *read_authorization(head, Query(""));
    CHECK(code_of([&] { check_signed_headers(read, head); }) == "AccessDenied");
    CHECK(code_of([&] { payload_hash(read, head); }) == "InvalidRequest");
    check_time(read, then.plus_seconds(900));
    CHECK(code_of([&] { check_time(read, then.plus_seconds(901)); }) == "RequestTimeTooSkewed");
    CHECK(code_of([&] { check_time(read, then.plus_seconds(-901)); }) == "RequestTimeTooSkewed");
    head.headers.erase("x-amz-date");
    CHECK(code_of([&] { read_authorization(head, Query("")); }) == "AccessDenied");
    CHECK(!read_authorization(head_of("GET", "/", {}), Query("")));
    CHECK_FALSE(is_signed(head_of("GET", "/?acl", {})));
}

// "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks".
TEST_CASE("chunked bodies: the document's example, whatever the pieces") {
    const std::string names =
        "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
        "x-amz-decoded-content-length;x-amz-storage-class";
    auto head =
        head_of("PUT", "/examplebucket/chunkObject.txt",
                {{"Host", "s3.amazonaws.com"},
                 {"x-amz-date", "20130524T000000Z"},
                 {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                 {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
                 {"Content-Encoding", "aws-chunked"},
                 {"x-amz-decoded-content-length", "66560"},
                 {"Content-Length", "66824"},
                 {"Authorization",
                  authorization(
                      names, "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9")}});
    CHECK(passes(head));
    const auto read = *read_authorization(head, Query(""));
    const ChunkSigner signer{crypto::aws::signing_key(secret, read.scope), read.time,
                             read.signature, read.scope};
    const std::string wire =
        "10000;chunk-signature="
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" +
        std::string(65536, 'a') +
        "\r\n400;chunk-signature="
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" +
        std::string(1024, 'a') +
        "\r\n0;chunk-signature="
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";
    CHECK(wire.size() == 66824);
    const auto plan = plan_payload(head, payload_hash(read, head));
    const auto outcome = [&](const std::string& text, std::size_t step) {
        return code_of([&] {
            Wire source(text, step);
            Payload body(source, plan, signer);
            const std::string text_read = all_of(body);
            CHECK(text_read == std::string(66560, 'a'));
        });
    };
    for (std::size_t step : {1u, 7u, 4096u, 100000u}) CHECK(outcome(wire, step) == "");
    auto changed = wire;
    changed[40000] = 'b';
    CHECK(outcome(changed, 999) == "SignatureDoesNotMatch");
    CHECK(outcome(wire.substr(0, 65700), 999) == "IncompleteBody");
    CHECK(outcome(wire.substr(0, wire.size() - 90), 999) == "IncompleteBody");
    CHECK(outcome("zz;" + wire, 999) == "InvalidRequest");
    CHECK(outcome(replace_all(wire, ";chunk-signature=b6", ";chunk-signature=b7"), 999) ==
          "SignatureDoesNotMatch");
    CHECK(outcome(replace_all(wire, "400;chunk-signature", "400;x"), 999) ==
          "SignatureDoesNotMatch");
}

// "Transferring Payload in Multiple Chunks (Trailing Headers)".
TEST_CASE("chunked bodies: signed and unsigned trailers") {
    auto head = head_of(
        "PUT", "/examplebucket/chunkObject.txt",
        {{"Host", "s3.amazonaws.com"},
         {"x-amz-date", "20130524T000000Z"},
         {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
         {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"},
         {"Content-Encoding", "aws-chunked"},
         {"x-amz-decoded-content-length", "66560"},
         {"x-amz-trailer", "x-amz-checksum-crc32c"},
         {"Authorization",
          authorization("content-encoding;host;x-amz-content-sha256;x-amz-date;"
                        "x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
                        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e")}});
    CHECK(passes(head));
    const auto read = *read_authorization(head, Query(""));
    const ChunkSigner signer{crypto::aws::signing_key(secret, read.scope), read.time,
                             read.signature, read.scope};
    const auto outcome = [&](const std::string& text, const PayloadPlan& plan,
                             const ChunkSigner& by) {
        return code_of([&] {
            Wire source(text, 333);
            Payload body(source, plan, by);
            const std::string text_read = all_of(body);
            CHECK(text_read == std::string(66560, 'a'));
            CHECK(body.checksum()->second == "sOO8/Q==");
        });
    };
    const std::string wire =
        "10000;chunk-signature="
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n" +
        std::string(65536, 'a') +
        "\r\n400;chunk-signature="
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n" +
        std::string(1024, 'a') +
        "\r\n0;chunk-signature="
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
        "x-amz-checksum-crc32c:sOO8/Q==\r\n"
        "x-amz-trailer-signature:"
        "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
    CHECK(outcome(wire, plan_payload(head, payload_hash(read, head)), signer) == "");
    CHECK(outcome(replace_all(wire, "sOO8/Q==", "sOO8/g=="),
                  plan_payload(head, payload_hash(read, head)), signer) == "SignatureDoesNotMatch");

    head.headers.set("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    const auto plan = plan_payload(head, payload_hash(read, head));
    const std::string plain =
        "10400\r\n" + std::string(66560, 'a') + "\r\n0\r\nx-amz-checksum-crc32c:sOO8/Q==\r\n\r\n";
    CHECK(outcome(plain, plan, {}) == "");
    CHECK(outcome(plain.substr(0, plain.size() - 2), plan, {}) == "");
    CHECK(outcome(replace_all(plain, "sOO8", "sOO9"), plan, {}) == "BadDigest");
    CHECK(outcome("10400\r\n" + std::string(66560, 'a') + "\r\n0\r\n\r\n", plan, {}) ==
          "MalformedTrailerError");
    CHECK(outcome(plain + "more", plan, {}) == "IncompleteBody");
}

TEST_CASE("plain bodies: digests, checksums and lengths") {
    const std::string text = "hello";
    const auto outcome = [&](const std::vector<std::pair<std::string, std::string>>& headers,
                             const std::string& hash, const std::string& sent = "hello") {
        return code_of([&] {
            auto head = head_of("PUT", "/b/k", headers);
            Wire source(sent, 2);
            Payload body(source, plan_payload(head, hash));
            all_of(body, 3);
        });
    };
    const std::string sha256 = hex_encode(crypto::sha256(text));
    CHECK(outcome({}, sha256) == "");
    CHECK(outcome({}, empty_hash) == "XAmzContentSHA256Mismatch");
    CHECK(outcome({}, "nonsense") == "InvalidRequest");
    CHECK(outcome({}, "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD") == "NotImplemented");
    CHECK(outcome({}, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") == "MissingContentLength");
    CHECK(outcome({{"Content-MD5", base64_encode(crypto::md5(text))}}, sha256) == "");
    CHECK(outcome({{"Content-MD5", base64_encode(crypto::md5("x"))}}, sha256) == "BadDigest");
    CHECK(outcome({{"Content-MD5", "x"}}, sha256) == "InvalidDigest");
    CHECK(outcome({{"Content-Length", "6"}}, sha256) == "IncompleteBody");
    CHECK(outcome({{"x-amz-checksum-crc32", "NhCmhg=="}}, sha256) == "");
    CHECK(outcome({{"x-amz-checksum-crc32", "NhCmhw=="}}, sha256) == "BadDigest");
    CHECK(outcome({{"x-amz-checksum-crc32", "AAAA"}}, sha256) == "InvalidRequest");
    CHECK(outcome(
              {{"x-amz-checksum-sha1", base64_encode(crypto::digest(crypto::Digest::sha1, text))}},
              sha256) == "");
}
