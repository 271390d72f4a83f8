// SPDX-License-Identifier: Apache-2.0
// Identity from elsewhere over HTTP, with a web server in front played by the test.
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::keystone::test;
using nephele::http::Headers;

namespace {

const std::string federation = "/identity/v3/OS-FEDERATION";

Json wrapped(const char* name, Json value) { return Json::object({{name, std::move(value)}}); }

// {0}: name, {1}: groups, {2}: mail.
constexpr const char* usual_rules = R"([
  {"local": [{"user": {"name": "{0}", "email": "{2}"}},
             {"groups": "{1}", "domain": {"id": "default"}}],
   "remote": [{"type": "HTTP_OIDC_NAME"}, {"type": "HTTP_OIDC_GROUPS"},
              {"type": "HTTP_OIDC_EMAIL"}]},
  {"local": [{"projects": [{"name": "sandbox of {0}", "roles": [{"name": "member"}]}]}],
   "remote": [{"type": "HTTP_OIDC_NAME"},
              {"type": "HTTP_OIDC_KIND", "any_one_of": ["sandboxed"]}]}])";

class Federated : public Identity {
  public:
    explicit Federated(std::vector<std::string> more = {}) : Identity(with(std::move(more))) {}

    static std::vector<std::string> with(std::vector<std::string> more) {
        more.push_back("keystone.federation_front_secret=\"hush\"");
        more.push_back("keystone.remote_id_attribute=\"HTTP_OIDC_ISS\"");
        more.push_back("keystone.trusted_dashboards=[\"https://Dash.example/auth/websso/\"]");
        return more;
    }

    Answer made(const std::string& path, const Json& body) {
        const Answer answer = put(federation + path, admin(), body);
        REQUIRE_MESSAGE(answer.status == 201, answer.text);
        return answer;
    }
    // Provider "corp" with protocol "openid", a group of members of a project.
    void prepare(const std::string& rules = usual_rules, Json provider = Json::object()) {
        provider["enabled"] = true;
        provider["remote_ids"] = Json::array({"https://corp.example"});
        made("/identity_providers/corp", wrapped("identity_provider", provider));
        made("/mappings/usual", wrapped("mapping", Json::object({{"rules", Json::parse(rules)}})));
        made("/identity_providers/corp/protocols/openid",
             wrapped("protocol", Json::object({{"mapping_id", "usual"}})));
        group =
            post("/identity/v3/groups", admin(), wrapped("group", Json::object({{"name", "devs"}})))
                .json.at("group")
                .text("id");
        project = add_project("dev");
        REQUIRE(request("PUT",
                        "/identity/v3/projects/" + project + "/groups/" + group + "/roles/" +
                            role_id("member"),
                        admin())
                    .status == 204);
    }

    static Headers claims(const std::string& name, const std::string& groups = "devs",
                          const std::string& secret = "hush") {
        Headers headers;
        headers.set("X-Federation-Secret", secret);
        headers.set("OIDC-name", name);
        headers.set("OIDC-groups", groups);
        headers.set("OIDC-email", name + "@corp.example");
        headers.set("OIDC-iss", "https://corp.example");
        return headers;
    }
    static std::string auth_path(const std::string& provider = "corp") {
        return federation + "/identity_providers/" + provider + "/protocols/openid/auth";
    }
    Answer enter(const Headers& headers) { return raw("GET", auth_path(), "", "", headers); }
    std::string token_of(const std::string& name, const std::string& groups = "devs") {
        const Answer answer = enter(claims(name, groups));
        REQUIRE_MESSAGE(answer.status == 201, answer.text);
        return answer.headers.get("X-Subject-Token");
    }
    Answer rescope(const std::string& token, const Json& scope, const char* method = "token") {
        Json identity = Json::object(
            {{"methods", Json::array({method})}, {method, Json::object({{"id", token}})}});
        return post("/identity/v3/auth/tokens", "",
                    wrapped("auth", Json::object({{"identity", identity}, {"scope", scope}})));
    }
    Json project_by_id(const std::string& id) {
        return wrapped("project", Json::object({{"id", id}}));
    }
    int validity(const std::string& token) {
        Headers headers;
        headers.set("X-Subject-Token", token);
        return request("GET", "/identity/v3/auth/tokens", admin(), Json(), headers).status;
    }

    std::string group, project;
};

} // namespace

