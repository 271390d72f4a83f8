// SPDX-License-Identifier: Apache-2.0
#include "platform/http/http.h"

#include <doctest/doctest.h>

namespace nephele::http {

TEST_CASE("header names compare without case and keep their order") {
    Headers headers;
    headers.add("X-One", "1");
    headers.add("Via", "a");
    headers.add("via", "b");
    REQUIRE(headers.find("x-ONE"));
    CHECK(*headers.find("x-ONE") == "1");
    CHECK(headers.find("X-Two") == nullptr);
    CHECK(headers.get("X-Two", "none") == "none");
    CHECK(headers.all().size() == 3);
    headers.set("VIA", "c");
    REQUIRE(headers.all().size() == 2);
    CHECK(headers.all()[1].first == "Via");
    CHECK(headers.get("via") == "c");
    headers.set("New", "n");
    headers.erase("x-one");
    CHECK(headers.all().size() == 2);
    CHECK(headers.find("X-One") == nullptr);
}

TEST_CASE("queries are decoded in order and bad escapes are kept") {
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    CHECK(parse_query("a=1&b=x%20y") == Pairs{{"a", "1"}, {"b", "x y"}});
    CHECK(parse_query("sort=a+b&sort=%2B") == Pairs{{"sort", "a b"}, {"sort", "+"}});
    CHECK(parse_query("flag&=v&&x=") == Pairs{{"flag", ""}, {"", "v"}, {"x", ""}});
    CHECK(parse_query("a=%zz&b=%4&c=%") == Pairs{{"a", "%zz"}, {"b", "%4"}, {"c", "%"}});
    CHECK(parse_query("a=b=c%3d") == Pairs{{"a", "b=c="}});
    CHECK(parse_query("").empty());
}

TEST_CASE("reason phrases") {
    CHECK(reason_phrase(204) == std::string("No Content"));
    CHECK(reason_phrase(431) == std::string("Request Header Fields Too Large"));
    CHECK(reason_phrase(799) == std::string("Unknown"));
}

} // namespace nephele::http
