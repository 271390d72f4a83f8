// SPDX-License-Identifier: Apache-2.0
// OpenID Connect: which tokens are believed, and whole logins at a provider played by the test,
// which can lie in every way. The real one is in tests/e2e/test_federation.py.
#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "platform/crypto/jose.h"
#include "services/keystone/logic/openid.h"
#include "services/keystone/ops/federation_sources.h"
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>
#include <fstream>
#include <functional>

using namespace nephele;
using namespace nephele::keystone;
using namespace nephele::keystone::test;
using crypto::jose::Algorithm;
using crypto::jose::Key;

namespace {

constexpr std::int64_t at = 1'800'000'000;
const Time now{at * 1'000'000};

Json wrapped(const char* name, Json value) { return Json::object({{name, std::move(value)}}); }

Json id_claims() {
    return Json::object({{"iss", "https://idp"},
                         {"aud", "nephele"},
                         {"sub", "ann"},
                         {"nonce", "n1"},
                         {"exp", at + 60},
                         {"iat", at}});
}
Json access_claims() {
    return Json::object({{"iss", "https://idp"}, {"client_id", "cli"}, {"exp", at + 60}});
}

struct Change {
    const char* name;
    Json value; ///< null removes it
    bool good;
};
Json changed(Json claims, const Change& change) {
    claims.erase(change.name);
    if (!change.value.is_null()) claims[change.name] = change.value;
    return claims;
}
bool accepted(const std::function<void()>& check) {
    try {
        check();
        return true;
    } catch (const Failure& failure) {
        CHECK(failure.kind() == Fault::unauthorized);
        return false;
    }
}

} // namespace

TEST_CASE("openid: which ID tokens are believed") {
    const Change changes[] = {
        {"none", Json(), true},
        {"iss", "https://idp/", true},
        {"iss", "https://evil", false},
        {"iss", Json(), false},
        {"aud", Json::array({"nephele"}), true},
        {"aud", "other", false},
        {"aud", Json::array(), false},
        {"aud", Json::array({"nephele", "other"}), false}, // without azp
        {"aud", Json(), false},
        {"azp", "nephele", true},
        {"azp", "other", false},
        {"exp", at - 30, true}, // clocks differ
        {"exp", at - 61, false},
        {"exp", Json(), false},
        {"exp", "tomorrow", false},
        {"iat", at + 30, true},
        {"iat", at + 120, false},
        {"nbf", at + 120, false},
        {"nonce", "n2", false},
        {"nonce", Json(), false},
        {"sub", "", false},
        {"sub", Json(), false},
    };
    for (const auto& change : changes) {
        CAPTURE(change.name);
        CAPTURE(change.value.dump());
        const Json claims = changed(id_claims(), change);
        CHECK(accepted([&] {
                  logic::check_id_token(claims, "https://idp", "nephele", "n1", now);
              }) == change.good);
    }
    CHECK_FALSE(accepted([] {
        logic::check_id_token(changed(id_claims(), {"nonce", "", true}), "https://idp", "nephele",
                              "", now);
    }));
}

TEST_CASE("openid: which access tokens are believed") {
    const Change changes[] = {
        {"none", Json(), true},         {"client_id", "stranger", false},
        {"client_id", Json(), false},   {"iss", Json(), true}, // introspection may leave it out
        {"iss", "https://evil", false}, {"exp", at - 61, false},
        {"exp", Json(), false},         {"nbf", at + 120, false},
    };
    for (const auto& change : changes) {
        CAPTURE(change.name);
        CAPTURE(change.value.dump());
        const Json claims = changed(access_claims(), change);
        CHECK(accepted([&] {
                  logic::check_access_token(claims, "https://idp", {"nephele", "cli"}, now);
              }) == change.good);
    }
    Json meant = access_claims();
    meant["client_id"] = "stranger";
    meant["aud"] = Json::array({"x", "nephele"});
    CHECK(accepted([&] { logic::check_access_token(meant, "https://idp", {"nephele"}, now); }));
    CHECK_FALSE(accepted([&] { logic::check_access_token(meant, "https://idp", {}, now); }));
}