TEST_CASE("federation: groups of a login are the user's for a while, and say until when") {
    Federated cloud;
    cloud.prepare(usual_rules, Json::object({{"authorization_ttl", 60}}));
    const auto before = cloud.cloud().now();
    const auto entered = cloud.enter(Federated::claims("ann"));
    REQUIRE_MESSAGE(entered.status == 201, entered.text);
    const std::string user = entered.json.at("token").at("user").text("id");
    const std::string of_user = "/identity/v3/users/" + user + "/groups",
                      membership = "/identity/v3/groups/" + cloud.group + "/users/" + user;
    const auto shown = cloud.get(of_user, cloud.admin());
    REQUIRE_MESSAGE(shown.status == 200, shown.text);
    REQUIRE(shown.json.at("groups").size() == 1);
    const Json& group = shown.json.at("groups").as_array()[0];
    CHECK(group.text("id") == cloud.group);
    const auto end = parse_time(group.text("membership_expires_at"));
    REQUIRE(end);
    CHECK(*end >= before.plus_seconds(3600));
    CHECK(*end <= cloud.cloud().now().plus_seconds(3600));
    CHECK(cloud.get(membership, cloud.admin()).status == 204);
    // What a disabled provider said counts no more.
    const auto enable = [&](bool enabled) {
        CHECK(cloud
                  .patch(federation + "/identity_providers/corp", cloud.admin(),
                         wrapped("identity_provider", Json::object({{"enabled", enabled}})))
                  .status == 200);
    };
    enable(false);
    CHECK(cloud.get(of_user, cloud.admin()).json.at("groups").size() == 0);
    CHECK(cloud.get(membership, cloud.admin()).status == 404);
    enable(true);
    // A membership of its own has no end.
    CHECK(cloud.put(membership, cloud.admin(), Json()).status == 204);
    const auto both = cloud.get(of_user + "?name=devs", cloud.admin());
    REQUIRE_MESSAGE(both.status == 200, both.text);
    REQUIRE(both.json.at("groups").size() == 1);
    CHECK(both.json.at("groups").as_array()[0].has("membership_expires_at"));
    CHECK(both.json.at("groups").as_array()[0].get("membership_expires_at").is_null());
    CHECK_FALSE(cloud.get("/identity/v3/groups/" + cloud.group, cloud.admin())
                    .json.at("group")
                    .has("membership_expires_at"));
}

TEST_CASE("federation: identity providers are made, shown, changed, deleted") {
    Identity cloud;
    const std::string all = federation + "/identity_providers", one = all + "/corp";
    const auto made = cloud.put(
        one, cloud.admin(),
        wrapped("identity_provider", Json::object({{"description", "Corp"},
                                                   {"remote_ids", Json::array({"r1", "r2"})}})));
    REQUIRE_MESSAGE(made.status == 201, made.text);
    const Json& provider = made.json.at("identity_provider");
    CHECK(provider.text("id") == "corp");
    CHECK(provider.get("enabled") == Json(false));
    CHECK(provider.get("authorization_ttl").is_null());
    CHECK(provider.at("links").text("protocols").ends_with("/corp/protocols"));
    // Its users got a domain.
    const auto domain =
        cloud.get("/identity/v3/domains/" + provider.text("domain_id"), cloud.admin());
    CHECK(domain.json.at("domain").text("description").ends_with("Identity Provider: corp"));
    CHECK(cloud.put(one, cloud.admin(), wrapped("identity_provider", Json::object())).status ==
          409);
    // A remote id belongs to one.
    const auto twice = cloud.put(
        all + "/other", cloud.admin(),
        wrapped("identity_provider", Json::object({{"remote_ids", Json::array({"r2"})}})));
    CHECK(twice.status == 409);
    CHECK(twice.text.find("Duplicate remote ID: r2") != twice.text.npos);
    const auto in_default =
        cloud.put(all + "/other", cloud.admin(),
                  wrapped("identity_provider", Json::object({{"domain_id", "default"},
                                                             {"enabled", true},
                                                             {"authorization_ttl", 10}})));
    CHECK(in_default.status == 201);
    CHECK(in_default.json.at("identity_provider").integer("authorization_ttl") == 10);
    CHECK(cloud.get(all, cloud.admin()).json.at("identity_providers").size() == 2);
    CHECK(cloud.get(all + "?enabled=true", cloud.admin()).json.at("identity_providers").size() ==
          1);
    CHECK(cloud.get(all + "?id=corp", cloud.admin()).json.at("identity_providers").size() == 1);
    const auto changed = cloud.patch(
        one, cloud.admin(),
        wrapped("identity_provider",
                Json::object({{"enabled", true}, {"remote_ids", Json::array({"r3"})}})));
    CHECK(changed.status == 200);
    CHECK(changed.json.at("identity_provider").at("remote_ids") == Json::array({"r3"}));
    CHECK(cloud
              .patch(one, cloud.admin(),
                     wrapped("identity_provider", Json::object({{"domain_id", "default"}})))
              .status == 400);
    CHECK(cloud.del(one, cloud.admin()).status == 204);
    CHECK(cloud.get(one, cloud.admin()).status == 404);
}

