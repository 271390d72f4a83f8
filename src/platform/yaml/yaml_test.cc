// SPDX-License-Identifier: Apache-2.0
#include "platform/yaml/yaml.h"

#include <doctest/doctest.h>

using namespace nephele;

namespace {
std::string dumped(std::string_view text) { return yaml::parse(text).value.dump(); }
int line_of_error(std::string_view text) {
    try {
        yaml::parse(text, "t");
    } catch (const yaml::YamlError& error) {
        return error.line;
    }
    return -1;
}
} // namespace

TEST_CASE("scalars have the kinds PyYAML gives them") {
    CHECK(dumped("[1, -2, 0x1f, 010, 1_000, 1.5, .5, 1e3, yes, Off, tRue, ~, null, '1', a]") ==
          R"([1,-2,31,8,1000,1.5,0.5,"1e3",true,false,"tRue",null,null,"1","a"])");
    CHECK(dumped("[2026-11-22, 12:30, 18446744073709551615, 99999999999999999999, .inf]") ==
          R"(["2026-11-22","12:30",18446744073709551615,"99999999999999999999",".inf"])");
    CHECK(dumped("!!str 12") == R"("12")");
    CHECK(dumped("") == "null");
    CHECK(dumped("# nothing\n") == "null");
    CHECK(dumped("|\n  two\n  lines\n") == R"("two\nlines\n")");
    CHECK(dumped("8080: on") == R"({"8080":true})");
}

TEST_CASE("anchors, aliases and merge keys are expanded") {
    CHECK(dumped("a: &x {p: 1, q: 2}\nb: *x\nc:\n  <<: *x\n  p: 3\n") ==
          R"({"a":{"p":1,"q":2},"b":{"p":1,"q":2},"c":{"p":3,"q":2}})");
    CHECK(line_of_error("a: *nobody") == 1);
    CHECK(line_of_error("a: 1\n<<: 3\n") == 2);
}

TEST_CASE("errors name their line") {
    CHECK(line_of_error("a: 1\nb: 2\na: 3\n") == 3);
    CHECK(line_of_error("a: [1, 2\n") > 0);
    CHECK(line_of_error("a: 1\n---\nb: 2\n") == 2);
    CHECK(line_of_error("a: !python/object:x {}\n") == 1);
    CHECK(line_of_error("a: \xff\n") > 0);
    CHECK_THROWS_WITH(yaml::parse("a: 1\na: 2", "policy.yaml"), "policy.yaml:2: duplicate key 'a'");
}

TEST_CASE("a document that expands exponentially is refused") {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 10; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
        for (int k = 0; k < 9; ++k) bomb += ", " + before;
        bomb += "]\n";
    }
    CHECK(line_of_error(bomb) > 0);
    CHECK(line_of_error(std::string(100, '[') + std::string(100, ']')) == 1);
}

TEST_CASE("lines of keys and items are known by path") {
    auto document = yaml::parse("resources:\n  a/b:\n    - 1\n    - 2\n");
    CHECK(document.line_of("/resources") == 1);
    CHECK(document.line_of("/resources/a~1b") == 2);
    CHECK(document.line_of("/resources/a~1b/1") == 4);
    CHECK(document.line_of("/nobody") == 0);
}
