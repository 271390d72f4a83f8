// SPDX-License-Identifier: Apache-2.0
// OAuth 1 from consumer to token, OAuth 2 client credentials, certificates over real TLS.
#include "base/process.h"
#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/keystone/logic/oauth1_signature.h"
#include "services/keystone/ops/audit.h"
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::keystone::test;
namespace logic = nephele::keystone::logic;

namespace {
const std::string v3 = "/identity/v3";

struct Signer {
    std::string consumer, consumer_secret, token, token_secret, verifier;
    std::string method = "HMAC-SHA1";
    std::int64_t seconds = 0;
};

http::Headers sign(const Signer& signer, const std::string& url) {
    static int count = 0;
    logic::OauthParameters parameters{{"oauth_consumer_key", signer.consumer},
                                      {"oauth_nonce", std::to_string(++count) + "77"},
                                      {"oauth_signature_method", signer.method},
                                      {"oauth_timestamp", std::to_string(signer.seconds)},
                                      {"oauth_version", "1.0"}};
    if (!signer.token.empty()) parameters.emplace_back("oauth_token", signer.token);
    if (!signer.verifier.empty()) parameters.emplace_back("oauth_verifier", signer.verifier);
    const std::string key =
        percent_encode(signer.consumer_secret) + "&" + percent_encode(signer.token_secret);
    const std::string made = base64_encode(
        crypto::hmac(signer.method == "HMAC-SHA1" ? crypto::Digest::sha1 : crypto::Digest::sha256,
                     key, logic::oauth_base_string(parameters, "POST", url, {})));
    std::string header = "OAuth realm=\"\"";
    for (const auto& [name, value] : parameters)
        header += ", " + name + "=\"" + percent_encode(value) + "\"";
    header += ", oauth_signature=\"" + percent_encode(made) + "\"";
    http::Headers headers;
    headers.set("Authorization", header);
    return headers;
}

std::string form_value(const Answer& answer, std::string_view name) {
    for (const auto& [key, value] : http::parse_query(answer.text))
        if (key == name) return value;
    return "";
}

struct Oauth {
    Identity cloud;
    std::string project = cloud.project_id("admin");
    Signer signer;
    Oauth() {
        const Answer made = cloud.post(v3 + "/OS-OAUTH1/consumers", cloud.admin(),
                                       Json::parse(R"({"consumer": {"description": "d"}})"));
        REQUIRE_MESSAGE(made.status == 201, made.text);
        signer.consumer = made.json.at("consumer").text("id");
        signer.consumer_secret = made.json.at("consumer").text("secret");
        signer.seconds = cloud.cloud().now().seconds();
    }
    Answer post(const std::string& path, http::Headers more = {}) {
        http::Headers headers = sign(signer, cloud.url() + v3 + path);
        for (const auto& [name, value] : more.all()) headers.set(name, value);
        return cloud.raw("POST", v3 + path, "", "", headers);
    }
    Answer ask() {
        http::Headers more;
        more.set("Requested-Project-Id", project);
        return post("/OS-OAUTH1/request_token", more);
    }
    Answer authorize(const std::string& id, const char* role = "member") {
        return cloud.put(
            v3 + "/OS-OAUTH1/authorize/" + id, cloud.admin(),
            Json::object({{"roles", Json::array({Json::object({{"id", cloud.role_id(role)}})})}}));
    }
    void get_access_token(const char* role = "member") {
        signer.token = signer.token_secret = signer.verifier = "";
        const Answer asked = ask();
        REQUIRE_MESSAGE(asked.status == 201, asked.text);
        signer.token = form_value(asked, "oauth_token");
        signer.token_secret = form_value(asked, "oauth_token_secret");
        const Answer consent = authorize(signer.token, role);
        REQUIRE_MESSAGE(consent.status == 200, consent.text);
        signer.verifier = consent.json.at("token").text("oauth_verifier");
        const Answer access = post("/OS-OAUTH1/access_token");
        REQUIRE_MESSAGE(access.status == 201, access.text);
        CHECK(access.headers.get("Content-Type") == "application/x-www-form-urlencoded");
        signer.token = form_value(access, "oauth_token");
        signer.token_secret = form_value(access, "oauth_token_secret");
        signer.verifier = "";
    }
    Answer log_in() {
        const Json body =
            Json::parse(R"({"auth": {"identity": {"methods": ["oauth1"], "oauth1": {}}}})");
        return cloud.request("POST", v3 + "/auth/tokens", "", body,
                             sign(signer, cloud.url() + v3 + "/auth/tokens"));
    }
};
} // namespace