TEST_CASE("federation: identity providers that are none, and who may not make them") {
    Identity cloud;
    const std::string all = federation + "/identity_providers";
    for (const Json& bad :
         {Json::object({{"enabled", "perhaps"}}), Json::object({{"remote_ids", "r"}}),
          Json::object({{"authorization_ttl", -1}}), Json::object({{"nonsense", 1}}),
          Json::object({{"remote_ids", Json::array({"x", "x"})}}),
          Json::object({{"id", "another"}})}) {
        CAPTURE(bad.dump());
        CHECK(cloud.put(all + "/new", cloud.admin(), wrapped("identity_provider", bad)).status ==
              400);
    }
    CHECK(cloud
              .put(all + "/new", cloud.admin(),
                   wrapped("identity_provider", Json::object({{"domain_id", "nowhere"}})))
              .status == 404);
    cloud.add_user("ann");
    const auto ann = cloud.token("ann", "pw", Json());
    CHECK(cloud.get(all, ann).status == 403);
    CHECK(cloud.put(all + "/new", ann, wrapped("identity_provider", Json::object())).status == 403);
}

TEST_CASE("federation: protocols and mappings") {
    Federated cloud;
    cloud.prepare();
    const std::string protocols = federation + "/identity_providers/corp/protocols";
    const auto shown = cloud.get(protocols + "/openid", cloud.admin());
    CHECK(shown.json.at("protocol").text("mapping_id") == "usual");
    CHECK(shown.json.at("protocol").at("links").text("identity_provider").ends_with("/corp"));
    CHECK_FALSE(shown.json.at("protocol").has("key"));
    CHECK(cloud
              .put(protocols + "/saml2", cloud.admin(),
                   wrapped("protocol", Json::object({{"mapping_id", "none"}})))
              .status == 400);
    CHECK(cloud.put(protocols + "/saml2", cloud.admin(), wrapped("protocol", Json::object()))
              .status == 400);
    CHECK(cloud
              .put(protocols + "/openid", cloud.admin(),
                   wrapped("protocol", Json::object({{"mapping_id", "usual"}})))
              .status == 409);
    CHECK(cloud
              .put(federation + "/identity_providers/none/protocols/x", cloud.admin(),
                   wrapped("protocol", Json::object({{"mapping_id", "usual"}})))
              .status == 404);
    CHECK(cloud.get(protocols, cloud.admin()).json.at("protocols").size() == 1);
    const auto changed =
        cloud.patch(protocols + "/openid", cloud.admin(),
                    wrapped("protocol", Json::object({{"remote_id_attribute", "HTTP_X"}})));
    CHECK(changed.json.at("protocol").text("remote_id_attribute") == "HTTP_X");

    const std::string mapping = federation + "/mappings/usual";
    CHECK(cloud.get(mapping, cloud.admin()).json.at("mapping").at("rules").size() == 2);
    CHECK(cloud.get(federation + "/mappings", cloud.admin()).json.at("mappings").size() == 1);
    const auto wrong = cloud.patch(
        mapping, cloud.admin(),
        wrapped("mapping", Json::object({{"rules", Json::parse(R"([{"local":[{"x":1}]}])")}})));
    CHECK(wrong.status == 400);
    CHECK(wrong.text.find("('x' was unexpected)") != wrong.text.npos);
    CHECK(wrong.text.find("'remote' is a required property") != wrong.text.npos);
    CHECK(cloud.patch(mapping, cloud.admin(), wrapped("mapping", Json::object())).status == 400);
    CHECK(cloud
              .put(mapping, cloud.admin(),
                   wrapped("mapping", Json::object({{"rules", Json::parse(usual_rules)}})))
              .status == 409);

    CHECK(cloud.del(mapping, cloud.admin()).status == 204);
    CHECK(cloud.del(protocols + "/openid", cloud.admin()).status == 204);
    CHECK(cloud.get(protocols + "/openid", cloud.admin()).status == 404);
}

