// SPDX-License-Identifier: Apache-2.0
#include "engines/ovsdb/connection.h"
#include "engines/ovsdb/replica.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::ovsdb;

namespace {
Value read(const char* text) { return Value::from_json(Json::parse(text)); }
} // namespace

TEST_CASE("values are equal when the database would call them equal") {
    CHECK(read(R"("a")") == read(R"(["set",["a"]])"));
    CHECK(read(R"(["set",["b","a"]])") == Value::strings({"a", "b"}));
    CHECK(read(R"(["map",[["b","2"],["a","1"]]])") ==
          Value::map(StringMap{{"a", "1"}, {"b", "2"}}));
    CHECK(read(R"(["map",[]])") == read(R"(["set",[]])"));
    CHECK_FALSE(read(R"("1")") == read("1"));
    CHECK_FALSE(read(R"(["uuid","x"])") == read(R"("x")"));
}

TEST_CASE("values are written as RFC 7047 wants them") {
    CHECK(Value("a").to_json().dump() == R"("a")");
    CHECK(Value(true).to_json().dump() == "true");
    CHECK(Value().to_json().dump() == R"(["set",[]])");
    CHECK(Value::uuids({"y", "x"}).to_json().dump() == R"(["set",[["uuid","x"],["uuid","y"]]])");
    CHECK(Value::map(StringMap{{"k", "v"}}).to_json().dump() == R"(["map",[["k","v"]]])");
    CHECK(Value::map(StringMap{}).to_json().dump() == R"(["map",[]])");
    CHECK(Value::optional(std::optional<std::string>()).to_json().dump() == R"(["set",[]])");
    CHECK(Value::set({NamedUuid{"n1"}}).to_json().dump() == R"(["named-uuid","n1"])");
    CHECK_THROWS_AS(read(R"({"a":1})"), JsonError);
    CHECK_THROWS_AS(read("null"), JsonError);
}

TEST_CASE("rows answer typed questions") {
    Row row;
    row.columns["name"] = Value("p1");
    row.columns["up"] = Value(true);
    row.columns["enabled"] = Value();
    row.columns["tag"] = Value(7);
    row.columns["ports"] = Value::uuids({"b", "a"});
    row.columns["options"] = Value::map(StringMap{{"k", "v"}});
    CHECK(row.text("name") == "p1");
    CHECK(row.text("absent") == "");
    CHECK(row.boolean("up") == true);
    CHECK(row.boolean("enabled") == std::nullopt);
    CHECK(row.integer("tag") == 7);
    CHECK(row.uuids("ports") == std::vector<std::string>{"a", "b"});
    CHECK(row.holds("ports", "b"));
    CHECK_FALSE(row.holds("ports", "c"));
    CHECK(row.entry("options", "k") == "v");
    CHECK(row.entry("options", "x") == std::nullopt);
}

namespace {
const Schema& port_schema() {
    static const Schema schema = read_schema(Json::parse(R"({"tables": {
        "Port": {"columns": {
            "name": {"type": "string"},
            "tag": {"type": {"key": {"type": "integer", "minInteger": 0}, "min": 0, "max": 1}},
            "ids": {"type": {"key": "string", "value": "string", "min": 0, "max": "unlimited"}}}},
        "Switch": {"columns": {
            "ports": {"type": {"key": {"type": "uuid", "refTable": "Port"},
                               "min": 0, "max": "unlimited"}}}}}})"));
    return schema;
}
std::vector<Change> apply(Replica& replica, const char* updates) {
    return apply_updates(replica, Json::parse(updates), port_schema());
}
} // namespace

TEST_CASE("the replica follows updates and keeps its indexes") {
    Replica replica;
    replica.index_entry("Port", "ids", "id");
    replica.index_references("Switch", "ports");
    auto first = apply(replica, R"({
        "Port": {"p1": {"initial": {"ids": ["map",[["id","A"],["x","1"]]]}},
                 "p2": {"insert": {"ids": ["map",[["id","A"]]], "name": "two"}}},
        "Switch": {"s1": {"insert": {"ports": ["set",[["uuid","p1"],["uuid","p2"]]]}}}})");
    CHECK(first.size() == 3);
    CHECK(replica.row("Port", "p1")->value("name") == Value(""));
    CHECK(replica.row("Port", "p1")->value("tag").empty());
    CHECK(replica.find("Port", "ids", "id", "A") == std::vector<std::string>{"p1", "p2"});
    CHECK(replica.holders("Switch", "ports", "p2") == std::vector<std::string>{"s1"});

    auto second = apply(replica, R"({
        "Port": {"p1": {"modify": {"ids": ["map",[["id","B"],["x","1"],["y","2"]]], "tag": 7}},
                 "p2": {"delete": null}},
        "Switch": {"s1": {"modify": {"ports": ["set",[["uuid","p2"],["uuid","p3"]]]}}}})");
    CHECK(second.size() == 3);
    CHECK(replica.row("Port", "p1")->map("ids") == StringMap{{"id", "B"}, {"y", "2"}});
    CHECK(replica.row("Port", "p1")->integer("tag") == 7);
    CHECK(replica.row("Switch", "s1")->uuids("ports") == std::vector<std::string>{"p1", "p3"});
    CHECK(replica.find("Port", "ids", "id", "A").empty());
    CHECK(replica.find("Port", "ids", "id", "B") == std::vector<std::string>{"p1"});
    CHECK(replica.holders("Switch", "ports", "p2").empty());
    CHECK(replica.table("Port").size() == 1);

    apply(replica, R"({"Port": {"p1": {"modify": {"tag": ["set",[]]}}}})");
    CHECK(replica.row("Port", "p1")->value("tag").empty());
    CHECK_THROWS_AS(apply(replica, R"({"Port": {"p9": {"modify": {"tag": 1}}}})"), JsonError);
    CHECK_THROWS_AS(apply(replica, R"({"Port": {"p1": {"modify": {"nope": 1}}}})"), JsonError);
}

TEST_CASE("after a reconnect only real differences are changes") {
    Replica replica;
    apply(replica, R"({"Port": {"p1": {"initial": {"name": "a"}},
        "p2": {"initial": {"name": "b"}}, "p3": {"initial": {"name": "c"}}}})");
    auto changes = replace_all(replica, Json::parse(R"({"Port": {"p1": {"initial": {"name": "a"}},
        "p2": {"initial": {"name": "B"}}, "p4": {"initial": {"name": "d"}}}})"),
                               port_schema());
    REQUIRE(changes.size() == 3);
    CHECK(changes[0].uuid == "p3");
    CHECK(changes[0].after == nullptr);
    CHECK(changes[1].uuid == "p2");
    CHECK(changes[1].before->text("name") == "b");
    CHECK(changes[2].uuid == "p4");
    CHECK(changes[2].before == nullptr);
    CHECK(replica.table("Port").size() == 3);
}

TEST_CASE("a stream is cut into messages wherever it is torn") {
    const std::string stream = R"({"a":"}{\"\\"} {"b":[{"c":1}]})";
    for (std::size_t step = 1; step <= stream.size(); ++step) {
        MessageSplitter splitter;
        std::vector<std::string> messages;
        for (std::size_t i = 0; i < stream.size(); i += step)
            CHECK(splitter.feed(std::string_view(stream).substr(i, step),
                                [&](std::string_view text) { messages.emplace_back(text); }));
        CHECK(messages == std::vector<std::string>{R"({"a":"}{\"\\"})", R"({"b":[{"c":1}]})"});
    }
    MessageSplitter splitter;
    CHECK_FALSE(splitter.feed("HTTP/1.1 400", [](std::string_view) {}));
}
