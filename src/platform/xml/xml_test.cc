// SPDX-License-Identifier: Apache-2.0
#include "platform/xml/xml.h"

#include "base/process.h"
#include "base/strings.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <fstream>
#include <iterator>

using namespace nephele;

namespace {

std::string read_file(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct KeyAndCertificate {
    std::string key, certificate;
    KeyAndCertificate() {
        test::TempDir folder("xml");
        const std::string key_file = folder.path() + "/key", file = folder.path() + "/certificate";
        run_process({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=idp",
                     "-days", "2", "-keyout", key_file, "-out", file});
        key = read_file(key_file);
        certificate = read_file(file);
        REQUIRE(!key.empty());
        REQUIRE(!certificate.empty());
    }
};

constexpr const char* space = "urn:test";
const std::string statement = R"(<a:Statement xmlns:a="urn:test" ID="s1"><a:Issuer>me</a:Issuer>)"
                              R"(<a:User>ann</a:User></a:Statement>)";

std::string user_in(const std::optional<xml::Element>& element) {
    if (!element || !element->child("User")) return "(nothing)";
    return element->child("User")->text;
}

} // namespace

TEST_CASE("xml: read, with what readers must not do left out") {
    const auto root =
        xml::parse(R"(<a:r xmlns:a="urn:x" k="v&amp;w"><b>t<!-- c -->u</b><b/></a:r>)");
    REQUIRE(root);
    CHECK(root->space == "urn:x");
    CHECK(root->attribute("k") == "v&w");
    CHECK(root->all("b").size() == 2);
    CHECK(root->child("b")->text == "tu");
    CHECK_FALSE(xml::parse(""));
    CHECK_FALSE(xml::parse("<a>"));
    CHECK_FALSE(xml::parse("<a/><b/>"));
    CHECK_FALSE(xml::parse("<!DOCTYPE a><a/>"));
    CHECK_FALSE(xml::parse(R"(<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>)"));
    CHECK_FALSE(xml::parse("<a>&x;</a>"));
    std::string deep, end;
    for (int i = 0; i < 150; ++i) {
        deep += "<a>";
        end += "</a>";
    }
    CHECK_FALSE(xml::parse(deep + end));
    CHECK(xml::escaped("<a b=\"c\" d='e'>&\x01") == "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
}

TEST_CASE("xml: what is signed verifies, by that certificate alone, wherever it stands") {
    const KeyAndCertificate own, other;
    const std::string made = xml::signed_root(statement, own.key, own.certificate);
    CHECK(user_in(xml::verified_element(made, space, "Statement", {own.certificate})) == "ann");
    CHECK(user_in(xml::verified_element(made, space, "Statement",
                                        {other.certificate, own.certificate})) == "ann");
    CHECK_FALSE(xml::verified_element(made, space, "Statement", {other.certificate}));
    CHECK_FALSE(xml::verified_element(made, space, "Statement", {}));
    CHECK_FALSE(xml::verified_element(made, space, "Statement", {"nonsense"}));
    CHECK_FALSE(xml::verified_element(statement, space, "Statement", {own.certificate}));
    const std::string within = "<x:Answer xmlns:x=\"urn:y\" ID=\"r\">" + made + "</x:Answer>";
    const auto inner = xml::verified_element(within, space, "Statement", {own.certificate});
    CHECK(user_in(inner) == "ann");
    CHECK_FALSE(inner->child("Signature"));
    CHECK_FALSE(xml::verified_element(replace_all(made, "ann", "eve"), space, "Statement",
                                      {own.certificate}));
    CHECK_FALSE(xml::verified_element(replace_all(made, "\"s1\"", "\"s2\""), space, "Statement",
                                      {own.certificate}));
    CHECK_THROWS_AS(xml::signed_root(statement, "nonsense", own.certificate), std::runtime_error);
}

TEST_CASE("xml: a signature is not carried over to something else") {
    const KeyAndCertificate own;
    const std::string made = xml::signed_root(statement, own.key, own.certificate);
    const auto begin = made.find("<Signature"), end = made.find("</Signature>") + 12;
    REQUIRE(begin != made.npos);
    const std::string signature = made.substr(begin, end - begin),
                      bare = made.substr(0, begin) + made.substr(end);
    const auto forged = [](const std::string& id, const std::string& inside) {
        return "<a:Statement xmlns:a=\"urn:test\" ID=\"" + id + "\"><a:Issuer>me</a:Issuer>" +
               inside + "<a:User>eve</a:User></a:Statement>";
    };
    const std::string wrapped[] = {
        // The forged one beside, before and after the signed one.
        "<r>" + forged("e", "") + made + "</r>",
        "<r>" + made + forged("e", "") + "</r>",
        // The forged one with the signature of the other, which is kept elsewhere.
        "<r>" + forged("e", signature) + "<k>" + bare + "</k></r>",
        forged("e", signature + "<k>" + bare + "</k>"),
        forged("e",
               replace_all(signature, "</Signature>", "<Object>" + bare + "</Object></Signature>")),
        // Both under the signed id.
        "<r>" + forged("s1", signature) + "<k>" + bare + "</k></r>",
        forged("s1", signature),
        // The signed one inside of the forged one.
        forged("e", made),
    };
    for (const auto& document : wrapped) {
        CAPTURE(document);
        CHECK(user_in(xml::verified_element(document, space, "Statement", {own.certificate})) !=
              "eve");
        CHECK_FALSE(xml::verified_element(document, space, "Statement", {own.certificate}));
    }
    // Weaker algorithms than we make, and a second reference.
    for (const auto& [from, to] :
         {std::pair("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1"),
          std::pair("2001/04/xmlenc#sha256", "2000/09/xmldsig#sha1")}) {
        const auto weak = replace_all(made, from, to);
        REQUIRE(weak != made);
        CHECK_FALSE(xml::verified_element(weak, space, "Statement", {own.certificate}));
    }
}