TEST_CASE("federation: service providers, and tokens that name them") {
    Identity cloud;
    const std::string other = federation + "/service_providers/beta";
    const Json beta = Json::object({{"auth_url", "https://beta.example/auth"},
                                    {"sp_url", "https://beta.example/Shibboleth.sso/SAML2/ECP"},
                                    {"enabled", true}});
    const auto made = cloud.put(other, cloud.admin(), wrapped("service_provider", beta));
    CHECK(made.status == 201);
    CHECK(made.json.at("service_provider").text("relay_state_prefix") == "ss:mem:");
    CHECK(cloud.put(other, cloud.admin(), wrapped("service_provider", beta)).status == 409);
    CHECK(cloud
              .put(other + "2", cloud.admin(),
                   wrapped("service_provider", Json::object({{"auth_url", "x"}})))
              .status == 400);
    // Tokens say where else they are good, while it is enabled.
    const auto with = cloud.log_in("admin", "secret", Identity::project_scope("admin"));
    REQUIRE(with.json.at("token").get("service_providers").size() == 1);
    const Json& said = with.json.at("token").at("service_providers").as_array()[0];
    CHECK(said == Json::object({{"id", "beta"},
                                {"auth_url", "https://beta.example/auth"},
                                {"sp_url", "https://beta.example/Shibboleth.sso/SAML2/ECP"}}));
    CHECK(cloud
              .patch(other, cloud.admin(),
                     wrapped("service_provider", Json::object({{"enabled", false}})))
              .status == 200);
    CHECK_FALSE(cloud.log_in("admin", "secret", Identity::project_scope("admin"))
                    .json.at("token")
                    .has("service_providers"));
    CHECK(cloud.del(other, cloud.admin()).status == 204);
}

TEST_CASE("federation: a login through the web server in front, and what its token is good for") {
    Federated cloud;
    cloud.prepare();
    const auto entered = cloud.enter(Federated::claims("Ann Lee", "devs;unknown"));
    REQUIRE_MESSAGE(entered.status == 201, entered.text);
    const Json& token = entered.json.at("token");
    CHECK(token.at("methods") == Json::array({"openid"}));
    CHECK_FALSE(token.has("roles"));
    CHECK_FALSE(token.has("project"));
    const Json& user = token.at("user");
    CHECK(user.text("name") == "Ann Lee");
    CHECK(user.text("id").size() == 64);
    const Json& said = user.at("OS-FEDERATION");
    CHECK(said.at("identity_provider") == Json::object({{"id", "corp"}}));
    CHECK(said.at("protocol") == Json::object({{"id", "openid"}}));
    CHECK(said.at("groups") == Json::array({Json::object({{"id", cloud.group}})}));

    const std::string unscoped = entered.headers.get("X-Subject-Token");
    for (const char* path : {"/identity/v3/OS-FEDERATION/projects", "/identity/v3/auth/projects"}) {
        const auto projects = cloud.get(path, unscoped);
        REQUIRE(projects.json.at("projects").size() == 1);
        CHECK(projects.json.at("projects").as_array()[0].text("id") == cloud.project);
    }
    CHECK(cloud.get("/identity/v3/OS-FEDERATION/domains", unscoped).json.at("domains").size() == 0);
    for (const char* method : {"token", "mapped", "saml2", "openid"}) {
        CAPTURE(method);
        const auto scoped = cloud.rescope(unscoped, cloud.project_by_id(cloud.project), method);
        REQUIRE_MESSAGE(scoped.status == 201, scoped.text);
        CHECK(scoped.json.at("token").at("project").text("id") == cloud.project);
        CHECK(scoped.json.at("token").at("user").at("OS-FEDERATION") == said);
        CHECK(scoped.json.at("token").text("expires_at") == token.text("expires_at"));
        CHECK(cloud.validity(scoped.headers.get("X-Subject-Token")) == 200);
    }
    CHECK(cloud.rescope(unscoped, cloud.project_by_id(cloud.project_id("admin"))).status == 401);
    CHECK(cloud.rescope(unscoped, Identity::system_scope()).status == 401);
    // A token that is not federated is none for the methods of federation.
    cloud.add_user("bob");
    CHECK(cloud.rescope(cloud.token("bob", "pw", Json()), "unscoped", "mapped").status == 401);

    // The same person again: the same user, with the name of today.
    const auto shown = cloud.get("/identity/v3/users/" + user.text("id"), cloud.admin());
    CHECK(shown.json.at("user").text("email") == "Ann Lee@corp.example");
    CHECK(shown.json.at("user").at("federated").dump() ==
          R"([{"idp_id":"corp","protocols":[{"protocol_id":"openid","unique_id":"Ann%20Lee"}]}])");
    CHECK(cloud.enter(Federated::claims("Ann Lee")).json.at("token").at("user").text("id") ==
          user.text("id"));
    const auto found = cloud.get(
        "/identity/v3/users?idp_id=corp&protocol_id=openid&unique_id=Ann%2520Lee", cloud.admin());
    CHECK(found.json.at("users").size() == 1);
    CHECK(cloud.get("/identity/v3/users?idp_id=other", cloud.admin()).json.at("users").size() == 0);
}