TEST_CASE("openid: claims as attributes, and where a browser is sent") {
    const auto attributes = logic::attributes_of_claims(
        Json::parse(R"({"sub":"ann","groups":["a","b;c"],"n":3,"ok":true,"none":null,
                        "realm_access":{"roles":["r"]}})"));
    using Values = std::vector<std::string>;
    CHECK(attributes.at("OIDC-sub") == Values{"ann"});
    CHECK(attributes.at("REMOTE_USER") == Values{"ann"});
    CHECK(attributes.at("HTTP_OIDC_GROUPS") == Values{"a", "b;c"});
    CHECK(attributes.at("OIDC_CLAIM_n") == Values{"3"});
    CHECK(attributes.at("OIDC-ok") == Values{"true"});
    CHECK(attributes.at("OIDC-realm_access.roles") == Values{"r"});
    CHECK(attributes.find("OIDC-none") == attributes.end());
    const auto url = logic::authorization_url("https://idp/a?x=1", {.client_id = "c d",
                                                                    .redirect_uri = "https://n/r",
                                                                    .state = "s",
                                                                    .nonce = "n",
                                                                    .code_verifier = "v",
                                                                    .scopes = {"openid", "email"}});
    CHECK(url.starts_with("https://idp/a?x=1&response_type=code&client_id=c%20d&"));
    CHECK(url.find("scope=openid%20email") != url.npos);
    CHECK(url.find("code_challenge=" + base64url_encode(crypto::sha256("v"), false)) != url.npos);
}

TEST_CASE("openid: the operator's file") {
    const auto good = FederationSources::parse(R"(
providers:
  - identity_provider: corp
    protocol: openid
    openid: {issuer: "https://idp", client_id: nephele, client_secret: hush, scopes: [openid]}
)",
                                               "f");
    REQUIRE(good.openid("corp", "openid"));
    CHECK(good.openid("corp", "openid")->settings().accepted_clients.front() == "nephele");
    CHECK_FALSE(good.openid("corp", "saml2"));
    CHECK(good.providers_of("openid").size() == 1);
    CHECK(FederationSources::parse("", "f").providers_of("openid").empty());
    const char* const start = "providers: [{identity_provider: a, protocol: b, ";
    for (const std::string& bad :
         {std::string("- a"), std::string("providers: 1"), std::string("sources: []"),
          std::string("providers: [{}]"), std::string("providers: ["), start + std::string("}]"),
          start + std::string("openid: {}}]"),
          start + std::string("openid: {issuer: x, client_id: c}}]"),
          start + std::string("openid: {issuer: 'http://x', client_id: c, secret: y}}]"),
          start + std::string("openid: {issuer: 'http://x', client_id: c, scopes: s}}]")}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(FederationSources::parse(bad, "f"), Failure);
    }
}

namespace {

// A provider whose answers the test chooses.
class Provider : public http::Application {
  public:
    Key key = Key::generate(Algorithm::es256);
    Json keys, user_info, introspection;
    std::function<std::string(const Json& claims)> sign;
    Json id_token = Json::object();
    Json extra_metadata = Json::object();
    http::Server server{{}, *this};
    std::string url = "http://127.0.0.1:" + std::to_string(server.ports()[0]);

    Provider() {
        key.set_id("k1");
        keys = wrapped("keys", Json::array({key.public_jwk()}));
        sign = [this](const Json& claims) {
            return crypto::jose::sign(key, Algorithm::es256, claims);
        };
    }
    ~Provider() override { server.stop(100); }

