// SPDX-License-Identifier: Apache-2.0
// This cloud as a SAML service provider, at an identity provider played by the test, which can lie
// in every way. The real one is in tests/e2e/test_saml.py.
#include "base/process.h"
#include "base/strings.h"
#include "platform/crypto/jose.h"
#include "platform/xml/xml.h"
#include "services/keystone/logic/saml_request.h"
#include "services/keystone/ops/federation_sources.h"
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>
#include <fstream>
#include <functional>
#include <iterator>

using namespace nephele;
using namespace nephele::keystone;
using namespace nephele::keystone::test;

namespace {

const std::string federation = "/identity/v3/OS-FEDERATION",
                  entrance = federation + "/identity_providers/corp/protocols/saml2/auth",
                  sp_root = "/identity/v3/auth/OS-FEDERATION/identity_providers/corp/protocols/"
                            "saml2/saml2";
constexpr const char *us = "https://cloud.example/sp", *them = "https://idp.example/idp";
constexpr const char* paos = "application/vnd.paos+xml";

Json wrapped(const char* name, Json value) { return Json::object({{name, std::move(value)}}); }

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct Keys {
    nephele::test::TempDir folder{"saml-service"};
    std::string key_file = folder.path() + "/key",
                certificate_file = folder.path() + "/certificate";
    Keys() {
        REQUIRE(
            run_process({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                         "/CN=idp", "-days", "2", "-keyout", key_file, "-out", certificate_file})
                .ok());
    }
    std::string key() const { return read_file(key_file); }
    std::string certificate() const { return read_file(certificate_file); }
    // The operator's file; `more` as members of "saml".
    std::string setting(const std::string& more = "") const {
        const std::string path = folder.path() + "/sources.yaml";
        std::ofstream(path) << "providers: [{identity_provider: corp, protocol: saml2, saml: "
                               "{entity_id: '"
                            << us << "', issuer: '" << them
                            << "', sso_url: 'https://idp.example/sso', certificate_files: ['"
                            << certificate_file << "']" << more << "}}]";
        return "keystone.federation_providers_file=\"" + path + "\"";
    }
};

class Relying : public Identity {
  public:
    explicit Relying(const std::string& setting, const char* rules = nullptr)
        : Identity({setting, "keystone.trusted_dashboards=[\"https://dash.example/websso/\"]"}) {
        made("/identity_providers/corp",
             wrapped("identity_provider",
                     Json::object({{"enabled", true}, {"remote_ids", Json::array({them})}})));
        made("/mappings/m", wrapped("mapping", wrapped("rules", Json::parse(rules ? rules : R"(
             [{"local":[{"user":{"name":"{0}","email":"{1}"}}],
               "remote":[{"type":"REMOTE_USER"},{"type":"mail"}]}])"))));
        made("/identity_providers/corp/protocols/saml2",
             wrapped("protocol", wrapped("mapping_id", "m")));
    }
    void made(const std::string& path, const Json& body) {
        const auto answer = put(federation + path, admin(), body);
        REQUIRE_MESSAGE(answer.status == 201, answer.text);
    }
    std::string acs() { return url() + sp_root + "/acs"; }

    struct Begun {
        std::string id, cookie, location;
    };
    Begun begin(const std::string& path = entrance) {
        const Answer sent = raw("GET", path, "", "", {});
        REQUIRE_MESSAGE(sent.status == 302, sent.text);
        Begun begun;
        begun.location = sent.headers.get("Location");
        const std::string cookie = sent.headers.get("Set-Cookie");
        CHECK(cookie.find("HttpOnly") != cookie.npos);
        begun.cookie = cookie.substr(0, cookie.find(';'));
        const auto request = xml::parse(request_in(begun.location));
        REQUIRE(request);
        CHECK(request->name == "AuthnRequest");
        CHECK(request->attribute("AssertionConsumerServiceURL") == acs());
        CHECK(request->child("Issuer")->text == us);
        begun.id = request->attribute("ID");
        return begun;
    }
    static std::string request_in(const std::string& location) {
        for (const auto& [name, value] : http::parse_query(location.substr(location.find('?') + 1)))
            if (name == "SAMLRequest") return base64_decode(value)->substr(5); // one stored block
        return "";
    }
    Answer come_back(const std::string& cookie, const std::string& document) {
        http::Headers headers;
        headers.set("Content-Type", "application/x-www-form-urlencoded");
        if (!cookie.empty()) headers.set("Cookie", cookie);
        return raw("POST", sp_root + "/acs", "",
                   "RelayState=x&SAMLResponse=" + percent_encode(base64_encode(document)), headers);
    }
    Answer ask_as_program() {
        http::Headers headers;
        headers.set("Accept", "application/json,application/vnd.paos+xml");
        headers.set("PAOS", "ver=\"urn:liberty:paos:2003-08\";\"urn:oasis:names:tc:SAML:2.0:"
                            "profiles:SSO:ecp\"");
        return raw("GET", entrance, "", "", headers);
    }
    Answer bring(const std::string& relay_state, const std::string& document) {
        http::Headers headers;
        headers.set("Content-Type", paos);
        return raw("POST", sp_root + "/acs", "",
                   "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Header>"
                   "<ecp:RelayState xmlns:ecp=\"urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp\">" +
                       xml::escaped(relay_state) + "</ecp:RelayState></S:Header><S:Body>" +
                       document + "</S:Body></S:Envelope>",
                   headers);
    }
};

// What the provider says. Each part may be a lie.
struct Told {
    std::string id = "_a1", issuer = them, audience = us, name = "ann", mail = "ann@corp.example";
    std::string recipient, answers, destination;
    std::string version = "2.0", method = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
    std::string status = "urn:oasis:names:tc:SAML:2.0:status:Success";
    std::string condition;
    int issued = 0, from = -5, until = 300, confirmed_until = 300, session_until = 1200;
    bool login = true, conditions = true, response_answers = true;
    Time now;

    std::string at(int seconds) const { return iso_time(now.plus_seconds(seconds)); }
    std::string assertion() const {
        std::string out = "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" "
                          "ID=\"" +
                          id + "\" Version=\"" + version + "\" IssueInstant=\"" + at(issued) +
                          "\"><saml:Issuer>" + issuer +
                          "</saml:Issuer><saml:Subject><saml:NameID>" + name +
                          "</saml:NameID><saml:SubjectConfirmation Method=\"" + method +
                          "\"><saml:SubjectConfirmationData Recipient=\"" + recipient +
                          "\" NotOnOrAfter=\"" + at(confirmed_until) + "\"" +
                          (answers.empty() ? "" : " InResponseTo=\"" + answers + "\"") +
                          "/></saml:SubjectConfirmation></saml:Subject>";
        if (conditions)
            out += "<saml:Conditions NotBefore=\"" + at(from) + "\" NotOnOrAfter=\"" + at(until) +
                   "\"><saml:AudienceRestriction><saml:Audience>" + audience +
                   "</saml:Audience></saml:AudienceRestriction>" + condition + "</saml:Conditions>";
        if (login)
            out += "<saml:AuthnStatement AuthnInstant=\"" + at(0) + "\" SessionNotOnOrAfter=\"" +
                   at(session_until) + "\"/>";
        return out +
               "<saml:AttributeStatement><saml:Attribute Name=\"urn:oid:1\" FriendlyName=\"mail\">"
               "<saml:AttributeValue>" +
               mail +
               "</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"
               "</saml:Assertion>";
    }
    std::string response(const std::string& inside) const {
        return "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_r" + id +
               "\" Version=\"2.0\"" +
               (destination.empty() ? "" : " Destination=\"" + destination + "\"") +
               (response_answers && !answers.empty() ? " InResponseTo=\"" + answers + "\"" : "") +
               "><saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">" + issuer +
               "</saml:Issuer><samlp:Status><samlp:StatusCode Value=\"" + status +
               "\"/></samlp:Status>" + inside + "</samlp:Response>";
    }
    std::string by(const Keys& keys) const {
        return response(xml::signed_root(assertion(), keys.key(), keys.certificate()));
    }
};

Told told(Relying& cloud, const std::string& answers) {
    Told what;
    static int count = 0;
    what.id = "_a" + std::to_string(++count);
    what.recipient = what.destination = cloud.acs();
    what.answers = answers;
    what.now = cloud.cloud().now();
    return what;
}

std::string user_of(const Answer& answer) {
    return answer.status == 201 ? answer.json.at("token").at("user").text("name") : answer.text;
}

} // namespace

TEST_CASE("saml service: a browser there and back, once") {
    const Keys keys;
    Relying cloud(keys.setting());
    const auto begun = cloud.begin();
    CHECK(begun.location.starts_with("https://idp.example/sso?SAMLRequest="));
    CHECK(begun.location.find("Signature=") == begun.location.npos);
    Told what = told(cloud, begun.id);
    const std::string document = what.by(keys);
    const Answer entered = cloud.come_back(begun.cookie, document);
    REQUIRE_MESSAGE(entered.status == 201, entered.text);
    CHECK(user_of(entered) == "ann");
    CHECK(entered.json.at("token").at("methods").dump() == R"(["saml2"])");
    const auto expires = parse_time(entered.json.at("token").text("expires_at"));
    REQUIRE(expires);
    // It ends with the provider's session.
    CHECK(*expires <= what.now.plus_seconds(1200));
    CHECK(entered.headers.get("Set-Cookie").find("Max-Age=0") != std::string::npos);
    // Shown again it is refused, also in a login of its own.
    const Answer again = cloud.come_back(begun.cookie, document);
    CHECK(again.status == 401);
    CHECK(again.text.find("used before") != again.text.npos);
    // Another answer to the same question, for another person, would be a second login.
    what.id = "_other";
    what.name = "bob";
    CHECK(user_of(cloud.come_back(begun.cookie, what.by(keys))) == "bob");
    // It belongs to the browser that began.
    const auto other = cloud.begin();
    const std::string for_other = told(cloud, other.id).by(keys);
    CHECK(cloud.come_back("", for_other).status == 401);
    CHECK(cloud.come_back("nephele_saml=made-up", for_other).status == 401);
    CHECK(cloud.come_back(begun.cookie, for_other).status == 401);
    CHECK(cloud.come_back(other.cookie, for_other).status == 201);
}

TEST_CASE("saml service: a dashboard gets its token") {
    const Keys keys;
    Relying cloud(keys.setting());
    const std::string websso = "/identity/v3/auth/OS-FEDERATION/identity_providers/corp/protocols/"
                               "saml2/websso?origin=";
    CHECK(cloud.raw("GET", websso + "https://evil.example/", "", "", {}).status == 401);
    const auto begun = cloud.begin(websso + percent_encode("https://dash.example/websso/"));
    const Answer page = cloud.come_back(begun.cookie, told(cloud, begun.id).by(keys));
    CHECK(page.status == 200);
    CHECK(page.text.find("action=\"https://dash.example/websso/\"") != page.text.npos);
    CHECK(page.text.find("name=\"token\"") != page.text.npos);
    // The one provider of the protocol need not be named.
    cloud.begin("/identity/v3/auth/OS-FEDERATION/websso/saml2?origin=" +
                percent_encode("https://dash.example/websso/"));
}

TEST_CASE("saml service: what a lying or careless provider gets") {
    const Keys keys, others;
    Relying cloud(keys.setting());
    const auto status = [&](const std::function<void(Told&)>& change, const Keys& signer) {
        const auto begun = cloud.begin();
        Told what = told(cloud, begun.id);
        change(what);
        const Answer answer = cloud.come_back(begun.cookie, what.by(signer));
        CHECK((answer.status == 201 || answer.headers.find("X-Subject-Token") == nullptr));
        return answer.status;
    };
    using Change = std::function<void(Told&)>;
    const std::pair<const char*, Change> good[] = {
        {"nothing", [](Told&) {}},
        {"clocks apart",
         [](Told& t) {
             t.from = 30;
             t.issued = 30;
         }},
        {"just over", [](Told& t) { t.until = t.confirmed_until = -30; }},
        {"no destination", [](Told& t) { t.destination = ""; }},
        {"response answers nothing", [](Told& t) { t.response_answers = false; }},
        {"once only", [](Told& t) { t.condition = "<saml:OneTimeUse/>"; }},
    };
    for (const auto& [what, change] : good) {
        CAPTURE(what);
        CHECK(status(change, keys) == 201);
    }
    const std::pair<const char*, Change> bad[] = {
        {"issuer", [](Told& t) { t.issuer = "https://evil.example"; }},
        {"audience", [](Told& t) { t.audience = "https://other.example/sp"; }},
        {"two audiences that must hold",
         [](Told& t) {
             t.condition = "<saml:AudienceRestriction><saml:Audience>x</saml:Audience>"
                           "</saml:AudienceRestriction>";
         }},
        {"no audience", [](Told& t) { t.conditions = false; }},
        {"condition nobody knows", [](Told& t) { t.condition = "<saml:Condition/>"; }},
        {"recipient", [](Told& t) { t.recipient = "https://other.example/acs"; }},
        {"destination", [](Told& t) { t.destination = "https://other.example/acs"; }},
        {"another request", [](Told& t) { t.answers = "_other"; }},
        {"no request", [](Told& t) { t.answers = ""; }},
        {"from tomorrow", [](Told& t) { t.from = 120; }},
        {"issued tomorrow", [](Told& t) { t.issued = 120; }},
        {"over", [](Told& t) { t.until = -61; }},
        {"not confirmed any more", [](Told& t) { t.confirmed_until = -61; }},
        {"session over", [](Told& t) { t.session_until = -1; }},
        {"holder of key",
         [](Told& t) { t.method = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"; }},
        {"no login", [](Told& t) { t.login = false; }},
        {"version", [](Told& t) { t.version = "1.1"; }},
        {"refused", [](Told& t) { t.status = "urn:oasis:names:tc:SAML:2.0:status:Responder"; }},
    };
    for (const auto& [what, change] : bad) {
        CAPTURE(what);
        CHECK(status(change, keys) == 401);
    }
    CHECK(status([](Told&) {}, others) == 401);
}

TEST_CASE("saml service: signatures cannot be carried over to another assertion") {
    const Keys keys;
    Relying cloud(keys.setting());
    const auto begun = cloud.begin();
    const Told right = told(cloud, begun.id);
    Told forged = right;
    forged.name = "eve";
    forged.id = "_forged";
    const std::string made = xml::signed_root(right.assertion(), keys.key(), keys.certificate());
    const auto begin = made.find("<Signature"), end = made.find("</Signature>") + 12;
    REQUIRE(begin != made.npos);
    const std::string signature = made.substr(begin, end - begin),
                      bare = made.substr(0, begin) + made.substr(end);
    const auto with = [](const std::string& assertion, const std::string& inside) {
        const auto at = assertion.find("</saml:Issuer>") + 14;
        return assertion.substr(0, at) + inside + assertion.substr(at);
    };
    Told same_id = forged;
    same_id.id = right.id;
    const std::string eve = forged.assertion();
    // The eight ways of "On Breaking SAML" and a few more.
    const std::string inside[] = {
        eve,
        with(eve, signature),
        eve + made,
        made + eve,
        with(eve, signature) + bare,
        bare + with(eve, signature),
        with(eve, signature + bare),
        with(eve,
             replace_all(signature, "</Signature>", "<Object>" + bare + "</Object></Signature>")),
        with(eve, made),
        with(same_id.assertion(), signature),
        with(same_id.assertion(), signature) + bare,
        "<Extensions>" + made + "</Extensions>" + eve,
        "<Extensions>" + bare + "</Extensions>" + with(eve, signature),
        "<Extensions>" + bare + "</Extensions>" + with(same_id.assertion(), signature),
        replace_all(made, ">ann<", ">eve<"),
        replace_all(made, ">ann<", ">ann<!-- -->.evil<"),
        replace_all(made, "rsa-sha256", "hmac-sha256"),
        "",
    };
    for (const auto& one : inside) {
        CAPTURE(one);
        const Answer answer = cloud.come_back(begun.cookie, right.response(one));
        CHECK(answer.status == 401);
    }
    // Text split by a comment is one text: nothing of it is lost.
    Told admin = told(cloud, begun.id);
    admin.name = "admin<!-- -->.evil";
    CHECK(user_of(cloud.come_back(begun.cookie, admin.by(keys))) == "admin.evil");
    // The whole answer signed instead.
    Told whole = told(cloud, begun.id);
    const std::string all =
        xml::signed_root(whole.response(whole.assertion()), keys.key(), keys.certificate());
    const std::string two =
        xml::signed_root(whole.response(whole.assertion() + eve), keys.key(), keys.certificate());
    CHECK(cloud.come_back(begun.cookie, two).status == 401);
    CHECK(cloud.come_back(begun.cookie, replace_all(all, ">ann<", ">eve<")).status == 401);
    CHECK(user_of(cloud.come_back(begun.cookie, all)) == "ann");
    // And one that cannot be read here says so.
    const Answer sealed = cloud.come_back(
        begun.cookie, right.response("<saml:EncryptedAssertion "
                                     "xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"/>"));
    CHECK(sealed.status == 401);
    CHECK(sealed.text.find("encrypted") != sealed.text.npos);
}

TEST_CASE("saml service: bad input") {
    const Keys keys;
    Relying cloud(keys.setting());
    const auto begun = cloud.begin();
    CHECK(cloud.come_back(begun.cookie, "").status == 400);
    CHECK(cloud.come_back(begun.cookie, "<a/>").status == 400);
    CHECK(cloud.come_back(begun.cookie, "<!DOCTYPE a><a/>").status == 400);
    CHECK(cloud.bring("", "<a/>").status == 400);
    CHECK(cloud.raw("POST", sp_root + "/acs", "", "", {}).status == 400);
    CHECK(cloud.raw("POST", replace_all(sp_root, "corp", "other") + "/acs", "", "x", {}).status ==
          401);
    CHECK(cloud.raw("GET", replace_all(entrance, "corp", "other"), "", "", {}).status == 401);
    http::Headers headers;
    headers.set("Content-Type", "application/x-www-form-urlencoded");
    headers.set("Cookie", begun.cookie);
    for (const char* body : {"", "SAMLResponse=", "SAMLResponse=%21", "SAMLResponse"})
        CHECK(cloud.raw("POST", sp_root + "/acs", "", body, headers).status == 400);
}

TEST_CASE("saml service: a program carries request and answer itself") {
    const Keys keys;
    Relying cloud(keys.setting());
    const Answer asked = cloud.ask_as_program();
    REQUIRE_MESSAGE(asked.status == 200, asked.text);
    CHECK(asked.headers.get("Content-Type") == paos);
    const auto envelope = xml::parse(asked.text);
    REQUIRE(envelope);
    const auto* header = envelope->child("Header");
    REQUIRE(header);
    CHECK(header->children[0].attribute("responseConsumerURL") == cloud.acs());
    const std::string state = header->child("RelayState")->text;
    const auto* request = envelope->child("Body")->child("AuthnRequest");
    REQUIRE(request);
    Told what = told(cloud, request->attribute("ID"));
    const std::string document = what.by(keys);
    // Without the state nobody asked; and an answer to nothing is not asked for.
    CHECK(cloud.bring("", document).status == 401);
    CHECK(cloud.bring("ss:mem:123", document).status == 401);
    Told unasked = told(cloud, "");
    CHECK(cloud.bring("", unasked.by(keys)).status == 401);
    CHECK(cloud.bring(state, unasked.by(keys)).status == 401);
    const Answer entered = cloud.bring(state, document);
    REQUIRE_MESSAGE(entered.status == 201, entered.text);
    CHECK(user_of(entered) == "ann");
    CHECK(cloud.bring(state, document).status == 401);
}

TEST_CASE("saml service: signed requests and metadata") {
    const Keys keys, own;
    Relying cloud(keys.setting(", key_file: '" + own.key_file + "', certificate_file: '" +
                               own.certificate_file + "'"));
    const auto begun = cloud.begin();
    const std::string query = begun.location.substr(begun.location.find('?') + 1);
    const auto at = query.find("&Signature=");
    REQUIRE(at != query.npos);
    const auto key = crypto::jose::Key::from_pem(own.certificate());
    REQUIRE(key);
    CHECK(key->verify(crypto::jose::Algorithm::rs256, query.substr(0, at),
                      *base64_decode(*percent_decode(query.substr(at + 11), true))));
    const Answer asked = cloud.ask_as_program();
    CHECK(xml::verified_element(asked.text, "urn:oasis:names:tc:SAML:2.0:protocol", "AuthnRequest",
                                {own.certificate()}));
    const Answer shown = cloud.get(sp_root + "/metadata", "");
    REQUIRE_MESSAGE(shown.status == 200, shown.text);
    const auto root = xml::parse(shown.text);
    REQUIRE(root);
    CHECK(root->attribute("entityID") == us);
    const auto* descriptor = root->child("SPSSODescriptor");
    CHECK(descriptor->attribute("AuthnRequestsSigned") == "true");
    CHECK(descriptor->child("KeyDescriptor"));
    REQUIRE(descriptor->all("AssertionConsumerService").size() == 2);
    CHECK(descriptor->child("AssertionConsumerService")->attribute("Location") == cloud.acs());
    CHECK(cloud.get(replace_all(sp_root, "corp", "other") + "/metadata", "").status == 404);
}

TEST_CASE("saml service: the operator's file") {
    const Keys keys;
    const std::string metadata_file = keys.folder.path() + "/idp.xml";
    std::string inside = keys.certificate();
    inside = inside.substr(inside.find('\n') + 1);
    inside = inside.substr(0, inside.find("-----END"));
    std::ofstream(metadata_file)
        << "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"" << them
        << "\"><IDPSSODescriptor><KeyDescriptor use=\"signing\"><KeyInfo "
           "xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data><X509Certificate>"
        << inside
        << "</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService "
           "Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" "
           "Location=\"https://idp.example/redirect\"/></IDPSSODescriptor></EntityDescriptor>";
    const auto read = [&](const std::string& members) {
        return FederationSources::parse(
            "providers: [{identity_provider: a, protocol: b, saml: {" + members + "}}]", "f");
    };
    const auto good = read("entity_id: us, metadata_file: '" + metadata_file + "'");
    REQUIRE(good.saml("a", "b"));
    CHECK(good.saml("a", "b")->issuer == them);
    CHECK(good.saml("a", "b")->sso_url == "https://idp.example/redirect");
    CHECK(good.saml("a", "b")->certificates.size() == 1);
    CHECK_FALSE(good.openid("a", "b"));
    CHECK(good.providers_of("b").size() == 1);
    const std::string certificate = "certificate_files: ['" + keys.certificate_file + "']";
    const std::string usual = "entity_id: us, issuer: them, " + certificate;
    CHECK(read(usual).saml("a", "b")->sso_url.empty());
    for (const std::string& bad :
         {std::string(), std::string("entity_id: us"), "entity_id: us, " + certificate,
          std::string("entity_id: us, issuer: them"), usual + ", sso_url: 'ftp://x'",
          usual + ", unsolicited: true", usual + ", unsolicited: maybe", usual + ", clock_skew: -1",
          usual + ", clock_skew: x", usual + ", key_file: /nowhere, certificate_file: /nowhere",
          usual + ", key_file: '" + keys.certificate_file + "', certificate_file: '" +
              keys.certificate_file + "'",
          usual + ", other: 1", std::string("entity_id: us, metadata_file: /nowhere"),
          "entity_id: us, metadata_file: '" + keys.certificate_file + "'",
          "entity_id: us, issuer: them, certificate_files: ['" + keys.key_file + "x']"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(read(bad), Failure);
    }
}

TEST_CASE("saml service: another cloud's token is exchanged for one here") {
    const Keys keys;
    Identity alpha({"keystone.saml_key_file=\"" + keys.key_file + "\"",
                    "keystone.saml_certificate_file=\"" + keys.certificate_file + "\"",
                    "keystone.saml_idp_entity_id=\"" + std::string(them) + "\""});
    const std::string acs = "https://beta.example/acs";
    const auto registered =
        alpha.put(federation + "/service_providers/beta", alpha.admin(),
                  wrapped("service_provider", Json::object({{"auth_url", "https://beta.example/v3"},
                                                            {"sp_url", acs},
                                                            {"enabled", true}})));
    REQUIRE_MESSAGE(registered.status == 201, registered.text);
    Relying beta(keys.setting(", acs_url: '" + acs + "', unsolicited: true"), R"(
        [{"local":[{"user":{"name":"{0} of alpha"}},{"projects":[{"name":"{1}",
           "roles":[{"name":"member"}]}]}],
          "remote":[{"type":"openstack_user"},{"type":"openstack_project"}]}])");
    const Json wish = wrapped(
        "auth", Json::object({{"identity", Json::object({{"methods", Json::array({"token"})},
                                                         {"token", wrapped("id", alpha.admin())}})},
                              {"scope", wrapped("service_provider", wrapped("id", "beta"))}}));
    const auto envelope = [&] {
        const Answer made = alpha.post("/identity/v3/auth/OS-FEDERATION/saml2/ecp", "", wish);
        REQUIRE_MESSAGE(made.status == 200, made.text);
        return made.text;
    };
    const auto carry = [&](const std::string& text) {
        http::Headers headers;
        headers.set("Content-Type", paos);
        return beta.raw("POST", sp_root + "/acs", "", text, headers);
    };
    const std::string first = envelope();
    const Answer entered = carry(first);
    REQUIRE_MESSAGE(entered.status == 201, entered.text);
    CHECK(user_of(entered) == "admin of alpha");
    CHECK(carry(first).status == 401); // once
    CHECK(carry(envelope()).status == 201);
    // What is meant for another cloud is not taken here.
    const auto moved = alpha.patch(
        federation + "/service_providers/beta", alpha.admin(),
        wrapped("service_provider", Json::object({{"sp_url", "https://gamma.example/acs"}})));
    REQUIRE(moved.status == 200);
    CHECK(carry(envelope()).status == 401);
    // Browsers must have asked.
    CHECK(beta.come_back("", "<a/>").status == 401);
}