TEST_CASE("federation: nobody else may say who somebody is") {
    Federated cloud;
    cloud.prepare();
    CHECK(cloud.enter(Federated::claims("ann", "devs", "guess")).status == 401);
    CHECK(cloud.enter(Federated::claims("ann", "devs", "")).status == 401);
    Headers none = Federated::claims("ann");
    none.erase("X-Federation-Secret");
    CHECK(cloud.enter(none).status == 401);
    // Not told apart from a provider that is not there.
    CHECK(cloud.raw("GET", Federated::auth_path("none"), "", "", none).status == 401);
    CHECK(cloud.raw("GET", Federated::auth_path("none"), "", "", Federated::claims("ann")).status ==
          404);
    // Said by a provider with another name.
    Headers other = Federated::claims("ann");
    other.set("OIDC-iss", "https://evil.example");
    CHECK(cloud.enter(other).status == 403);
    other.erase("OIDC-iss");
    CHECK(cloud.enter(other).status == 400);
    // The secret itself is no attribute.
    CHECK(cloud
              .patch(federation + "/mappings/usual", cloud.admin(),
                     wrapped("mapping", Json::object({{"rules", Json::parse(R"([{"local":[{"user":
                              {"name":"{0}"}}],"remote":[{"type":"HTTP_X_FEDERATION_SECRET"}]}])")}})))
              .status == 200);
    CHECK(cloud.enter(Federated::claims("ann")).status == 400);

    SUBCASE("by address") {
        Federated far({"keystone.federation_front_addresses=[\"192.0.2.1\"]"});
        far.prepare();
        CHECK(far.enter(Federated::claims("ann")).status == 401);
        Federated near({"keystone.federation_front_addresses=[\"127.0.0.1\"]"});
        near.prepare();
        CHECK(near.enter(Federated::claims("ann")).status == 201);
    }
    SUBCASE("no front at all") {
        Identity plain;
        CHECK(plain.raw("GET", Federated::auth_path(), "", "", Federated::claims("a", "", ""))
                  .status == 401);
    }
}

TEST_CASE("federation: tokens die with what they came through") {
    Federated cloud;
    cloud.prepare();
    const auto scoped_token = [&] {
        const auto answer =
            cloud.rescope(cloud.token_of("ann"), cloud.project_by_id(cloud.project));
        REQUIRE(answer.status == 201);
        return answer.headers.get("X-Subject-Token");
    };
    const std::string provider = federation + "/identity_providers/corp",
                      protocol = provider + "/protocols/openid",
                      mapping = federation + "/mappings/usual";
    const Json rules = wrapped("mapping", Json::object({{"rules", Json::parse(usual_rules)}}));
    const auto enabled = [](bool value) {
        return wrapped("identity_provider", Json::object({{"enabled", value}}));
    };
    const auto unscoped = cloud.token_of("ann"), scoped = scoped_token();
    CHECK(cloud.validity(scoped) == 200);
    SUBCASE("provider disabled, also after it is enabled again") {
        REQUIRE(cloud.patch(provider, cloud.admin(), enabled(false)).status == 200);
        CHECK(cloud.validity(scoped) == 404);
        CHECK(cloud.get("/identity/v3/auth/projects", unscoped).status == 401);
        CHECK(cloud.enter(Federated::claims("ann")).status == 403);
        CHECK(cloud.rescope(unscoped, cloud.project_by_id(cloud.project)).status == 404);
        REQUIRE(cloud.patch(provider, cloud.admin(), enabled(true)).status == 200);
        CHECK(cloud.validity(scoped) == 404);
        CHECK(cloud.validity(scoped_token()) == 200);
    }
    SUBCASE("provider deleted, also under a namesake") {
        REQUIRE(cloud.del(provider, cloud.admin()).status == 204);
        CHECK(cloud.validity(scoped) == 404);
        cloud.made("/identity_providers/corp",
                   wrapped("identity_provider", Json::object({{"enabled", true}})));
        cloud.made("/identity_providers/corp/protocols/openid",
                   wrapped("protocol", Json::object({{"mapping_id", "usual"}})));
        CHECK(cloud.validity(scoped) == 404);
        CHECK(cloud.validity(unscoped) == 404);
        CHECK(cloud.validity(scoped_token()) == 200);
    }
    SUBCASE("protocol deleted") {
        REQUIRE(cloud.del(protocol, cloud.admin()).status == 204);
        CHECK(cloud.validity(scoped) == 404);
        CHECK(cloud.validity(unscoped) == 404);
    }
    SUBCASE("mapping deleted, also under a namesake") {
        REQUIRE(cloud.del(mapping, cloud.admin()).status == 204);
        CHECK(cloud.validity(scoped) == 404);
        CHECK(cloud.enter(Federated::claims("ann")).status == 404);
        REQUIRE(cloud.put(mapping, cloud.admin(), rules).status == 201);
        CHECK(cloud.validity(unscoped) == 404);
        CHECK(cloud.validity(scoped_token()) == 200);
    }
    SUBCASE("group deleted") {
        REQUIRE(cloud.del("/identity/v3/groups/" + cloud.group, cloud.admin()).status == 204);
        CHECK(cloud.validity(scoped) == 404);
        CHECK(cloud.validity(unscoped) == 200);
    }
    SUBCASE("user disabled, deleted, and back by the next login") {
        const auto user = cloud.enter(Federated::claims("ann")).json.at("token").at("user");
        const std::string path = "/identity/v3/users/" + user.text("id");
        REQUIRE(
            cloud.patch(path, cloud.admin(), wrapped("user", Json::object({{"enabled", false}})))
                .status == 200);
        CHECK(cloud.validity(scoped) == 404);
        CHECK(cloud.enter(Federated::claims("ann")).status == 401);
        REQUIRE(cloud.del(path, cloud.admin()).status == 204);
        CHECK(cloud.enter(Federated::claims("ann")).status == 201);
    }
    SUBCASE("domain of the provider deleted") {
        const auto domain =
            cloud.get(provider, cloud.admin()).json.at("identity_provider").text("domain_id");
        const std::string path = "/identity/v3/domains/" + domain;
        REQUIRE(
            cloud.patch(path, cloud.admin(), wrapped("domain", Json::object({{"enabled", false}})))
                .status == 200);
        CHECK(cloud.validity(scoped) == 404);
        REQUIRE(cloud.del(path, cloud.admin()).status == 204);
        CHECK(cloud.get(provider, cloud.admin()).status == 404);
    }
}

TEST_CASE("federation: projects and roles on the fly, local users, names of others") {
    Federated cloud;
    cloud.prepare();
    Headers sandboxed = Federated::claims("ann", "");
    sandboxed.set("OIDC-kind", "sandboxed");
    const auto entered = cloud.enter(sandboxed);
    REQUIRE_MESSAGE(entered.status == 201, entered.text);
    const auto projects =
        cloud.get("/identity/v3/auth/projects", entered.headers.get("X-Subject-Token"));
    REQUIRE(projects.json.at("projects").size() == 1);
    const Json& sandbox = projects.json.at("projects").as_array()[0];
    CHECK(sandbox.text("name") == "sandbox of ann");
    const auto domain = cloud.get(federation + "/identity_providers/corp", cloud.admin())
                            .json.at("identity_provider")
                            .text("domain_id");
    CHECK(sandbox.text("domain_id") == domain);
    CHECK(cloud.enter(sandboxed).status == 201); // nothing is made twice

    const auto use = [&](const char* rules) {
        const auto answer =
            cloud.patch(federation + "/mappings/usual", cloud.admin(),
                        wrapped("mapping", Json::object({{"rules", Json::parse(rules)}})));
        REQUIRE_MESSAGE(answer.status == 200, answer.text);
    };
    // A role that is not there: nothing is made.
    use(R"([{"local":[{"user":{"name":"{0}"}},{"projects":[{"name":"new","roles":[
        {"name":"member"},{"name":"nothing"}]}]}],"remote":[{"type":"HTTP_OIDC_NAME"}]}])");
    CHECK(cloud.enter(Federated::claims("carol")).status == 404);
    CHECK(cloud.get("/identity/v3/projects?name=new", cloud.admin()).json.at("projects").size() ==
          0);
    CHECK(cloud.get("/identity/v3/users?name=carol", cloud.admin()).json.at("users").size() == 0);
    // A group that is not there.
    use(R"([{"local":[{"user":{"name":"{0}"}},{"group":{"id":"none"}}],
         "remote":[{"type":"HTTP_OIDC_NAME"}]}])");
    CHECK(cloud.enter(Federated::claims("ann")).status == 500);
    // Somebody who has an account here.
    use(R"([{"local":[{"user":{"name":"{0}","type":"local","domain":{"id":"default"}}}],
         "remote":[{"type":"HTTP_OIDC_NAME"}]}])");
    const auto bob = cloud.add_user("bob");
    const auto as_bob = cloud.enter(Federated::claims("bob"));
    REQUIRE_MESSAGE(as_bob.status == 201, as_bob.text);
    CHECK(as_bob.json.at("token").at("user").text("id") == bob);
    CHECK_FALSE(as_bob.json.at("token").at("user").has("OS-FEDERATION"));
    CHECK(cloud.enter(Federated::claims("nobody")).status == 401);
    // Nobody in particular.
    use(R"([{"local":[{"group":{"name":"devs","domain":{"id":"default"}}}],
         "remote":[{"type":"HTTP_OIDC_NAME"}]}])");
    CHECK(cloud.enter(Federated::claims("ann")).status == 401);
    Headers by_server = Federated::claims("ann");
    by_server.set("X-Remote-User", "ann");
    CHECK(cloud.enter(by_server).status == 201);
}