TEST_CASE("the signature base string of RFC 5849") {
    // Section 3.4.1.1, without its body parameters.
    const logic::OauthParameters header{{"oauth_consumer_key", "9djdj82h48djs9d2"},
                                        {"oauth_token", "kkk9d7dh3k39sjv7"},
                                        {"oauth_signature_method", "HMAC-SHA1"},
                                        {"oauth_timestamp", "137131201"},
                                        {"oauth_nonce", "7d8f3e4a"}};
    CHECK(logic::oauth_base_string(header, "POST", "http://EXAMPLE.com:80/request",
                                   {{"b5", "=%3D"}, {"a3", "a"}, {"c@", ""}, {"a2", "r b"}}) ==
          "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3Da%26b5%3D%253D%25253D%26"
          "c%2540%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26"
          "oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3D"
          "kkk9d7dh3k39sjv7");
    CHECK_FALSE(logic::read_oauth_header("Basic abc"));
    CHECK_FALSE(logic::read_oauth_header(R"(OAuth oauth_nonce="1", oauth_nonce="2")"));
    const auto read = logic::read_oauth_header(R"(OAuth realm="r", oauth_nonce="a%20b")");
    REQUIRE(read);
    CHECK(read->nonce == "a b");
}

TEST_CASE("a consumer gets from a request token to a token of the user") {
    Oauth oauth;
    Identity& cloud = oauth.cloud;
    oauth.get_access_token();
    const Answer answer = oauth.log_in();
    REQUIRE_MESSAGE(answer.status == 201, answer.text);
    const Json& token = answer.json.at("token");
    CHECK(token.at("OS-OAUTH1").text("access_token_id") == oauth.signer.token);
    CHECK(token.at("project").text("id") == oauth.project);
    CHECK(token.at("user").text("name") == "admin");
    std::string roles;
    for (const Json& role : token.at("roles").as_array()) roles += role.text("name") + " ";
    CHECK(roles == "member reader ");
    const std::string id = answer.headers.get("X-Subject-Token");
    CHECK(cloud.get(v3 + "/auth/projects", id).status == 200);
    // It reaches nothing that would give more.
    CHECK(cloud.get(v3 + "/users", id).status == 403);
    CHECK(cloud.get(v3 + "/credentials", id).status == 403);
    // Seen and taken back by the user.
    const std::string all =
                          v3 + "/users/" + token.at("user").text("id") + "/OS-OAUTH1/access_tokens",
                      one = all + "/" + oauth.signer.token;
    const Answer listed = cloud.get(all, cloud.admin());
    REQUIRE(listed.json.at("access_tokens").size() == 1);
    CHECK_FALSE(listed.json.at("access_tokens").as_array()[0].has("secret"));
    CHECK(cloud.get(one, cloud.admin()).json.at("access_token").text("project_id") ==
          oauth.project);
    CHECK(cloud.get(one + "/roles", cloud.admin()).json.at("roles").size() == 1);
    CHECK(cloud.get(one + "/roles/" + cloud.role_id("member"), cloud.admin()).status == 200);
    CHECK(cloud.get(one + "/roles/" + cloud.role_id("admin"), cloud.admin()).status == 404);
    CHECK(
        cloud.get(v3 + "/users/nobody/OS-OAUTH1/access_tokens/" + oauth.signer.token, cloud.admin())
            .status == 404);
    CHECK(cloud.del(one, cloud.admin()).status == 204);
    CHECK(cloud.get(v3 + "/auth/projects", id).status == 401);
    CHECK(oauth.log_in().status == 401);
}

