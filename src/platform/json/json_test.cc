// SPDX-License-Identifier: Apache-2.0
#include "platform/json/json.h"

#include <cfloat>
#include <cmath>
#include <doctest/doctest.h>
#include <limits>

using namespace nephele;

namespace {
/// What parse() says about a text that it must refuse.
std::string refusal(std::string_view text, int max_depth = 64) {
    try {
        Json::parse(text, max_depth);
    } catch (const JsonError& e) {
        return e.what();
    }
    return "accepted";
}
} // namespace

TEST_CASE("what is written is read back the same, members in their order") {
    const std::string text = R"({"z":[1,-2,true,false,null,{}],"a":{"k":"v"},"e":[],"s":""})";
    CHECK(Json::parse(text).dump() == text);
    CHECK(Json::parse(" \n[ 1 , 2 ]\t ").dump() == "[1,2]");
    CHECK(Json::parse("\"x\"").as_string() == "x");
}

TEST_CASE("integers of both signs are exact over 64 bits") {
    for (const char* text : {"9223372036854775807", "-9223372036854775808", "9223372036854775808",
                             "18446744073709551615", "0", "-1"}) {
        CHECK(Json::parse(text).is_integer());
        CHECK(Json::parse(text).dump() == text);
    }
    CHECK(Json(std::numeric_limits<std::uint64_t>::max()).as_uint() == UINT64_MAX);
    CHECK_THROWS_AS(Json(UINT64_MAX).as_int(), JsonError);
    CHECK_THROWS_AS(Json(-1).as_uint(), JsonError);
    CHECK(Json(7u).as_int() == 7);
    CHECK_FALSE(Json::parse("18446744073709551616").is_integer());
}

TEST_CASE("doubles round-trip bit for bit and stay doubles") {
    for (double v :
         {0.1, 1.0 / 3, 1e300, 5e-324, DBL_MAX, -0.0, 1.0, 123456789012345680.0, 2.5e-7}) {
        Json back = Json::parse(Json(v).dump());
        CHECK_FALSE(back.is_integer());
        CHECK(back.as_double() == v);
        CHECK(std::signbit(back.as_double()) == std::signbit(v));
    }
    CHECK(Json(1.0).dump() == "1.0");
    CHECK_THROWS_AS(Json(std::nan("")).dump(), JsonError);
    CHECK_THROWS_AS(Json(INFINITY).dump(), JsonError);
    for (const char* text : {"1e999", "-1e309", "1.8e308"})
        CHECK_MESSAGE(refusal(text).find("at byte") != std::string::npos, text);
    CHECK(refusal("[-" + std::string(39, '3') + ".5e302]") ==
          "invalid JSON at byte 1: number too large");
    CHECK(refusal(std::string(400, '9')).find("at byte") != std::string::npos);
    CHECK(Json::parse("1e-400").as_double() == 0.0);
    CHECK(Json::parse("1.7976931348623157e308").as_double() == DBL_MAX);
    CHECK(Json::parse("2.2250738585072011e-308").as_double() == 2.2250738585072011e-308);
    CHECK(Json::parse("18446744073709551616").as_double() == 18446744073709551616.0);
}

TEST_CASE("strings are escaped and decoded") {
    std::string all;
    for (int c = 0; c < 0x80; ++c) all += static_cast<char>(c);
    all += "grüß €𝄞";
    CHECK(Json::parse(Json(all).dump()).as_string() == all);
    CHECK(Json("a\"b\\\n\x01/").dump() == R"("a\"b\\\n\u0001/")");
    CHECK(Json::parse(R"("\u20ac\ud834\udd1e\/")").as_string() == "€𝄞/");
}

TEST_CASE("malformed texts are refused with the position") {
    CHECK(refusal("[1,]").find("at byte 3") != std::string::npos);
    CHECK(refusal("") == "invalid JSON at byte 0: The document is empty.");
    CHECK(refusal("{} x") == "invalid JSON at byte 3: text after the value");
    CHECK(refusal(std::string_view("{}\0{}", 5)) == "invalid JSON at byte 2: text after the value");
    CHECK(refusal(std::string_view("[1\0]", 4)) != "accepted");
    for (const char* text :
         {"{a:1}", "{'a':1}", "[01]", "[+1]", "[.5]", "[1.]", "nul", "NaN", "[Infinity]", "\"\n\"",
          "\"\\x\"", "[1 2]", "{\"a\"}", "{\"a\":1,}", "/**/1", "\"open", "[", "\xEF\xBB\xBF{}"})
        CHECK_MESSAGE(refusal(text).find("at byte") != std::string::npos, text);
}