TEST_CASE("federation: another's name is another's; a domain shared by providers too") {
    Federated cloud;
    cloud.prepare(usual_rules, Json::object({{"domain_id", "default"}}));
    const auto local = cloud.add_user("ann");
    const auto entered = cloud.enter(Federated::claims("ann"));
    REQUIRE(entered.status == 201);
    const std::string first = entered.json.at("token").at("user").text("id");
    CHECK(first != local);
    // The name still means the one with the password.
    CHECK(cloud.log_in("ann", "pw").json.at("token").at("user").text("id") == local);
    cloud.made(
        "/identity_providers/two",
        wrapped("identity_provider", Json::object({{"enabled", true}, {"domain_id", "default"}})));
    cloud.made("/identity_providers/two/protocols/openid",
               wrapped("protocol", Json::object({{"mapping_id", "usual"}})));
    const auto second =
        cloud.raw("GET", Federated::auth_path("two"), "", "", Federated::claims("ann"));
    REQUIRE(second.status == 201);
    CHECK(second.json.at("token").at("user").text("id") != first);
    // By another protocol of the same provider it is the same person.
    cloud.made("/identity_providers/corp/protocols/mapped",
               wrapped("protocol", Json::object({{"mapping_id", "usual"}})));
    const auto third =
        cloud.raw("GET", federation + "/identity_providers/corp/protocols/mapped/auth", "", "",
                  Federated::claims("ann"));
    CHECK(third.json.at("token").at("user").text("id") == first);
    CHECK(third.json.at("token").at("methods") == Json::array({"mapped"}));
}

