// SPDX-License-Identifier: Apache-2.0
// Who a client certificate is, over real TLS: external logins, OAuth 2 clients and what their
// tokens are worth to others, and calls without a token.
#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/keystone/ops/audit.h"
#include "services/keystone/test/authority.h"

using namespace nephele;
using namespace nephele::keystone::test;

namespace {
const std::string v3 = "/identity/v3", federation = v3 + "/OS-FEDERATION";
constexpr const char *json = "application/json", *form = "application/x-www-form-urlencoded";

Json wrapped(const char* name, Json value) { return Json::object({{name, std::move(value)}}); }

// The administrator's token, by certificate "admin".
std::string admin_token(Authority& authority, Identity& cloud, std::string* user_id = nullptr) {
    const auto login = authority.post(cloud, v3 + "/auth/tokens", R"({"auth": {"identity":
        {"methods": ["external"], "external": {}},
        "scope": {"project": {"name": "admin", "domain": {"id": "default"}}}}})",
                                      "admin", json);
    REQUIRE_MESSAGE(login.status == 201, login.body);
    if (user_id) *user_id = Json::parse(login.body).at("token").at("user").text("id");
    return login.headers.get("X-Subject-Token");
}

http::ClientResponse call(Authority& authority, Identity& cloud, const std::string& method,
                          const std::string& path, const std::string& token, const Json& body) {
    http::ClientRequest request;
    request.method = method;
    request.url = path;
    if (!body.is_null()) request.body = body.dump();
    request.headers.set("Content-Type", json);
    request.headers.set("X-Auth-Token", token);
    return authority.send(cloud, std::move(request), "");
}
} // namespace

TEST_CASE("a client certificate is an external login, where that is switched on") {
    Authority authority;
    authority.make("admin", "/O=Example/CN=admin");
    authority.make("stranger", "/CN=stranger");
    const std::string body = R"({"auth": {"identity": {"methods": ["external"], "external": {}},
        "scope": {"project": {"name": "admin", "domain": {"id": "default"}}}}})";
    const std::string url = v3 + "/auth/tokens";
    Identity off(authority.settings({}));
    CHECK(authority.post(off, url, body, "admin", json).status == 401);
    Identity cloud(authority.settings({"keystone.external_certificate=true"}));
    const auto answer = authority.post(cloud, url, body, "admin", json);
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    CHECK(Json::parse(answer.body).at("token").at("user").text("name") == "admin");
    CHECK(authority.post(cloud, url, body, "stranger", json).status == 401);
    CHECK(authority.post(cloud, url, body, "", json).status == 401);
}

TEST_CASE("a token bound to a certificate works with that certificate only") {
    Authority authority;
    Identity cloud(authority.settings({"keystone.oauth2_authn_methods=[\"tls_client_auth\"]",
                                       "keystone.external_certificate=true"}));
    authority.make("admin", "/CN=admin");
    const auto login = authority.post(
        cloud, v3 + "/auth/tokens",
        R"({"auth": {"identity": {"methods": ["external"], "external": {}}}})", "admin", json);
    const std::string id = Json::parse(login.body).at("token").at("user").text("id");
    authority.make("client", "/UID=" + id + "/CN=admin");
    authority.make("other", "/UID=" + id + "/CN=bob");
    const std::string url = v3 + "/OS-OAUTH2/token",
                      body = "grant_type=client_credentials&client_id=" + id;
    CHECK(authority.post(cloud, url, body, "", form).status == 401);
    CHECK(authority.post(cloud, url, body, "other", form).status == 401);
    CHECK(authority.post(cloud, url, body, "admin", form).status == 401);
    const auto answer = authority.post(cloud, url, body, "client", form);
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    const std::string token = Json::parse(answer.body).text("access_token");
    const auto shown = authority.get(cloud, v3 + "/auth/projects", token, "client");
    CHECK(shown.status == 200);
    // Overheard, it is worth nothing: without a certificate, or with another one of the same user.
    CHECK(authority.get(cloud, v3 + "/auth/projects", token, "").status == 401);
    CHECK(authority.get(cloud, v3 + "/auth/projects", token, "admin").status == 401);
    const std::string rescope =
        R"({"auth": {"identity": {"methods": ["token"], "token": {"id": ")" + token + R"("}}}})";
    CHECK(authority.post(cloud, v3 + "/auth/tokens", rescope, "admin", json).status == 401);
    const auto again = authority.post(cloud, v3 + "/auth/tokens", rescope, "client", json);
    REQUIRE_MESSAGE(again.status == 201, again.body);
    CHECK(Json::parse(again.body).at("token").at("oauth2_credential").text("x5t#S256").size() ==
          43);
    CHECK(authority.get(cloud, v3 + "/auth/projects", again.headers.get("X-Subject-Token"), "admin")
              .status == 401);
}

