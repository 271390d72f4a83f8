// SPDX-License-Identifier: Apache-2.0
// Where tenants may not send requests, however they spell it.
#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/http/test_support.h"

#include <doctest/doctest.h>

namespace nephele::http::test {
namespace {

/// The reason of the refusal, or "" when allowed.
template <class Check> std::string refusal_of(Check&& check) {
    try {
        check();
    } catch (const Failure& failure) {
        CHECK(failure.kind() == Fault::forbidden);
        CHECK(failure.code() == "EgressDenied");
        return failure.what();
    }
    return "";
}

ClientRequest quick(const std::string& url) {
    ClientRequest request;
    request.url = url;
    request.timeout_ms = 2000;
    return request;
}

} // namespace

TEST_CASE("addresses") {
    auto egress = tenant_egress();
    for (const char* refused : {"127.0.0.1",
                                "127.255.255.254",
                                "0.0.0.0",
                                "0.1.2.3",
                                "10.0.0.1",
                                "10.255.255.255",
                                "100.64.0.1",
                                "100.100.100.200",
                                "169.254.169.254",
                                "172.16.0.1",
                                "172.31.255.255",
                                "192.168.1.1",
                                "192.0.0.192",
                                "192.0.2.1",
                                "198.18.0.1",
                                "198.19.255.255",
                                "198.51.100.7",
                                "203.0.113.9",
                                "224.0.0.1",
                                "239.1.1.1",
                                "240.0.0.1",
                                "255.255.255.255",
                                "168.63.129.16",
                                "::",
                                "::1",
                                "::ffff:127.0.0.1",
                                "::ffff:8.8.8.8",
                                "::ffff:a00:1",
                                "::127.0.0.1",
                                "64:ff9b::7f00:1",
                                "64:ff9b:1::1",
                                "100::1",
                                "fe80::1",
                                "febf::1",
                                "fec0::1",
                                "fc00::1",
                                "fd00:ec2::254",
                                "fd12:3456::1",
                                "ff02::1",
                                "2001::1",
                                "2001:db8::1",
                                "2002:7f00:1::",
                                "2002:a9fe:a9fe::1",
                                "3fff::1",
                                "4000::1",
                                "fe80::1%lo",
                                "",
                                "localhost",
                                "127.1",
                                "8.8.8.8.8",
                                "08.8.8.8",
                                "8.8.8.8 "}) {
        CAPTURE(refused);
        CHECK_FALSE(refusal_of([&] { egress->check_address(refused); }).empty());
    }
    for (const char* fine :
         {"8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
          "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
          "198.20.0.0", "223.255.255.255", "168.63.129.17", "2606:4700::1111",
          "2a00:1450:4001:800::200e", "2001:4860:4860::8888", "2003::1"}) {
        CAPTURE(fine);
        CHECK(refusal_of([&] { egress->check_address(fine); }).empty());
    }
}

TEST_CASE("hosts in unusual spellings") {
    auto egress = tenant_egress({"127.0.0.0/8"});
    for (const char* refused : {"2130706433",
                                "0x7f000001",
                                "0X7F000001",
                                "017700000001",
                                "0177.0.0.1",
                                "0x7f.0.0.1",
                                "127.1",
                                "127.0.1",
                                "127.0.0.1.",
                                "127.0.0.01",
                                "127.0.0.0x1",
                                "1.2.3.4.5",
                                "0",
                                "00",
                                "4294967296",
                                "[::ffff:127.0.0.1]",
                                "::ffff:7f00:1",
                                "[::1%25lo]",
                                "[fe80::1%eth0]",
                                "[::1",
                                "::1]",
                                "127.0.0.1%00.example.com",
                                "a@b",
                                "a/b",
                                "a\\b",
                                "a b",
                                "a#b",
                                "a?b",
                                "",
                                "\xe2\x93\x9b\xe2\x93\x9e",
                                "127\xe3\x80\x82"
                                "0.0.1",
                                "metadata.google.internal",
                                "METADATA.google.internal."}) {
        CAPTURE(refused);
        CHECK_FALSE(refusal_of([&] { egress->check_url("http", refused, 80); }).empty());
    }
    for (const char* fine :
         {"127.0.0.1", "example.com", "example.com.", "8.8.8.8", "[2606:4700::1111]",
          "2606:4700::1111", "x.127.example", "1e100.net", "0x7f.example.com", "localhost"}) {
        CAPTURE(fine);
        CHECK(refusal_of([&] { egress->check_url("https", fine, 443); }).empty());
    }
    auto strict = tenant_egress();
    for (const char* refused : {"localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1"})
        CHECK_FALSE(refusal_of([&] { strict->check_url("http", refused, 80); }).empty());
    CHECK(refusal_of([&] { strict->check_url("http", "notlocalhost", 80); }).empty());
    for (const char* scheme : {"file", "ftp", "gopher", "dict", "unix", ""})
        CHECK_FALSE(refusal_of([&] { strict->check_url(scheme, "example.com", 80); }).empty());
    CHECK_FALSE(refusal_of([&] { strict->check_url("http", "example.com", 0); }).empty());
}

TEST_CASE("a refusal names host and reason") {
    auto egress = tenant_egress();
    CHECK(refusal_of([&] { egress->check_url("http", "169.254.169.254", 80); }) ==
          "requests to 169.254.169.254 are not allowed: link-local or metadata service");
}

TEST_CASE("listed networks are allowed, and only those") {
    auto egress = tenant_egress({"10.1.2.0/23", "fd00:1::/33", "192.168.7.7"});
    for (const char* fine : {"10.1.2.0", "10.1.3.255", "fd00:1::1", "fd00:1:7fff::", "192.168.7.7"})
        CHECK(refusal_of([&] { egress->check_address(fine); }).empty());
    for (const char* refused :
         {"10.1.1.255", "10.1.4.0", "fd00:1:8000::", "fd00:2::1", "192.168.7.8", "::ffff:10.1.2.1"})
        CHECK_FALSE(refusal_of([&] { egress->check_address(refused); }).empty());
    for (const char* bad : {"10.0.0.0/33", "fd00::/129", "10.0.0.0/-1", "10.0.0.0/x", "net", "/8"})
        CHECK_THROWS_AS(tenant_egress({bad}), std::invalid_argument);
}

TEST_CASE("fetch refuses before it connects") {
    Fixture fixture;
    std::atomic<int> seen{0};
    fixture.application.on("/", [&](const RequestHead&, std::string) {
        ++seen;
        return text_response("reached");
    });
    auto port = std::to_string(fixture.port());
    auto egress = tenant_egress();
    // Spellings libcurl normalizes, names that resolve to us, credentials in front of the host.
    for (const std::string host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1",
                                   "127.1", "[::1]", "[::ffff:127.0.0.1]", "example.com@127.0.0.1",
                                   "127.0.0.1.", "0.0.0.0", "0", "ip6-localhost"}) {
        CAPTURE(host);
        CHECK_THROWS(fetch(quick("http://" + host + ":" + port + "/"), *egress));
    }
    CHECK(seen == 0);
    // A connection that an unchecked request left open must not be borrowed.
    CHECK(fetch(quick("http://localhost:" + port + "/")).body == "reached");
    CHECK_THROWS_AS(fetch(quick("http://localhost:" + port + "/"), *egress), Failure);
    CHECK(seen == 1);
    auto listed = tenant_egress({"127.0.0.0/8", "::1/128"});
    CHECK(fetch(quick("http://127.0.0.1:" + port + "/"), *listed).body == "reached");
    CHECK(fetch(quick("http://localhost:" + port + "/"), *listed).body == "reached");
    CHECK(seen == 3);
}

