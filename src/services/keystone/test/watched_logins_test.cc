// SPDX-License-Identifier: Apache-2.0
// Logins by other means than a password: each outcome is in the audit, guesses are slowed, and
// neither says what was wrong.
#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/keystone/ops/audit.h"
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::keystone::test;

namespace {
const std::string v3 = "/identity/v3";

Json wrapped(const char* name, Json value) { return Json::object({{name, std::move(value)}}); }

struct Seen {
    std::string outcome, methods, initiator, code, provider;
};

// The audit's logins by this method, oldest first.
std::vector<Seen> logins(Identity& cloud, const std::string& method) {
    cloud.cloud().state<keystone::LoginAudit>().write(cloud.cloud());
    const Answer answer =
        cloud.get("/nephele/v1/audit?limit=1000&kind=authentication", cloud.admin());
    REQUIRE_MESSAGE(answer.status == 200, answer.text);
    std::vector<Seen> found;
    for (const Json& event : answer.json.at("events").as_array()) {
        Seen seen{event.text("outcome"), "", event.at("initiator").text("id"),
                  event.get("reason").text("reasonCode"), ""};
        for (const Json& one : event.at("attachments").as_array()) {
            if (one.text("name") == "methods") seen.methods = one.text("content");
            if (one.text("name") == "identity_provider") seen.provider = one.text("content");
        }
        if (seen.methods == method) found.push_back(seen);
    }
    return found;
}

struct Key {
    std::string access, secret;
};

Answer by_s3(Identity& cloud, const Key& key) {
    const std::string text = base64url_encode("GET\n\n\n\n/bucket");
    const std::string signature =
        base64_encode(crypto::hmac(crypto::Digest::sha1, key.secret, *base64url_decode(text)));
    return cloud.post(
        v3 + "/s3tokens", cloud.admin(),
        wrapped("credentials",
                Json::object({{"access", key.access}, {"token", text}, {"signature", signature}})));
}

Key add_key(Identity& cloud, const std::string& user, const std::string& project,
            const Key& wanted) {
    const Answer made = cloud.post(
        v3 + "/credentials", cloud.admin(),
        wrapped(
            "credential",
            Json::object(
                {{"type", "ec2"},
                 {"user_id", user},
                 {"project_id", project},
                 {"blob",
                  Json::object({{"access", wanted.access}, {"secret", wanted.secret}}).dump()}})));
    REQUIRE_MESSAGE(made.status == 201, made.text);
    return wanted;
}

// Without what tells one request from another.
std::string words_of(const Answer& answer) {
    return std::to_string(answer.status) + answer.json.get("error").dump();
}
} // namespace

TEST_CASE("EC2 and S3 signatures: outcomes are in the audit and say nothing of what was wrong") {
    Identity cloud;
    const std::string ann = cloud.add_user("ann"), project = cloud.add_project("p");
    cloud.grant(project, ann, "member");
    const Key key = add_key(cloud, ann, project, {"ann-access", std::string(32, 'k')});
    CHECK(by_s3(cloud, key).status == 200);
    const Answer wrong = by_s3(cloud, {key.access, "x"}), unknown = by_s3(cloud, {"nobody", "x"});
    CHECK(wrong.status == 401);
    CHECK(words_of(wrong) == words_of(unknown));
    cloud.patch(v3 + "/users/" + ann, cloud.admin(),
                Json::parse(R"({"user": {"enabled": false}})"));
    CHECK(words_of(by_s3(cloud, key)) == words_of(wrong));
    const auto seen = logins(cloud, "ec2credential");
    REQUIRE(seen.size() == 4);
    CHECK(seen[0].outcome == "success");
    CHECK(seen[0].initiator == ann);
    CHECK(seen[1].outcome == "failure");
    CHECK(seen[1].initiator == ann);
    CHECK(seen[2].initiator == "unknown");
    CHECK(seen[3].initiator == ann);
    CHECK(seen[3].outcome == "failure");
}

TEST_CASE("guessing a short EC2 secret stops working, a long one cannot be closed by others") {
    Identity cloud({"keystone.throttle_account_failures=3"});
    const std::string ann = cloud.add_user("ann"), project = cloud.add_project("p");
    cloud.grant(project, ann, "member");
    const Key weak = add_key(cloud, ann, project, {"weak", "1234"});
    const Key strong = add_key(cloud, ann, project, {"strong", std::string(32, 's')});
    CHECK(by_s3(cloud, weak).status == 200);
    std::string refused;
    for (const Key& key : {weak, strong})
        for (int i = 0; i < 5; ++i) {
            const Answer answer = by_s3(cloud, {key.access, "guess" + std::to_string(i)});
            CHECK(answer.status == 401);
            refused = words_of(answer);
        }
    // The right guess is refused like the wrong ones before it.
    CHECK(words_of(by_s3(cloud, weak)) == refused);
    CHECK(by_s3(cloud, strong).status == 200);
    // Logins of others from the same service go on.
    CHECK(by_s3(cloud, add_key(cloud, ann, project, {"other", "5678"})).status == 200);
}

