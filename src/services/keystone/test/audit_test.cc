// SPDX-License-Identifier: Apache-2.0
// Audit events of logins and changes, policy explained with real users, and the JSON-home document.
#include "services/keystone/logic/json_home.h"
#include "services/keystone/ops/audit.h"
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

#include <set>

using namespace nephele;
using keystone::test::Answer;
using keystone::test::Identity;

namespace {
const std::string v3 = "/identity/v3", own = "/nephele/v1";

Json::Array events(Identity& cloud, const std::string& query) {
    cloud.cloud().state<keystone::LoginAudit>().write(cloud.cloud());
    const Answer answer = cloud.get(own + "/audit?limit=1000&" + query, cloud.admin());
    REQUIRE_MESSAGE(answer.status == 200, answer.text);
    return answer.json.at("events").as_array();
}

// What pycadf calls the members of an event and of a resource (its EVENT_KEYNAMES and
// RESOURCE_KEYNAMES), and the extensions upstream's keystone adds to an initiator.
void check_cadf(const Json& event) {
    static const std::set<std::string> of_event{"typeURI", "eventType", "id",         "eventTime",
                                                "action",  "outcome",   "reason",     "initiator",
                                                "target",  "observer",  "attachments"};
    static const std::set<std::string> of_resource{"typeURI",    "id",        "name",      "host",
                                                   "project_id", "domain_id", "request_id"};
    for (const auto& [name, value] : event.as_object()) CHECK_MESSAGE(of_event.count(name), name);
    for (const char* resource : {"initiator", "target", "observer"}) {
        REQUIRE(event.at(resource).has("typeURI"));
        REQUIRE(!event.at(resource).text("id").empty());
        for (const auto& [name, value] : event.at(resource).as_object())
            CHECK_MESSAGE(of_resource.count(name), name);
    }
    CHECK(event.text("typeURI") == "http://schemas.dmtf.org/cloud/audit/1.0/event");
    static const std::set<std::string> actions{"create", "update", "delete", "authenticate"};
    CHECK(actions.count(event.text("action")));
    CHECK((event.text("outcome") == "success" || event.text("outcome") == "failure"));
}
} // namespace

TEST_CASE("logins and changes are CADF events") {
    Identity cloud;
    const std::string bob = cloud.add_user("bob");
    cloud.grant(cloud.add_project("p"), bob, "member");
    cloud.token("bob", "pw", Identity::project_scope("p"));
    CHECK(cloud.log_in("bob", "my secret", Identity::project_scope("p")).status == 401);
    CHECK(cloud.log_in("my other secret", "pw").status == 401);

    const auto logins = events(cloud, "kind=authentication&initiator=" + bob);
    REQUIRE(logins.size() == 2);
    for (const Json& one : logins) check_cadf(one);
    CHECK(logins[0].text("action") == "authenticate");
    CHECK(logins[0].text("outcome") == "success");
    CHECK(logins[0].at("target").text("id") == bob);
    CHECK(logins[0].at("initiator").text("project_id") == cloud.project_id("p"));
    CHECK(logins[0].at("initiator").at("host").text("address") == "127.0.0.1");
    CHECK(logins[0].at("attachments").as_array()[0].text("content") == "password");
    CHECK(logins[1].text("outcome") == "failure");
    CHECK(logins[1].at("reason").text("reasonCode") == "401");
    CHECK(events(cloud, "kind=authentication&outcome=failure").size() == 2);

    const auto made = events(cloud, "service=keystone&kind=user&id=" + bob);
    REQUIRE(made.size() == 1);
    check_cadf(made[0]);
    CHECK(made[0].text("action") == "create");
    CHECK(made[0].at("target").text("typeURI") == "data/security/account/user");
    // Nothing secret, not even what was typed as a name.
    const std::string everything = cloud.get(own + "/audit?limit=1000", cloud.admin()).text;
    CHECK(everything.find("secret") == std::string::npos);
    for (const Json& one : events(cloud, "")) check_cadf(one);

    const std::string member = cloud.token("bob", "pw", Identity::project_scope("p"));
    CHECK(cloud.get(own + "/audit", member).status == 403);
    CHECK(cloud.get(own + "/audit?limit=0", cloud.admin()).status == 400);
    CHECK(cloud.get(own + "/audit?nonsense=1", cloud.admin()).status == 400);
    CHECK(cloud.get(own + "/audit?cursor=x", cloud.admin()).status == 400);
}