TEST_CASE("a mapping says which user the certificate of an OAuth 2 client is") {
    Authority authority;
    Identity cloud(authority.settings({"keystone.oauth2_authn_methods=[\"tls_client_auth\"]",
                                       "keystone.external_certificate=true"}));
    authority.make("admin", "/CN=admin");
    std::string id;
    const std::string token = admin_token(authority, cloud, &id);
    authority.make("client", "/UID=" + id + "/CN=admin");
    authority.make("named", "/OU=admin/O=Default");
    authority.make("other", "/OU=other/O=Default");
    authority.make("bare", "/OU=admin");
    const std::string url = v3 + "/OS-OAUTH2/token",
                      body = "grant_type=client_credentials&client_id=" + id;
    CHECK(authority.post(cloud, url, body, "client", form).status == 200);
    CHECK(authority.post(cloud, url, body, "named", form).status == 401);
    const auto set_rules = [&](const char* method, const char* rules) {
        const auto answer = call(authority, cloud, method, federation + "/mappings/oauth2_mapping",
                                 token, wrapped("mapping", wrapped("rules", Json::parse(rules))));
        REQUIRE_MESSAGE(answer.status / 100 == 2, answer.body);
    };
    set_rules("PUT", R"([{"local": [{"user": {"name": "{0}", "domain": {"name": "{1}"}}}],
        "remote": [{"type": "SSL_CLIENT_SUBJECT_DN_OU"}, {"type": "SSL_CLIENT_SUBJECT_DN_O"},
                   {"type": "SSL_CLIENT_ISSUER_DN_CN", "any_one_of": ["ca"]}]}])");
    CHECK(authority.post(cloud, url, body, "named", form).status == 200);
    CHECK(authority.post(cloud, url, body, "other", form).status == 401);
    CHECK(authority.post(cloud, url, body, "bare", form).status == 401);
    // The mapping alone decides.
    CHECK(authority.post(cloud, url, body, "client", form).status == 401);
    // Another issuer than the mapping asks for; and one that names nobody.
    set_rules("PATCH", R"([{"local": [{"user": {"name": "{0}", "domain": {"name": "{1}"}}}],
        "remote": [{"type": "SSL_CLIENT_SUBJECT_DN_OU"}, {"type": "SSL_CLIENT_SUBJECT_DN_O"},
                   {"type": "SSL_CLIENT_ISSUER_DN_CN", "any_one_of": ["other ca"]}]}])");
    CHECK(authority.post(cloud, url, body, "named", form).status == 401);
    set_rules("PATCH", R"([{"local": [{"user": {"name": "{0}"}}],
        "remote": [{"type": "SSL_CLIENT_SUBJECT_DN_OU"}]}])");
    CHECK(authority.post(cloud, url, body, "named", form).status == 401);
}

namespace {
// Certificates of the authority "ca" call without a token, as its mapping says.
struct Tokenless {
    Authority authority;
    Identity cloud;
    std::string admin, issuer = hex_encode(crypto::sha256("CN=ca"));

    explicit Tokenless(const char* rules, const char* trusted = "CN=ca")
        : cloud(authority.settings(
              {"keystone.external_certificate=true",
               "keystone.tokenless_trusted_issuers=[\"" + std::string(trusted) + "\"]"})) {
        authority.make("admin", "/CN=admin");
        authority.make("robot", "/CN=robot/O=Robots");
        admin = admin_token(authority, cloud);
        made("/identity_providers/" + issuer,
             wrapped("identity_provider", wrapped("enabled", true)));
        made("/mappings/m", wrapped("mapping", wrapped("rules", Json::parse(rules))));
        made("/identity_providers/" + issuer + "/protocols/x509",
             wrapped("protocol", wrapped("mapping_id", "m")));
    }
    http::ClientResponse as_admin(const std::string& method, const std::string& path,
                                  const Json& body = Json()) {
        return call(authority, cloud, method, path, admin, body);
    }
    void made(const std::string& path, const Json& body) {
        const auto answer = as_admin("PUT", federation + path, body);
        REQUIRE_MESSAGE(answer.status == 201, answer.body);
    }
    http::ClientResponse get(const std::string& path, const std::string& client,
                             std::vector<std::pair<std::string, std::string>> headers) {
        http::ClientRequest request;
        request.url = path;
        for (auto& [name, value] : headers) request.headers.set(name, value);
        return authority.send(cloud, std::move(request), client);
    }
    int status(const std::string& client,
               std::vector<std::pair<std::string, std::string>> headers) {
        return get(v3 + "/users", client, std::move(headers)).status;
    }
};
const std::vector<std::pair<std::string, std::string>> on_admin{{"X-Project-Name", "admin"},
                                                                {"X-Project-Domain-Id", "default"}};
} // namespace

