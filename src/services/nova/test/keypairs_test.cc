// SPDX-License-Identifier: Apache-2.0
#include "platform/crypto/keys.h"
#include "services/nova/service.h"
#include "tests/support/test_cloud.h"

#include <doctest/doctest.h>

using namespace nephele;
using test::TestCloud;

namespace {
const char* some_key = "ssh-ed25519 "
                       "AAAAC3NzaC1lZDI1NTE5AAAAIFvCpxcRKUnp1PbIuS4z0e1SQ1YR0wrFE8ERzlqh0nmf me";
struct World {
    TestCloud cloud{{nova::service()}};
    std::string member = cloud.token("p1"), other = cloud.token("p1", {"member"}, "somebody");
    test::Answer call(const char* method, const std::string& path, const std::string& token,
                      const Json& body = Json(), const char* version = "2.96") {
        http::Headers headers;
        headers.set("OpenStack-API-Version", std::string("compute ") + version);
        return cloud.request(method, "/compute/v2.1" + path, token, body, headers);
    }
    test::Answer create(Json keypair, const char* version = "2.96") {
        return call("POST", "/os-keypairs", member, Json::object({{"keypair", std::move(keypair)}}),
                    version);
    }
};
} // namespace

TEST_CASE("nova keypairs: imported, shown, listed, removed; only by their user") {
    World w;
    auto made = w.create(Json::object({{"name", "mine"}, {"public_key", some_key}}));
    REQUIRE(made.status == 201);
    CHECK(!made.json.at("keypair").has("private_key"));
    CHECK(made.json.at("keypair").text("fingerprint") ==
          crypto::parse_ssh_public_key(some_key)->md5_fingerprint());
    CHECK(w.create(Json::object({{"name", "mine"}, {"public_key", some_key}})).status == 409);
    CHECK(w.call("GET", "/os-keypairs/mine", w.member).json.at("keypair").text("type") == "ssh");
    auto list = w.call("GET", "/os-keypairs", w.member).json.at("keypairs");
    REQUIRE(list.size() == 1);
    CHECK(list.as_array()[0].at("keypair").text("name") == "mine");
    CHECK(w.call("GET", "/os-keypairs", w.other).json.at("keypairs").size() == 0);
    CHECK(w.call("GET", "/os-keypairs/mine", w.other).status == 404);
    CHECK(w.call("GET", "/os-keypairs?user_id=user-of-p1", w.other).status == 403);
    CHECK(w.call("GET", "/os-keypairs?user_id=user-of-p1", w.cloud.admin())
              .json.at("keypairs")
              .size() == 1);
    CHECK(w.call("DELETE", "/os-keypairs/mine", w.member).status == 204);
    CHECK(w.call("DELETE", "/os-keypairs/mine", w.member).status == 404);
}

TEST_CASE("nova keypairs: made here before 2.92, with a private key") {
    World w;
    auto made = w.create(Json::object({{"name", "made"}}), "2.1");
    REQUIRE(made.status == 200);
    CHECK(made.json.at("keypair").text("private_key").find("PRIVATE KEY") != std::string::npos);
    CHECK(!made.json.at("keypair").has("type"));
    CHECK(w.create(Json::object({{"name", "made too"}})).status == 400);
    CHECK(w.create(Json::object({{"name", "a.b"}, {"public_key", some_key}}), "2.91").status ==
          400);
    CHECK(w.create(Json::object({{"name", "a.b"}, {"public_key", some_key}})).status == 201);
    CHECK(w.create(Json::object({{"name", "x"}, {"public_key", "ssh-rsa nonsense"}})).status ==
          400);
}

TEST_CASE("nova keypairs: pages since 2.35") {
    World w;
    for (auto name : {"a", "b", "c"})
        w.create(Json::object({{"name", name}, {"public_key", some_key}}));
    auto page = w.call("GET", "/os-keypairs?limit=2", w.member).json;
    CHECK(page.at("keypairs").size() == 2);
    CHECK(page.has("keypairs_links"));
    auto rest = w.call("GET", "/os-keypairs?limit=2&marker=b", w.member).json;
    CHECK(rest.at("keypairs").size() == 1);
    CHECK(!rest.has("keypairs_links"));
    CHECK(w.call("GET", "/os-keypairs?marker=zz", w.member).status == 400);
}

TEST_CASE("nova keypairs: certificates for Windows guests") {
    World w;
    auto make = [&](Json more, const char* version) {
        Json body = Json::object({{"name", "win"}, {"type", "x509"}});
        for (auto& [key, value] : more.as_object()) body[key] = value;
        return w.call("POST", "/os-keypairs", w.member, Json::object({{"keypair", body}}), version);
    };
    auto made = make(Json::object(), "2.91");
    REQUIRE(made.status == 201);
    auto& keypair = made.json.at("keypair");
    CHECK(keypair.text("type") == "x509");
    CHECK(keypair.text("fingerprint").size() == 59);
    CHECK(keypair.text("private_key").rfind("-----BEGIN PRIVATE KEY", 0) == 0);
    std::string certificate = keypair.text("public_key");
    CHECK(w.call("DELETE", "/os-keypairs/win", w.member).status == 204);
    auto imported = make(Json::object({{"public_key", certificate}}), "2.96");
    CHECK(imported.status == 201);
    CHECK(imported.json.at("keypair").text("fingerprint") == keypair.text("fingerprint"));
    CHECK(!imported.json.at("keypair").has("private_key"));
    CHECK(make(Json::object({{"name", "b"}, {"public_key", "ssh-rsa AAAA"}}), "2.96").status ==
          400);
}