TEST_CASE("only UTF-8 passes, also through escapes") {
    CHECK(refusal("[\"ab\xff\"]") == "invalid JSON at byte 4: not UTF-8");
    CHECK(refusal("[\"\xed\xa0\x80\"]") == "invalid JSON at byte 2: not UTF-8");
    CHECK(refusal("\"cut \xe2\x82") == "invalid JSON at byte 5: not UTF-8");
    CHECK(refusal(R"("\ud834")") != "accepted");
    CHECK(refusal(R"("\udd1e")").find("surrogate") != std::string::npos);
    CHECK(refusal(R"({"\udd1e":1})").find("surrogate") != std::string::npos);
    CHECK(Json::parse(R"("\ud7ff")").as_string() == "\xed\x9f\xbf");
}

TEST_CASE("a member name may appear once") {
    CHECK(refusal(R"([{"a":1,"b":2,"a":3}])").find("duplicate member \"a\"") != std::string::npos);
    std::string large = "{";
    for (int i = 0; i < 100; ++i) large += "\"k" + std::to_string(i) + "\":1,";
    CHECK(Json::parse(large + "\"k100\":1}").size() == 101);
    CHECK(refusal(large + "\"k42\":1}").find("duplicate member \"k42\"") != std::string::npos);
    CHECK(refusal(R"({"a":{"a":1},"b":{"a":1}})") == "accepted");
}

TEST_CASE("depth is limited") {
    CHECK(refusal("[[[1]]]", 3) == "accepted");
    CHECK(refusal("[[[[1]]]]", 3) == "invalid JSON at byte 3: nested deeper than 3 levels");
    CHECK(refusal(R"({"a":{"b":[{}]}})", 3).find("nested deeper") != std::string::npos);
    CHECK(refusal(std::string(100'000, '[')).find("nested deeper than 64") != std::string::npos);
}

TEST_CASE("members are found, added, replaced and erased") {
    Json v;
    v["name"] = "disk";
    v["size"] = 3;
    v["meta"]["k"] = true;
    CHECK(v.dump() == R"({"name":"disk","size":3,"meta":{"k":true}})");
    v["name"] = nullptr;
    CHECK(v.text("name", "none") == "none");
    CHECK(v.integer("size") == 3);
    CHECK(v.integer("name", 9) == 9);
    CHECK(v.get("meta").boolean("k"));
    CHECK(v.get("absent").is_null());
    CHECK(v.erase("size"));
    CHECK_FALSE(v.erase("size"));
    CHECK(v.size() == 2);
    CHECK_THROWS_WITH_AS(v.at("size"), "missing member \"size\"", JsonError);
    CHECK_THROWS_AS(Json(3)["x"], JsonError);
    Json list;
    list.push_back(1);
    list.push_back("two");
    CHECK(list.dump() == R"([1,"two"])");
    CHECK_THROWS_AS(v.push_back(1), JsonError);
    CHECK_THROWS_WITH_AS(list.as_object(), "expected object, found array", JsonError);
    CHECK(Json(std::vector<std::string>{"a", "b"}).dump() == R"(["a","b"])");
    CHECK(Json(std::optional<int>()).is_null());
    const char* pointer = "text"; // a pointer must not become a boolean
    CHECK(Json(pointer).is_string());
}

TEST_CASE("equality ignores the order of members but not of items") {
    CHECK(Json::parse(R"({"a":1,"b":[1,2]})") == Json::parse(R"({"b":[1,2],"a":1})"));
    CHECK_FALSE(Json::parse("[1,2]") == Json::parse("[2,1]"));
    CHECK_FALSE(Json::parse(R"({"a":1})") == Json::parse(R"({"a":1,"b":null})"));
    CHECK_FALSE(Json::parse(R"({"a":null})") == Json::parse(R"({"b":null})"));
    CHECK(Json(1) == Json(1.0));
    CHECK_FALSE(Json(1) == Json(true));
    CHECK_FALSE(Json(UINT64_MAX) == Json(-1));
    CHECK_FALSE(Json("1") == Json(1));
}

TEST_CASE("pretty text is indented and means the same") {
    Json v = Json::parse(R"({"a":[1,{"b":2}],"e":{},"l":[]})");
    CHECK(v.pretty() == "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n"
                        "  \"e\": {},\n  \"l\": []\n}");
    CHECK(Json::parse(v.pretty()) == v);
}
