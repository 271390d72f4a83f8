// SPDX-License-Identifier: Apache-2.0
// This cloud as an identity provider for others: what it signs verifies, and only for whom it may.
#include "base/process.h"
#include "base/strings.h"
#include "platform/xml/xml.h"
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>
#include <fstream>
#include <iterator>

using namespace nephele;
using namespace nephele::keystone::test;

namespace {

constexpr const char* assertion_space = "urn:oasis:names:tc:SAML:2.0:assertion";
const std::string saml = "/identity/v3/auth/OS-FEDERATION/saml2",
                  metadata = "/identity/v3/OS-FEDERATION/saml2/metadata";

struct Keys {
    nephele::test::TempDir folder{"saml"};
    std::string key = folder.path() + "/key", certificate = folder.path() + "/certificate";
    Keys() {
        REQUIRE(run_process({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                             "/CN=idp", "-days", "2", "-keyout", key, "-out", certificate})
                    .ok());
    }
    std::string certificate_text() const {
        std::ifstream file(certificate);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::vector<std::string> settings() const {
        return {"keystone.saml_key_file=\"" + key + "\"",
                "keystone.saml_certificate_file=\"" + certificate + "\"",
                "keystone.saml_idp_entity_id=\"https://alpha.example/idp\"",
                "keystone.saml_idp_sso_endpoint=\"https://alpha.example/sso\"",
                "keystone.saml_idp_organization_name=\"A & Co\"",
                "keystone.saml_idp_organization_display_name=\"A\"",
                "keystone.saml_idp_organization_url=\"https://alpha.example\""};
    }
};

Json wrapped(const char* name, Json value) { return Json::object({{name, std::move(value)}}); }

Json asking(const std::string& token, const std::string& provider = "beta") {
    return wrapped("auth",
                   Json::object({{"identity", Json::object({{"methods", Json::array({"token"})},
                                                            {"token", wrapped("id", token)}})},
                                 {"scope", wrapped("service_provider", wrapped("id", provider))}}));
}

void add_provider(Identity& cloud, bool enabled = true) {
    REQUIRE(cloud
                .put("/identity/v3/OS-FEDERATION/service_providers/beta", cloud.admin(),
                     wrapped("service_provider",
                             Json::object({{"auth_url", "https://beta.example/auth"},
                                           {"sp_url", "https://beta.example/ecp"},
                                           {"enabled", enabled}})))
                .status == 201);
}

std::vector<std::string> values_of(const xml::Element& assertion, const std::string& name) {
    std::vector<std::string> values;
    for (const auto* one : assertion.child("AttributeStatement")->all("Attribute"))
        if (one->attribute("Name") == name)
            for (const auto* value : one->all("AttributeValue")) values.push_back(value->text);
    return values;
}

} // namespace

TEST_CASE("saml: a token of a project becomes a signed assertion") {
    const Keys keys;
    Identity cloud(keys.settings());
    add_provider(cloud);
    const auto made = cloud.post(saml, "", asking(cloud.admin()));
    REQUIRE_MESSAGE(made.status == 200, made.text);
    CHECK(made.headers.get("Content-Type") == "text/xml");
    CHECK(made.headers.get("X-sp-url") == "https://beta.example/ecp");
    CHECK(made.headers.get("X-auth-url") == "https://beta.example/auth");
    const auto assertion =
        xml::verified_element(made.text, assertion_space, "Assertion", {keys.certificate_text()});
    REQUIRE(assertion);
    CHECK(assertion->child("Issuer")->text == "https://alpha.example/idp");
    CHECK(values_of(*assertion, "openstack_user") == std::vector<std::string>{"admin"});
    CHECK(values_of(*assertion, "openstack_project") == std::vector<std::string>{"admin"});
    CHECK(values_of(*assertion, "openstack_user_domain") == std::vector<std::string>{"Default"});
    CHECK(values_of(*assertion, "openstack_project_domain") == std::vector<std::string>{"Default"});
    CHECK(values_of(*assertion, "openstack_roles").size() >= 2);
    const auto* subject = assertion->child("Subject")->child("SubjectConfirmation");
    CHECK(subject->child("SubjectConfirmationData")->attribute("Recipient") ==
          "https://beta.example/ecp");

    const auto envelope = cloud.post(saml + "/ecp", "", asking(cloud.admin()));
    REQUIRE_MESSAGE(envelope.status == 200, envelope.text);
    CHECK(envelope.text.find("ss:mem:") != envelope.text.npos);
    CHECK(xml::verified_element(envelope.text, assertion_space, "Assertion",
                                {keys.certificate_text()}));
}

TEST_CASE("saml: who gets no assertion") {
    const Keys keys;
    Identity cloud(keys.settings());
    add_provider(cloud);
    const auto status = [&](const Json& body) { return cloud.post(saml, "", body).status; };
    CHECK(status(asking("made up")) == 401);
    CHECK(status(asking(cloud.admin(), "gamma")) == 404);
    CHECK(status(asking(cloud.token("admin", "secret", Identity::system_scope()))) == 403);
    CHECK(status(Json()) == 400);
    CHECK(status(wrapped("auth", Json::object())) == 400);
    CHECK(status(wrapped("auth", "x")) == 400);
    CHECK(cloud
              .patch("/identity/v3/OS-FEDERATION/service_providers/beta", cloud.admin(),
                     wrapped("service_provider", Json::object({{"enabled", false}})))
              .status == 200);
    CHECK(status(asking(cloud.admin())) == 403);
    // A cloud without a key says so.
    Identity plain;
    add_provider(plain);
    CHECK(plain.post(saml, "", asking(plain.admin())).status == 500);
}

TEST_CASE("saml: an application credential does not leave this cloud") {
    const Keys keys;
    Identity cloud(keys.settings());
    add_provider(cloud);
    const auto user = cloud.add_user("ann");
    const auto project = cloud.add_project("p");
    cloud.grant(project, user, "member");
    const auto token = cloud.token("ann", "pw", Identity::project_scope("p"));
    CHECK(cloud.post(saml, "", asking(token)).status == 200);
    const auto made = cloud.post(
        "/identity/v3/users/" + user + "/application_credentials", token,
        wrapped("application_credential", Json::object({{"name", "robot"}, {"secret", "s3"}})));
    REQUIRE(made.status == 201);
    const Json part =
        Json::object({{"id", made.json.at("application_credential").text("id")}, {"secret", "s3"}});
    const auto robot = cloud.post(
        "/identity/v3/auth/tokens", "",
        wrapped("auth", wrapped("identity",
                                Json::object({{"methods", Json::array({"application_credential"})},
                                              {"application_credential", part}}))));
    REQUIRE(robot.status == 201);
    CHECK(cloud.post(saml, "", asking(robot.headers.get("X-Subject-Token"))).status == 403);
}

TEST_CASE("saml: metadata") {
    const Keys keys;
    Identity cloud(keys.settings());
    const auto shown = cloud.get(metadata, "");
    REQUIRE_MESSAGE(shown.status == 200, shown.text);
    CHECK(shown.headers.get("Content-Type") == "text/xml");
    const auto root = xml::parse(shown.text);
    REQUIRE(root);
    CHECK(root->attribute("entityID") == "https://alpha.example/idp");
    CHECK(root->child("Organization")->child("OrganizationName")->text == "A & Co");
    CHECK_FALSE(root->child("ContactPerson"));
    const std::string certificate = root->child("IDPSSODescriptor")->child("KeyDescriptor")->text;
    CHECK(replace_all(keys.certificate_text(), "\n", "").find(certificate) != std::string::npos);
    Identity plain;
    CHECK(plain.get(metadata, "").status == 404);
}