    http::BodyPlan plan(const http::RequestHead&) override { return {}; }
    http::Response handle_stream(const http::RequestHead&, http::BodyReader&) override {
        return {.status = 500};
    }
    http::Response refuse(const http::RequestHead&, int status, const std::string&) override {
        return {.status = status};
    }
    http::Response handle(const http::RequestHead& head, std::string) override {
        Json body;
        if (head.path == "/.well-known/openid-configuration") {
            body = Json::object({{"issuer", url},
                                 {"authorization_endpoint", url + "/authorize"},
                                 {"token_endpoint", url + "/token"},
                                 {"jwks_uri", url + "/keys"}});
            for (const auto& [name, value] : extra_metadata.as_object()) body[name] = value;
        } else if (head.path == "/keys") {
            body = keys;
        } else if (head.path == "/token") {
            body = Json::object({{"access_token", "at"}, {"id_token", sign(id_token)}});
        } else if (head.path == "/userinfo") {
            body = user_info;
        } else if (head.path == "/introspect") {
            body = introspection;
        }
        http::Response response;
        response.status = body.is_null() ? 404 : 200;
        response.headers.set("Content-Type", "application/json");
        response.body = body.dump();
        return response;
    }
};

struct SourcesFile {
    nephele::test::TempDir folder{"openid"};
    std::string setting(const std::string& issuer) {
        const std::string path = folder.path() + "/sources.yaml";
        std::ofstream(path) << "providers: [{identity_provider: corp, protocol: openid, openid: "
                               "{issuer: '"
                            << issuer << "', client_id: nephele, client_secret: s}}]";
        return "keystone.federation_providers_file=\"" + path + "\"";
    }
};

const std::string federation = "/identity/v3/OS-FEDERATION",
                  entrance = federation + "/identity_providers/corp/protocols/openid/auth";

class Relying : public Identity {
  public:
    explicit Relying(const std::string& setting) : Identity({setting}) {
        const auto made = [&](const std::string& path, const Json& body) {
            const auto answer = put(federation + path, admin(), body);
            REQUIRE_MESSAGE(answer.status == 201, answer.text);
        };
        made("/identity_providers/corp",
             wrapped("identity_provider", Json::object({{"enabled", true}})));
        made("/mappings/m", wrapped("mapping", wrapped("rules", Json::parse(R"([{"local":[{"user":
             {"name":"{0}"}}],"remote":[{"type":"OIDC-sub"}]}])"))));
        made("/identity_providers/corp/protocols/openid",
             wrapped("protocol", wrapped("mapping_id", "m")));
    }

    // What the provider was asked with, and the cookie.
    std::map<std::string, std::string> begin() {
        const auto sent = raw("GET", entrance, "", "", {});
        REQUIRE_MESSAGE(sent.status == 302, sent.text);
        std::map<std::string, std::string> asked;
        const std::string location = sent.headers.get("Location");
        for (const auto& [name, value] : http::parse_query(location.substr(location.find('?') + 1)))
            asked[name] = value;
        const std::string cookie = sent.headers.get("Set-Cookie");
        asked["cookie"] = cookie.substr(0, cookie.find(';'));
        return asked;
    }
    Answer come_back(std::map<std::string, std::string> asked, const std::string& more = "") {
        http::Headers headers;
        headers.set("Cookie", asked["cookie"]);
        return raw("GET",
                   "/identity/v3/auth/OS-FEDERATION/identity_providers/corp/protocols/openid/openid"
                   "?code=c&state=" +
                       asked["state"] + more,
                   "", "", headers);
    }
    Answer bring(const std::string& token) {
        http::Headers headers;
        headers.set("Authorization", "Bearer " + token);
        return raw("POST", entrance, "", "", headers);
    }
};

Json claims_for(Cloud& cloud, const Provider& provider, const std::string& nonce) {
    const auto seconds = cloud.now().seconds();
    return Json::object({{"iss", provider.url},
                         {"aud", "nephele"},
                         {"sub", "ann"},
                         {"nonce", nonce},
                         {"exp", seconds + 60},
                         {"iat", seconds}});
}

} // namespace

