// SPDX-License-Identifier: Apache-2.0
#include "platform/pattern/pattern.h"

#include <doctest/doctest.h>

using nephele::Pattern;

TEST_CASE("pattern: POSIX expressions, anywhere in the text") {
    auto pattern = Pattern::parse("^web-[0-9]+(-old)?$");
    REQUIRE(pattern);
    CHECK(pattern->matches("web-12"));
    CHECK(pattern->matches("web-1-old"));
    CHECK(!pattern->matches("web-x"));
    CHECK(!pattern->matches("a-web-1"));
    CHECK(Pattern::parse("[[:alpha:]]{2}\\d")->matches("--ab7"));
}

TEST_CASE("pattern: what is refused says why") {
    std::string why;
    CHECK(!Pattern::parse("web[", &why));
    CHECK(why.find("missing") != std::string::npos);
    CHECK(!Pattern::parse("*"));
    CHECK(!Pattern::parse("(a)\\1"));
    CHECK(!Pattern::parse("((((a{999}){999}){999}){999})"));
    CHECK(!Pattern::parse(std::string(2000, 'a')));
}

TEST_CASE("pattern: expressions that break backtracking matchers are linear here") {
    auto pattern = Pattern::parse("^(a+)+$");
    REQUIRE(pattern);
    CHECK(!pattern->matches(std::string(255, 'a') + "b"));
}

TEST_CASE("pattern: expressions as Python's re spells them") {
    auto perl = [](const char* text) {
        return Pattern::parse(text, nullptr, Pattern::Syntax::perl);
    };
    CHECK(perl("(?i)^admin$")->matches("ADMIN"));
    CHECK(perl("^\\w+?@example[.]com$")->matches("joe@example.com"));
    CHECK(!perl("^(?!root)"));
}