TEST_CASE("requests that are not rightly signed get nothing") {
    Oauth oauth;
    Identity& cloud = oauth.cloud;
    const Signer right = oauth.signer;
    CHECK(cloud.raw("POST", v3 + "/OS-OAUTH1/request_token", "", "", {}).status == 400);
    oauth.signer.consumer_secret = "guess";
    CHECK(oauth.ask().status == 401);
    oauth.signer = right;
    oauth.signer.consumer = "nobody";
    CHECK(oauth.ask().status == 401);
    oauth.signer = right;
    oauth.signer.seconds -= 3600;
    CHECK(oauth.ask().status == 401);
    oauth.signer = right;
    oauth.signer.method = "HMAC-SHA256";
    CHECK(oauth.ask().status == 201);
    oauth.signer.method = "PLAINTEXT";
    CHECK(oauth.ask().status == 401);
    oauth.signer = right;
    // Twice the same signed request.
    http::Headers headers = sign(right, cloud.url() + v3 + "/OS-OAUTH1/request_token");
    headers.set("Requested-Project-Id", oauth.project);
    const auto send = [&] {
        return cloud.raw("POST", v3 + "/OS-OAUTH1/request_token", "", "", headers).status;
    };
    CHECK(send() == 201);
    CHECK(send() == 401);
    // Not yet consented, wrong verifier, and a request token is used once.
    const Answer asked = oauth.ask();
    oauth.signer.token = form_value(asked, "oauth_token");
    oauth.signer.token_secret = form_value(asked, "oauth_token_secret");
    CHECK(oauth.post("/OS-OAUTH1/access_token").status == 400);
    oauth.signer.verifier = "aaaaaaaa";
    CHECK(oauth.post("/OS-OAUTH1/access_token").status == 401);
    CHECK(oauth.authorize("nothing").status == 404);
    const std::string bob = cloud.add_user("bob");
    CHECK(oauth.authorize(oauth.signer.token, "service").status == 401);
    const Answer consent = oauth.authorize(oauth.signer.token);
    oauth.signer.verifier = consent.json.at("token").text("oauth_verifier");
    CHECK(oauth.signer.verifier.size() == 8);
    CHECK(oauth.post("/OS-OAUTH1/access_token").status == 201);
    CHECK(oauth.post("/OS-OAUTH1/access_token").status == 401);
}

TEST_CASE("guesses of a verifier are slowed, and an exchange is in the audit") {
    Oauth oauth;
    Identity& cloud = oauth.cloud;
    const Answer asked = oauth.ask();
    oauth.signer.token = form_value(asked, "oauth_token");
    oauth.signer.token_secret = form_value(asked, "oauth_token_secret");
    const Signer right = oauth.signer;
    const Answer consent = oauth.authorize(right.token);
    oauth.signer.verifier = "aaaaaaaa";
    for (int i = 0; i < 20; ++i) CHECK(oauth.post("/OS-OAUTH1/access_token").status == 401);
    CHECK(oauth.post("/OS-OAUTH1/access_token").status == 429);
    // Neither does the right one get through now; other request tokens do.
    oauth.signer.verifier = consent.json.at("token").text("oauth_verifier");
    CHECK(oauth.post("/OS-OAUTH1/access_token").status == 429);
    oauth.signer.verifier = "";
    oauth.get_access_token();
    cloud.cloud().state<nephele::keystone::LoginAudit>().write(cloud.cloud());
    const Answer audit =
        cloud.get("/nephele/v1/audit?limit=1000&kind=authentication", cloud.admin());
    int failures = 0, successes = 0;
    for (const Json& event : audit.json.at("events").as_array())
        if (event.at("attachments").as_array()[0].text("content") == "oauth1")
            ++(event.text("outcome") == "success" ? successes : failures);
    CHECK(failures == 22);
    CHECK(successes == 1);
}