TEST_CASE("policy explained: why, who, what") {
    Identity cloud;
    const std::string bob = cloud.add_user("bob"), project = cloud.add_project("p");
    cloud.grant(project, bob, "member");
    const std::string as_bob = "&user_id=" + bob + "&project_id=" + project;
    const auto ask = [&](const std::string& rest) {
        return cloud.get(own + "/policy/" + rest, cloud.admin());
    };
    const Answer denied = ask("explain?service=keystone&rule=identity:create_domain" + as_bob);
    REQUIRE_MESSAGE(denied.status == 200, denied.text);
    CHECK(!denied.json.boolean("allowed", true));
    CHECK(denied.json.at("because").size() > 0);
    CHECK(denied.json.at("because").dump().find("role:admin") != std::string::npos);
    CHECK(denied.json.at("who").at("roles").dump() == "[\"member\",\"reader\"]");
    const Answer allowed =
        ask("explain?service=keystone&rule=identity:get_user&target.user.id=" + bob + as_bob);
    CHECK(allowed.json.boolean("allowed"));
    CHECK(allowed.json.at("because").dump().find("target.user.id") != std::string::npos);

    const Answer who = ask("who?service=keystone&rule=identity:create_domain&project_id=" +
                           cloud.project_id("admin"));
    REQUIRE(who.json.at("users").size() == 1);
    CHECK(who.json.at("users").as_array()[0].text("user_name") == "admin");
    CHECK(ask("who?service=keystone&rule=identity:create_domain&project_id=" + project)
              .json.at("users")
              .size() == 0);

    const Json may = ask("may?service=keystone" + as_bob).json;
    CHECK(may.at("allowed").dump().find("identity:list_limits") != std::string::npos);
    CHECK(may.at("denied").dump().find("identity:create_domain") != std::string::npos);
    CHECK(ask("may?service=nothing").status == 404);
    CHECK(ask("explain?service=keystone&rule=nothing").status == 404);
    CHECK(ask("explain?service=keystone").status == 400);
    CHECK(ask("may?service=keystone&user_id=nobody").status == 404);
    CHECK(cloud
              .get(own + "/policy/may?service=keystone",
                   cloud.token("bob", "pw", Identity::project_scope("p")))
              .status == 403);
}

TEST_CASE("JSON-home names every resource as upstream does") {
    using keystone::logic::relation_of;
    for (const auto& [path, relation] :
         {std::pair{"/users/{user_id}/groups", "rel/user_groups"},
          {"/policies", "rel/policies"},
          {"/policies/{policy_id}", "rel/policy"},
          {"/projects/{project_id}/users/{user_id}/roles/{role_id}", "rel/project_user_role"},
          {"/OS-INHERIT/domains/{domain_id}/users/{user_id}/roles/{role_id}/inherited_to_projects",
           "ext/OS-INHERIT/1.0/rel/domain_user_role_inherited_to_projects"},
          {"/OS-TRUST/trusts/{trust_id}/roles", "ext/OS-TRUST/1.0/rel/trust_roles"},
          {"/OS-EP-FILTER/projects/{project_id}/endpoints",
           "ext/OS-EP-FILTER/1.0/rel/project_endpoints"},
          {"/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy",
           "ext/OS-ENDPOINT-POLICY/1.0/rel/endpoint_policy"},
          {"/roles/{prior_role_id}/implies/{implied_role_id}", "rel/implied_role"},
          {"/users/{user_id}/credentials/OS-EC2", "ext/OS-EC2/1.0/rel/user_credentials"}})
        CHECK(relation_of(path) == relation);

    Identity cloud;
    http::Headers accept;
    accept.set("Accept", "application/json-home");
    const Answer home = cloud.request("GET", v3, "", Json(), accept);
    CHECK(home.status == 200);
    CHECK(home.headers.get("Content-Type") == "application/json-home");
    const Json body = Json::parse(home.text);
    const std::string root = "https://docs.openstack.org/api/openstack-identity/3/";
    CHECK(body.at("resources").size() > 90);
    CHECK(body.at("resources").at(root + "rel/users").text("href") == "/users");
    const Json& tag = body.at("resources").at(root + "rel/project_tags");
    CHECK(tag.at("href-vars").text("project_id") == root + "param/project_id");
    CHECK(body.at("resources").at(root + "rel/limit_model").at("hints").text("status") ==
          "experimental");
    const Answer top = cloud.request("GET", "/identity/", "", Json(), accept);
    CHECK(top.status == 200);
    CHECK(Json::parse(top.text).at("resources").at(root + "rel/users").text("href") == "/v3/users");
    CHECK(cloud.get(v3, "").json.has("version"));
}
