// SPDX-License-Identifier: Apache-2.0
// Bad input for every route, generated from the routes and their body shapes: a clear error below
// 500, and nothing changed.
#include "base/strings.h"
#include "tests/matrix/world.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::test;

namespace {
struct Bad {
    std::string what, body, type = "application/json";
};

// A value of the wrong kind for a field.
Json wrong_value(const shape::FieldInfo& field) {
    switch (field.codec->type) {
    case shape::FieldType::text:
    case shape::FieldType::time:
        return Json::object({{"not", "text"}});
    case shape::FieldType::list:
        return "not a list";
    case shape::FieldType::object:
        return "not an object";
    default:
        return Json::array({"not", "a scalar"});
    }
}

std::vector<Bad> bad_bodies(const Probe& probe) {
    std::vector<Bad> out;
    out.push_back({"no JSON", "{\"a\":"});
    out.push_back({"bad UTF-8", "{\"a\": \"\xff\xfe\"}"});
    out.push_back({"NUL", "{\"a\": \"b\\u0000c\"}"});
    out.push_back({"deep nesting", std::string(5000, '[') + std::string(5000, ']')});
    out.push_back({"duplicate names", "{\"a\": 1, \"a\": 2}"});
    out.push_back({"wrong content type", probe.wrapped(Json::object()).dump(), "text/csv"});
    out.push_back({"a list", "[]"});
    out.push_back({"a number", "12345678901234567890123"});
    out.push_back({"huge", "{\"a\": \"" + std::string(2 << 20, 'x') + "\"}"});
    auto* shape = probe.route->handler.body_shape;
    if (!shape) return out;
    if (!shape->extras())
        out.push_back(
            {"unknown field", probe.wrapped(Json::object({{"no_such_field", 1}})).dump()});
    for (auto& field : shape->fields()) {
        if (!field.codec || field.read_only || field.codec->type == shape::FieldType::free)
            continue;
        out.push_back({"wrong type of " + field.name,
                       probe.wrapped(Json::object({{field.name, wrong_value(field)}})).dump()});
        if (field.max_length && field.codec->type == shape::FieldType::text)
            out.push_back(
                {"too long " + field.name,
                 probe
                     .wrapped(Json::object(
                         {{field.name,
                           std::string(static_cast<std::size_t>(*field.max_length + 1), 'x')}}))
                     .dump()});
    }
    return out;
}

const std::vector<Json>& odd_values() {
    static const std::vector<Json> all{nullptr,
                                       true,
                                       -1,
                                       1.5,
                                       INT64_MAX,
                                       "",
                                       " ",
                                       "0e0e0e0e-0e0e-40e0-8e0e-0e0e0e0e0e0e",
                                       "\xf0\x9d\x84\x9e{}%s'\"<script>",
                                       std::string(70'000, 'x'),
                                       Json::object(),
                                       Json::array(),
                                       Json::array({Json::object({{"a", Json::array({nullptr})}})}),
                                       Json::object({{"", ""}})};
    return all;
}

// The body with each of its parts in turn replaced by each odd value.
void each_odd_body(const Json& body, const std::function<void(const Json&)>& found) {
    for (auto& odd : odd_values()) found(odd);
    if (body.is_object())
        for (auto& [key, value] : body.as_object())
            each_odd_body(value, [&, name = key](const Json& changed) {
                Json whole = body;
                whole[name] = changed;
                found(whole);
            });
    if (body.is_array() && body.size())
        each_odd_body(body.as_array().front(),
                      [&](const Json& changed) { found(Json::array({changed})); });
}

const std::vector<std::string>& bad_ids() {
    static const std::vector<std::string> all{"not-an-id",
                                              std::string(3000, 'x'),
                                              "ünïcödé-𝄞",
                                              "\xff\xfe",
                                              std::string("a\0b", 3),
                                              "' OR 1=1 --",
                                              "a\nb",
                                              "..",
                                              "%",
                                              "{}",
                                              "-1",
                                              "99999999999999999999"};
    return all;
}
} // namespace

TEST_CASE("bad bodies are refused everywhere and change nothing") {
    World world;
    std::string admin = world.cloud.token("own", {"admin", "service"});
    int asked = 0;
    for (auto& probe : world.probes) {
        if (!probe.takes_body() || probe.route->method == "DELETE" || probe.route->options.streamed)
            continue;
        for (auto& bad : bad_bodies(probe)) {
            std::string before = world.journal_end();
            auto answer = world.ask(probe, world.own_ids(probe), admin, bad.body, bad.type);
            ++asked;
            CHECK_MESSAGE((answer.status >= 400 && answer.status < 500),
                          probe.label() << ", " << bad.what << ": " << answer.status << " "
                                        << answer.text.substr(0, 200));
            CHECK_MESSAGE(answer.text.size() > 0, probe.label() << ", " << bad.what);
            CHECK_MESSAGE(world.journal_end() == before, probe.label() << ", " << bad.what);
        }
    }
    MESSAGE("asked " << asked << " times");
    CHECK(asked > 0);
}

TEST_CASE(
    "accepted bodies with one odd value are answered below 500, and refused means unchanged") {
    World world;
    std::string admin = world.cloud.token("own", {"admin", "service"});
    int asked = 0, accepted = 0;
    for (auto& probe : world.probes) {
        if (!probe.takes_body() || probe.route->method == "DELETE" || probe.route->options.streamed)
            continue;
        std::string text = world.accepted_body(probe);
        if (text.empty()) continue;
        auto ids = world.own_ids(probe);
        std::string first = world.journal_end(), before = first;
        each_odd_body(Json::parse(text), [&](const Json& body) {
            std::string odd = body.dump();
            auto answer = world.ask(probe, ids, admin, odd, probe.content_type(odd));
            std::string after = world.journal_end();
            ++asked;
            accepted += answer.status < 300;
            CHECK_MESSAGE(answer.status < 500, probe.label()
                                                   << " " << odd.substr(0, 300) << ": "
                                                   << answer.status << " " << answer.text);
            CHECK_MESSAGE((answer.status < 400 || after == before),
                          probe.label() << " refused and changed: " << odd.substr(0, 300));
            before = after;
        });
        if (before != first) world.renew();
    }
    MESSAGE("asked " << asked << " times, " << accepted << " accepted");
    CHECK(asked > 1000);
}

TEST_CASE("bad ids in paths are refused everywhere and change nothing") {
    World world;
    std::string admin = world.cloud.token("own", {"admin", "service"});
    for (auto& probe : world.probes) {
        auto ids = world.absent_ids(probe);
        if (ids.empty() || probe.route->options.streamed || probe.route->method == "PUT") continue;
        for (auto& bad : bad_ids()) {
            for (auto& [name, value] : ids) value = bad;
            std::string before = world.journal_end();
            auto answer = world.ask(probe, ids, admin, "", "");
            CHECK_MESSAGE(answer.status < 500, probe.label() << " with " << bad.substr(0, 30)
                                                             << ": " << answer.status << " "
                                                             << answer.text.substr(0, 200));
            CHECK_MESSAGE(world.journal_end() == before, probe.label()
                                                             << " with " << bad.substr(0, 30));
        }
    }
}

TEST_CASE("bad queries of lists are answered below 500") {
    World world;
    std::string admin = world.cloud.token("own", {"admin", "service"});
    for (auto& probe : world.probes) {
        if (probe.route->method != "GET" || probe.route->options.open) continue;
        for (auto query :
             {"limit=-1", "limit=x", "limit=99999999999999999999", "marker=nowhere",
              "sort_key=no_such_field", "sort_dir=sideways", "id=%00", "name=%ff",
              "fields=no_such_field", "no_such_filter=1", "limit=1&limit=2", "%zz=1"}) {
            http::Headers headers = world.headers(probe);
            if (probe.endless()) continue;
            auto answer = world.cloud.raw("GET", probe.path(world.own_ids(probe)) + "?" + query,
                                          admin, "", headers);
            CHECK_MESSAGE(answer.status < 500, probe.label()
                                                   << "?" << query << ": " << answer.status << " "
                                                   << answer.text.substr(0, 200));
        }
    }
}

TEST_CASE("bad versions are refused with 400 or 406") {
    World world;
    std::string admin = world.cloud.admin();
    for (auto& service : world.cloud.node().services()) {
        auto& versions = service.manners.versions;
        if (!versions.negotiated) continue;
        for (std::string bad : {"9999.0", "x", "", "-1.5", "2.1.1", "1", "1.99999999999"}) {
            http::Headers headers;
            headers.set("OpenStack-API-Version", versions.service_type + " " + bad);
            auto answer = world.cloud.raw("GET", service.prefix + "/", admin, "", headers);
            bool ignored = bad.empty();
            CHECK_MESSAGE((answer.status == 400 || answer.status == 406 || ignored),
                          service.name << " " << bad << ": " << answer.status);
        }
    }
}