TEST_CASE("federation: groups outlive the login for application credentials, for their time") {
    Federated cloud;
    cloud.prepare(usual_rules, Json::object({{"authorization_ttl", 60}}));
    const auto entered = cloud.enter(Federated::claims("ann"));
    const std::string user = entered.json.at("token").at("user").text("id");
    const auto scoped =
        cloud.rescope(entered.headers.get("X-Subject-Token"), cloud.project_by_id(cloud.project));
    REQUIRE(scoped.status == 201);
    const auto made = cloud.post(
        "/identity/v3/users/" + user + "/application_credentials",
        scoped.headers.get("X-Subject-Token"),
        wrapped("application_credential", Json::object({{"name", "robot"}, {"secret", "s3"}})));
    REQUIRE_MESSAGE(made.status == 201, made.text);
    const auto by_credential = [&] {
        Json part = Json::object(
            {{"id", made.json.at("application_credential").text("id")}, {"secret", "s3"}});
        return cloud.post(
            "/identity/v3/auth/tokens", "",
            wrapped("auth",
                    wrapped("identity",
                            Json::object({{"methods", Json::array({"application_credential"})},
                                          {"application_credential", part}}))));
    };
    const auto robot = by_credential();
    REQUIRE_MESSAGE(robot.status == 201, robot.text);
    const std::string token = robot.headers.get("X-Subject-Token");
    CHECK(cloud.get("/identity/v3/auth/projects", token).status == 200);
    SUBCASE("until the provider is disabled") {
        REQUIRE(cloud
                    .patch(federation + "/identity_providers/corp", cloud.admin(),
                           wrapped("identity_provider", Json::object({{"enabled", false}})))
                    .status == 200);
    }
    SUBCASE("until a login without the group") { CHECK(cloud.token_of("ann", "").size() > 0); }
    CHECK(by_credential().status == 401);
    CHECK(cloud.get("/identity/v3/auth/projects", token).status == 401);
}