TEST_CASE("every redirect is checked again") {
    Fixture fixture;
    std::atomic<int> seen{0};
    fixture.application.on("/secret", [&](const RequestHead&, std::string) {
        ++seen;
        return text_response("secret");
    });
    fixture.application.on("/to", [&](const RequestHead& head, std::string) {
        auto response = text_response("", 302);
        response.headers.set("Location", parse_query(head.query)[0].second);
        return response;
    });
    auto egress = tenant_egress({"127.0.0.1/32"});
    auto request = quick(fixture.url("/to?l=/secret"));
    request.redirects = 5;
    CHECK(fetch(request, *egress).body == "secret");
    auto port = std::to_string(fixture.port());
    for (const std::string host : {"127.0.0.2", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]"}) {
        request.url = fixture.url("/to?l=http://" + host + ":" + port + "/secret");
        CHECK_THROWS_AS(fetch(request, *egress), Failure);
    }
    CHECK(seen == 1);
}

/// Lets every name pass and refuses at the last moment: the address that is really connected to.
class LateEgress : public Egress {
  public:
    void check_url(std::string_view, std::string_view, std::uint16_t) override {}
    void check_address(std::string_view) override {
        if (++calls > 1) throw forbidden("EgressDenied", "changed its mind");
    }
    int calls = 0;
};

TEST_CASE("the address is checked once more when the socket is made") {
    Fixture fixture;
    add_echo(fixture.application);
    LateEgress egress;
    CHECK_THROWS_WITH(fetch(quick(fixture.url("/echo")), egress), "changed its mind");
    CHECK(egress.calls == 2);
}

} // namespace nephele::http::test