TEST_CASE("a certificate calls without a token as a local user, in the scope its headers name") {
    Tokenless tokenless(R"([{"local": [{"user": {"name": "{0}", "type": "local",
        "domain": {"id": "default"}}}], "remote": [{"type": "SSL_CLIENT_S_DN_CN"}]}])");
    CHECK(tokenless.status("admin", on_admin) == 200);
    CHECK(tokenless.status("admin", on_admin) == 200);
    const auto project = Json::parse(tokenless.as_admin("GET", v3 + "/projects?name=admin").body)
                             .at("projects")
                             .as_array()[0]
                             .text("id");
    CHECK(tokenless.status("admin", {{"X-Project-Id", project}}) == 200);
    CHECK(tokenless.status(
              "admin", {{"X-Project-Name", "admin"}, {"X-Project-Domain-Name", "Default"}}) == 200);
    // Without a scope, in one without a role, with half a name, as nobody.
    CHECK(tokenless.status("admin", {}) == 401);
    CHECK(tokenless.status("admin", {{"X-Project-Id", "nothing"}}) == 401);
    CHECK(tokenless.status("admin", {{"X-Domain-Name", "nothing"}}) == 401);
    CHECK(tokenless.status("admin", {{"X-Project-Name", "admin"}}) == 400);
    CHECK(tokenless.status("robot", on_admin) == 401);
    CHECK(tokenless.status("", on_admin) == 401);
    // A token that is brought is what counts, also when it is not good.
    auto with_token = on_admin;
    with_token.emplace_back("X-Auth-Token", "nonsense");
    CHECK(tokenless.status("admin", with_token) == 401);
    // It ends with the provider, and with the user.
    const std::string provider = federation + "/identity_providers/" + tokenless.issuer;
    tokenless.as_admin("PATCH", provider, wrapped("identity_provider", wrapped("enabled", false)));
    CHECK(tokenless.status("robot", on_admin) == 401);
    tokenless.as_admin("PATCH", provider, wrapped("identity_provider", wrapped("enabled", true)));
    CHECK(tokenless.status("admin", on_admin) == 200);
    // Each login is in the audit, each call is not.
    tokenless.cloud.cloud().state<nephele::keystone::LoginAudit>().write(tokenless.cloud.cloud());
    const auto audit = Json::parse(
        tokenless.as_admin("GET", "/nephele/v1/audit?limit=1000&kind=authentication").body);
    int successes = 0;
    for (const Json& event : audit.at("events").as_array())
        successes += event.text("outcome") == "success" &&
                     event.at("attachments").dump().find(tokenless.issuer) != std::string::npos;
    CHECK(successes >= 3);
    CHECK(successes <= 4);
}

TEST_CASE("a certificate calls without a token as somebody known by its groups only") {
    Tokenless tokenless(R"([{"local": [{"user": {"name": "{0}"}},
        {"group": {"name": "robots", "domain": {"id": "default"}}}],
        "remote": [{"type": "SSL_CLIENT_S_DN_CN"},
                   {"type": "SSL_CLIENT_S_DN_O", "any_one_of": ["Robots"]}]}])");
    CHECK(tokenless.status("robot", on_admin) == 401);
    const auto group = tokenless.as_admin("POST", v3 + "/groups",
                                          wrapped("group", Json::object({{"name", "robots"}})));
    const std::string group_id = Json::parse(group.body).at("group").text("id");
    const auto id_of = [&](const char* kind, const char* name) {
        return Json::parse(tokenless.as_admin("GET", v3 + "/" + kind + "?name=" + name).body)
            .at(kind)
            .as_array()[0]
            .text("id");
    };
    const std::string grant = v3 + "/projects/" + id_of("projects", "admin") + "/groups/" +
                              group_id + "/roles/" + id_of("roles", "admin");
    REQUIRE(tokenless.as_admin("PUT", grant).status == 204);
    CHECK(tokenless.status("robot", on_admin) == 200);
    CHECK(tokenless.status("admin", on_admin) == 401);
    // What is taken away is gone at the next call.
    REQUIRE(tokenless.as_admin("DELETE", grant).status == 204);
    CHECK(tokenless.status("robot", on_admin) == 401);
}

TEST_CASE("certificates of issuers that are not named call nothing without a token") {
    const char* rules = R"([{"local": [{"user": {"name": "{0}", "type": "local",
        "domain": {"id": "default"}}}], "remote": [{"type": "SSL_CLIENT_S_DN_CN"}]}])";
    Tokenless tokenless(rules, "CN=another");
    CHECK(tokenless.status("admin", on_admin) == 401);
}