TEST_CASE("federation: a browser carries the token to a trusted dashboard only") {
    Federated cloud;
    cloud.prepare();
    const std::string by_protocol = "/identity/v3/auth/OS-FEDERATION/websso/openid",
                      by_provider = "/identity/v3/auth/OS-FEDERATION/identity_providers/corp/"
                                    "protocols/openid/websso",
                      origin = "?origin=https%3A%2F%2Fdash.example%2Fauth%2Fwebsso%2F";
    for (const auto& path : {by_protocol, by_provider})
        for (const char* method : {"GET", "POST"}) {
            CAPTURE(path);
            const auto page = cloud.raw(method, path + origin, "", "", Federated::claims("ann"));
            REQUIRE_MESSAGE(page.status == 200, page.text);
            CHECK(page.headers.get("Content-Type").substr(0, 9) == "text/html");
            CHECK(page.text.find("action=\"https://dash.example/auth/websso/\"") != page.text.npos);
            const auto at = page.text.find("value=\"") + 7;
            const auto token = page.text.substr(at, page.text.find('"', at) - at);
            CHECK(cloud.validity(token) == 200);
            CHECK(cloud.raw(method, path, "", "", Federated::claims("ann")).status == 400);
            CHECK(cloud
                      .raw(method, path + "?origin=https://evil.example/", "", "",
                           Federated::claims("ann"))
                      .status == 401);
            CHECK(cloud.raw(method, path + origin, "", "", {}).status == 401);
        }
    Headers nobody = Federated::claims("ann");
    nobody.set("OIDC-iss", "https://evil.example");
    CHECK(cloud.raw("GET", by_protocol + origin, "", "", nobody).status == 404);
    nobody.erase("OIDC-iss");
    CHECK(cloud.raw("GET", by_protocol + origin, "", "", nobody).status == 401);
}

TEST_CASE("federation: users made with their names elsewhere") {
    Federated cloud;
    cloud.prepare();
    const auto with = [](const char* federated) {
        return wrapped("user",
                       Json::object({{"name", "carol"}, {"federated", Json::parse(federated)}}));
    };
    const auto users = "/identity/v3/users";
    for (const char* bad : {R"({})", R"([{}])", R"([{"idp_id":"corp"}])",
                            R"([{"idp_id":"none","protocols":[{"protocol_id":"openid",
                               "unique_id":"c"}]}])",
                            R"([{"idp_id":"corp","protocols":[{"protocol_id":"none",
                               "unique_id":"c"}]}])",
                            R"([{"idp_id":"corp","protocols":[{"protocol_id":"openid"}]}])"}) {
        CAPTURE(bad);
        CHECK(cloud.post(users, cloud.admin(), with(bad)).status == 400);
    }
    const auto made = cloud.post(
        users, cloud.admin(),
        with(R"([{"idp_id":"corp","protocols":[{"protocol_id":"openid","unique_id":"c"}]}])"));
    REQUIRE_MESSAGE(made.status == 201, made.text);
    const std::string id = made.json.at("user").text("id");
    CHECK(made.json.at("user").at("federated").size() == 1);
    CHECK(cloud.enter(Federated::claims("c")).json.at("token").at("user").text("id") == id);
    // Taken.
    const auto second = cloud.post(
        users, cloud.admin(),
        wrapped("user", Json::object({{"name", "dora"},
                                      {"federated", made.json.at("user").at("federated")}})));
    CHECK(second.status == 409);
    const auto changed = cloud.patch(std::string(users) + "/" + id, cloud.admin(),
                                     wrapped("user", Json::object({{"federated", Json::array()}})));
    CHECK(changed.status == 200);
    CHECK_FALSE(
        cloud.get(std::string(users) + "/" + id, cloud.admin()).json.at("user").has("federated"));
}
