// SPDX-License-Identifier: Apache-2.0
// Domain configuration over HTTP, and its file form.
#include "platform/fault/fault.h"
#include "services/keystone/logic/domain_config.h"
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using keystone::test::Answer;
using keystone::test::Identity;

namespace {
const std::string v3 = "/identity/v3";
const char* const example = R"({"config": {"identity": {"driver": "ldap"}, "ldap": {
    "url": "ldap://%(password)s@host", "user_tree_dn": "ou=u", "password": "hush"}}})";
} // namespace

TEST_CASE("domain configuration: whole, by group, by option; the password never shows") {
    Identity cloud;
    const std::string domain =
        cloud.post(v3 + "/domains", cloud.admin(), Json::parse(R"({"domain": {"name": "d"}})"))
            .json.at("domain")
            .text("id");
    const std::string config = v3 + "/domains/" + domain + "/config";
    CHECK(cloud.get(config, cloud.admin()).status == 404);
    const Answer made = cloud.put(config, cloud.admin(), Json::parse(example));
    REQUIRE_MESSAGE(made.status == 201, made.text);
    CHECK(made.text.find("hush") == std::string::npos);
    CHECK(made.json.at("config").at("ldap").text("user_tree_dn") == "ou=u");
    CHECK(cloud.put(config, cloud.admin(), Json::parse(example)).status == 200);
    CHECK(cloud.get(config, cloud.admin()).text.find("password\"") == std::string::npos);
    CHECK(cloud.get(config + "/ldap/password", cloud.admin()).status == 404);
    CHECK(cloud.get(config + "/ldap/url", cloud.admin()).json.at("config").size() == 1);
    CHECK(cloud.get(config + "/identity", cloud.admin()).json.at("config").size() == 1);

    const auto patch = [&](const std::string& path, const char* body) {
        return cloud.patch(path, cloud.admin(), Json::parse(body));
    };
    CHECK(patch(config, R"({"config": {"ldap": {"suffix": "dc=x"}}})")
              .json.at("config")
              .at("ldap")
              .size() == 3);
    CHECK(patch(config + "/ldap/url", R"({"config": {"url": "ldap://new"}})")
              .json.at("config")
              .at("ldap")
              .text("url") == "ldap://new");
    CHECK(patch(config + "/ldap/page_size", R"({"config": {"page_size": 5}})").status == 404);
    for (const auto& [path, body] :
         {std::pair{config, R"({"config": {}})"},
          {config, R"({"config": {"nova": {"x": 1}}})"},
          {config, R"({"config": {"ldap": {"nothing": 1}}})"},
          {config, R"({"config": {"ldap": {"user_allow_create": true}}})"},
          {config, R"({"config": {"ldap": 5}})"},
          {config, R"({})"},
          {config + "/ldap", R"({"config": {"identity": {"driver": "sql"}}})"},
          {config + "/ldap/url", R"({"config": {"suffix": "x"}})"},
          {config + "/nova/url", R"({"config": {"url": "x"}})"}})
        CHECK_MESSAGE(patch(path, body).status == 403, body);

    CHECK(cloud.del(config + "/ldap/url", cloud.admin()).status == 204);
    CHECK(cloud.del(config + "/ldap/url", cloud.admin()).status == 404);
    CHECK(cloud.del(config + "/ldap", cloud.admin()).status == 204);
    CHECK(cloud.del(config, cloud.admin()).status == 204);
    CHECK(cloud.get(config, cloud.admin()).status == 404);
    CHECK(cloud.put(v3 + "/domains/nothing/config", cloud.admin(), Json::parse(example)).status ==
          404);
}

TEST_CASE("defaults, and what everybody may know of passwords") {
    Identity cloud({"keystone.password_regex=\"^.{8,}$\""});
    const std::string standard = v3 + "/domains/config";
    CHECK(cloud.get(standard + "/default", cloud.admin()).json.at("config").size() == 2);
    const Json ldap =
        cloud.get(standard + "/ldap/default", cloud.admin()).json.at("config").at("ldap");
    CHECK(ldap.integer("pool_size") == 10);
    CHECK(!ldap.has("password"));
    CHECK(cloud.get(standard + "/ldap/url/default", cloud.admin()).json.at("config").text("url") ==
          "ldap://localhost");
    CHECK(cloud.get(standard + "/ldap/password/default", cloud.admin()).status == 403);
    CHECK(cloud.get(standard + "/nova/default", cloud.admin()).status == 403);

    const std::string project = cloud.add_project("p");
    cloud.grant(project, cloud.add_user("bob", "long enough"), "member");
    const std::string bob = cloud.token("bob", "long enough", Identity::project_scope("p"));
    const std::string rules = v3 + "/domains/default/config/security_compliance";
    CHECK(
        cloud.get(rules, bob).json.at("config").at("security_compliance").text("password_regex") ==
        "^.{8,}$");
    CHECK(cloud.get(rules + "/password_regex", bob).json.at("config").size() == 1);
    CHECK(cloud.get(rules + "/lockout_duration", bob).status == 403);
    CHECK(cloud.get(v3 + "/domains/default/config", bob).status == 403);
}

TEST_CASE("files of domains, and sensitive values in texts") {
    using namespace keystone::logic;
    const Json config = read_domain_file("# comment\n[identity]\ndriver = ldap\n[ldap]\n"
                                         "page_size=50\nuse_tls = True\n"
                                         "user_attribute_ignore = a, b\nunknown = 1\n",
                                         "x.conf");
    CHECK(config.at("ldap").integer("page_size") == 50);
    CHECK(config.at("ldap").boolean("use_tls"));
    CHECK(config.at("ldap").at("user_attribute_ignore").size() == 2);
    CHECK(!config.at("ldap").has("unknown"));
    CHECK_THROWS_WITH_AS(read_domain_file("[ldap]\npage_size = many\n", "x.conf"),
                         "x.conf:2: 'many' is not a number.", Failure);
    CHECK(with_sensitive("a%(password)sb%(x)s", Json::parse(R"({"password": "P"})")) == "aPb%(x)s");
}