TEST_CASE("services that check signatures themselves share the count of guesses") {
    Identity cloud({"keystone.throttle_account_failures=3"});
    const std::string ann = cloud.add_user("ann"), project = cloud.add_project("p");
    cloud.grant(project, ann, "member");
    const Key weak = add_key(cloud, ann, project, {"weak", "1234"});
    const Key strong = add_key(cloud, ann, project, {"strong", std::string(32, 's')});
    const auto secret_of = [&](const Key& key) {
        return cloud.cloud().db().read([&](db::Tx& tx) {
            const auto login = keystone::client::find_ec2_login(cloud.cloud(), tx, key.access);
            REQUIRE(login);
            return login->secret.reveal();
        });
    };
    CHECK(secret_of(weak) == weak.secret);
    for (const char* access : {"weak", "strong", "nobody"})
        for (int i = 0; i < 4; ++i) keystone::client::note_wrong_signature(cloud.cloud(), access);
    CHECK(secret_of(weak).size() >= 32); // one that nobody has
    CHECK(secret_of(strong) == strong.secret);
    CHECK(by_s3(cloud, weak).status == 401);
    CHECK(by_s3(cloud, strong).status == 200);
}

TEST_CASE("OAuth 2 clients: outcomes are in the audit, guesses of a secret are slowed") {
    Identity cloud({"keystone.throttle_account_failures=3"});
    const std::string ann = cloud.add_user("ann"), project = cloud.add_project("p");
    cloud.grant(project, ann, "member");
    const std::string token = cloud.token("ann", "pw", Identity::project_scope("p"));
    const Answer made = cloud.post(
        v3 + "/users/" + ann + "/application_credentials", token,
        wrapped("application_credential", Json::object({{"name", "robot"}, {"secret", "s3"}})));
    REQUIRE_MESSAGE(made.status == 201, made.text);
    const std::string id = made.json.at("application_credential").text("id");
    const auto ask = [&](const std::string& client, const std::string& secret) {
        http::Headers headers;
        headers.set("Authorization", "Basic " + base64_encode(client + ":" + secret));
        headers.set("Content-Type", "application/x-www-form-urlencoded");
        return cloud.raw("POST", v3 + "/OS-OAUTH2/token", "", "grant_type=client_credentials",
                         headers);
    };
    CHECK(ask(id, "s3").status == 200);
    std::string of_known;
    for (const std::string& client : {id, std::string("nobody")}) {
        for (int i = 0; i < 3; ++i) {
            const Answer answer = ask(client, "guess");
            CHECK(answer.status == 401);
            CHECK(answer.json.text("error") == "invalid_client");
            if (client == id) of_known = answer.text;
            CHECK(answer.text == of_known);
        }
        // The source is known to have used the right secret of the one.
        const Answer slowed = ask(client, "guess");
        CHECK(slowed.status == (client == id ? 401 : 429));
        if (client == id) continue;
        CHECK(slowed.json.text("error") == "other_error");
        CHECK(!slowed.headers.get("Retry-After").empty());
    }
    const auto seen = logins(cloud, "application_credential");
    REQUIRE(seen.size() == 9);
    CHECK(seen[0].outcome == "success");
    CHECK(seen[0].initiator == ann);
    CHECK(seen[1].outcome == "failure");
    CHECK(seen[1].initiator == ann);
    CHECK(seen[8].initiator == "unknown");
    CHECK(seen[8].code == "429");
}

namespace {
const std::string federation = v3 + "/OS-FEDERATION";

// Behind a web server that does the logins of provider "corp".
struct Behind : Identity {
    Behind()
        : Identity({"keystone.federation_front_secret=\"hush\"",
                    "keystone.throttle_account_failures=3"}) {
        make("/identity_providers/corp", wrapped("identity_provider", wrapped("enabled", true)));
        make("/mappings/m", wrapped("mapping", wrapped("rules", Json::parse(R"([{"local":[{"user":
             {"name":"{0}"}}],"remote":[{"type":"HTTP_OIDC_NAME"}]}])"))));
        make("/identity_providers/corp/protocols/openid",
             wrapped("protocol", wrapped("mapping_id", "m")));
    }
    void make(const std::string& path, const Json& body) {
        const Answer answer = put(federation + path, admin(), body);
        REQUIRE_MESSAGE(answer.status == 201, answer.text);
    }
    Answer enter(const std::string& secret, const std::string& provider = "corp") {
        http::Headers headers;
        headers.set("X-Federation-Secret", secret);
        headers.set("OIDC-name", "ann");
        return raw("GET", federation + "/identity_providers/" + provider + "/protocols/openid/auth",
                   "", "", headers);
    }
};
} // namespace

TEST_CASE("a web server in front: its logins are in the audit") {
    Behind cloud;
    const Answer entered = cloud.enter("hush");
    REQUIRE_MESSAGE(entered.status == 201, entered.text);
    CHECK(cloud.enter("hush", "nowhere").status == 404);
    CHECK(cloud.enter("guess").status == 401); // nobody vouched: no login was begun
    const auto seen = logins(cloud, "openid");
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].outcome == "success");
    CHECK(seen[0].provider == "corp");
    CHECK(seen[0].initiator == entered.json.at("token").at("user").text("id"));
    CHECK(seen[1].outcome == "failure");
    CHECK(seen[1].provider == "nowhere");
}

TEST_CASE("guesses of the secret of a web server in front are slowed, not the server itself") {
    Behind cloud, used;
    for (int i = 0; i < 3; ++i) CHECK(cloud.enter("guess").status == 401);
    CHECK(cloud.enter("guess").status == 429);
    CHECK(cloud.enter("hush").status == 429);
    // From an address that proved itself before, it goes on.
    CHECK(used.enter("hush").status == 201);
    for (int i = 0; i < 5; ++i) CHECK(used.enter("guess").status == 401);
    CHECK(used.enter("hush").status == 201);
}