TEST_CASE("openid: a browser comes back with a code, and what a lying provider gets") {
    Provider provider;
    SourcesFile file;
    Relying cloud(file.setting(provider.url));
    const auto log_in = [&](const std::function<void(Json&)>& change) {
        const auto asked = cloud.begin();
        provider.id_token = claims_for(cloud.cloud(), provider, asked.at("nonce"));
        change(provider.id_token);
        return cloud.come_back(asked).status;
    };
    const auto nothing = [](Json&) {};
    CHECK(log_in(nothing) == 201);
    CHECK(log_in([](Json& claims) { claims["nonce"] = "other"; }) == 401);
    CHECK(log_in([](Json& claims) { claims["aud"] = "other"; }) == 401);
    CHECK(log_in([](Json& claims) { claims["iss"] = "https://evil"; }) == 401);
    const auto good = provider.sign;
    SUBCASE("signed by nobody") {
        provider.sign = [](const Json& claims) {
            return base64url_encode(R"({"alg":"none"})", false) + "." +
                   base64url_encode(claims.dump(), false) + ".";
        };
        CHECK(log_in(nothing) == 401);
    }
    SUBCASE("signed by a key of the same name") {
        Key other = Key::generate(Algorithm::es256);
        other.set_id("k1");
        provider.sign = [&](const Json& claims) {
            return crypto::jose::sign(other, Algorithm::es256, claims);
        };
        CHECK(log_in(nothing) == 401);
    }
    SUBCASE("not signed at all") {
        provider.sign = [](const Json&) { return std::string("x"); };
        CHECK(log_in(nothing) == 401);
    }
    SUBCASE("the state of another login, another issuer, no cookie") {
        auto one = cloud.begin(), two = cloud.begin();
        provider.id_token = claims_for(cloud.cloud(), provider, one["nonce"]);
        CHECK(cloud.come_back(one, "&iss=https%3A%2F%2Fevil").status == 401);
        std::swap(one["cookie"], two["cookie"]);
        CHECK(cloud.come_back(one).status == 401);
        one["cookie"] = "";
        CHECK(cloud.come_back(one).status == 401);
        one["cookie"] = "nephele_openid=made-up";
        CHECK(cloud.come_back(one).status == 401);
        CHECK(cloud.come_back(two, "&error=access_denied").status == 401);
    }
}

TEST_CASE("openid: access tokens, asked at the provider or verified by its keys") {
    Provider provider;
    SourcesFile file;
    Relying cloud(file.setting(provider.url));
    const auto seconds = cloud.cloud().now().seconds();
    SUBCASE("asked") {
        provider.extra_metadata =
            Json::object({{"introspection_endpoint", provider.url + "/introspect"},
                          {"userinfo_endpoint", provider.url + "/userinfo"}});
        const auto answer = [&](bool active, const char* client) {
            provider.introspection = Json::object(
                {{"active", active}, {"sub", "ann"}, {"client_id", client}, {"exp", seconds + 60}});
            return cloud.bring("t").status;
        };
        provider.user_info = Json::object({{"sub", "ann"}, {"email", "ann@example.org"}});
        CHECK(answer(true, "nephele") == 201);
        CHECK(answer(false, "nephele") == 401);
        CHECK(answer(true, "stranger") == 401);
        // About somebody else: not taken over.
        provider.user_info = Json::object({{"sub", "eve"}, {"email", "eve@example.org"}});
        CHECK(answer(true, "nephele") == 201);
        provider.introspection = Json();
        CHECK(cloud.bring("t").status == 502);
    }
    SUBCASE("verified") {
        const auto token = [&](const char* type, const char* audience) {
            return crypto::jose::sign(provider.key, Algorithm::es256,
                                      Json::object({{"iss", provider.url},
                                                    {"sub", "ann"},
                                                    {"aud", audience},
                                                    {"exp", seconds + 60}}),
                                      wrapped("typ", type));
        };
        const auto entered = cloud.bring(token("at+jwt", "nephele"));
        REQUIRE_MESSAGE(entered.status == 201, entered.text);
        CHECK(entered.json.at("token").at("user").text("name") == "ann");
        CHECK(cloud.bring(token("at+jwt", "other")).status == 401);
        CHECK(cloud.bring(token("JWT", "nephele")).status == 401); // an ID token is none
        CHECK(cloud.bring("nonsense").status == 401);
    }
}

TEST_CASE("openid: a provider that does not answer as it should") {
    Provider provider;
    SourcesFile file;
    SUBCASE("calls itself something else") {
        provider.extra_metadata = wrapped("issuer", "https://evil");
        Relying cloud(file.setting(provider.url));
        CHECK(cloud.raw("GET", entrance, "", "", {}).status == 502);
    }
    SUBCASE("is not there") {
        Relying cloud(file.setting("http://127.0.0.1:1"));
        const auto answer = cloud.bring("t");
        CHECK(answer.status == 502);
        CHECK(answer.text.find("127.0.0.1:1") == answer.text.npos);
    }
}