TEST_CASE("OAuth 1: unknown consumers and tokens look like wrong signatures") {
    Oauth oauth;
    const Signer right = oauth.signer;
    const auto words = [](const Answer& answer) {
        CHECK(answer.status == 401);
        return answer.json.get("error").dump();
    };
    oauth.signer.consumer_secret = "guess";
    const std::string wrong = words(oauth.ask());
    oauth.signer = right;
    oauth.signer.consumer = "nobody";
    CHECK(words(oauth.ask()) == wrong);
    oauth.signer = right;
    oauth.signer.token = "no such token";
    oauth.signer.token_secret = oauth.signer.verifier = "x";
    CHECK(words(oauth.post("/OS-OAUTH1/access_token")) == wrong);
    CHECK(words(oauth.log_in()) == wrong);
    oauth.signer = right;
    oauth.get_access_token();
    oauth.signer.token_secret = "x";
    CHECK(words(oauth.log_in()) == wrong);
}

TEST_CASE("consumers are kept without showing their secret, and take their tokens along") {
    Oauth oauth;
    Identity& cloud = oauth.cloud;
    const std::string one = v3 + "/OS-OAUTH1/consumers/" + oauth.signer.consumer;
    CHECK_FALSE(cloud.get(one, cloud.admin()).json.at("consumer").has("secret"));
    CHECK(cloud.get(v3 + "/OS-OAUTH1/consumers", cloud.admin()).json.at("consumers").size() == 1);
    CHECK(cloud.patch(one, cloud.admin(), Json::parse(R"({"consumer": {"secret": "x"}})")).status ==
          400);
    CHECK(cloud.patch(one, cloud.admin(), Json::parse(R"({"consumer": {"description": "new"}})"))
              .json.at("consumer")
              .text("description") == "new");
    oauth.get_access_token();
    const std::string token = oauth.log_in().headers.get("X-Subject-Token");
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 200);
    CHECK(cloud.del(one, cloud.admin()).status == 204);
    CHECK(cloud.get(one, cloud.admin()).status == 404);
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 401);
}

TEST_CASE("what is left of PKI tokens says that it is gone") {
    Identity cloud;
    CHECK(cloud.get(v3 + "/OS-SIMPLE-CERT/ca", "").status == 410);
    CHECK(cloud.get(v3 + "/OS-SIMPLE-CERT/certificates", "").status == 410);
    CHECK(cloud.get(v3 + "/auth/tokens/OS-PKI/revoked", cloud.admin()).status == 410);
    CHECK(cloud.get(v3 + "/auth/tokens/OS-PKI/revoked", "").status == 401);
}

TEST_CASE("OAuth 2.0: an application credential is a client") {
    Identity cloud;
    const std::string user = cloud.get(v3 + "/users?name=admin", cloud.admin())
                                 .json.at("users")
                                 .as_array()[0]
                                 .text("id");
    const Answer made = cloud.post(
        v3 + "/users/" + user + "/application_credentials", cloud.admin(),
        Json::parse(R"({"application_credential": {"name": "c", "roles": [{"name": "reader"}]}})"));
    const Json& credential = made.json.at("application_credential");
    const auto ask = [&](const std::string& secret, const std::string& body) {
        http::Headers headers;
        headers.set("Content-Type", "application/x-www-form-urlencoded");
        if (!secret.empty())
            headers.set("Authorization",
                        "Basic " + base64_encode(credential.text("id") + ":" + secret));
        return cloud.raw("POST", v3 + "/OS-OAUTH2/token", "", body, headers);
    };
    const std::string grant = "grant_type=client_credentials", secret = credential.text("secret");
    const Answer token = ask(secret, grant);
    REQUIRE_MESSAGE(token.status == 200, token.text);
    CHECK(token.json.text("token_type") == "Bearer");
    CHECK(token.json.at("expires_in").as_int() > 3500);
    CHECK(cloud.get(v3 + "/auth/projects", token.json.text("access_token")).status == 200);
    CHECK(cloud.get(v3 + "/users", token.json.text("access_token")).status == 403);
    CHECK(ask("wrong", grant).json.text("error") == "invalid_client");
    CHECK(ask("wrong", grant).status == 401);
    CHECK(ask("", grant).json.text("error") == "invalid_client");
    CHECK(ask(secret, "").json.text("error") == "invalid_request");
    CHECK(ask(secret, "grant_type=password").json.text("error") == "unsupported_grant_type");
    CHECK(ask(secret, "grant_type=password").status == 400);
}
