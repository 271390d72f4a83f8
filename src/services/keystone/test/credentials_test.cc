// SPDX-License-Identifier: Apache-2.0
// Stored credentials, EC2 keys and signatures.
#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/keystone/logic/ec2_signature.h"
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

using namespace nephele;
using keystone::test::Answer;
using keystone::test::Identity;
namespace logic = keystone::logic;

namespace {
const std::string v3 = "/identity/v3";
} // namespace

TEST_CASE("credentials belong to their user and are sealed in the database") {
    Identity cloud;
    const std::string bob = cloud.add_user("bob"), eve = cloud.add_user("eve");
    const std::string bobs = cloud.token("bob", "pw", Json("unscoped"));
    const std::string eves = cloud.token("eve", "pw", Json("unscoped"));
    const auto make = [&](const std::string& token, const std::string& user) {
        return cloud.post(
            v3 + "/credentials", token,
            Json::object({{"credential", Json::object({{"user_id", user},
                                                       {"type", "totp"},
                                                       {"blob", "JBSWY3DPEHPK3PXP"}})}}));
    };
    CHECK(make(eves, bob).status == 403);
    const Answer made = make(bobs, bob);
    REQUIRE_MESSAGE(made.status == 201, made.text);
    const std::string path = v3 + "/credentials/" + made.json.at("credential").text("id");
    CHECK(cloud.get(path, bobs).json.at("credential").text("blob") == "JBSWY3DPEHPK3PXP");
    cloud.cloud().db().read([&](db::Tx& tx) {
        auto kept = [&](const char* type, const std::string& user) {
            return keystone::client::stored_credential(
                cloud.cloud(), tx, made.json.at("credential").text("id"), type, user);
        };
        CHECK(kept("totp", bob) == "JBSWY3DPEHPK3PXP");
        CHECK(!kept("totp", eve));
        CHECK(!kept("cert", bob));
    });
    CHECK(cloud.get(path, eves).status == 403);
    CHECK(cloud.get(v3 + "/credentials", eves).json.at("credentials").size() == 0);
    CHECK(cloud.get(v3 + "/credentials?type=totp", bobs).json.at("credentials").size() == 1);
    CHECK(cloud.get(v3 + "/credentials", cloud.admin()).json.at("credentials").size() == 1);
    CHECK(cloud.patch(path, bobs, Json::object({{"credential", Json::object({{"user_id", eve}})}}))
              .status == 403);
    CHECK(cloud.patch(path, bobs, Json::parse(R"({"credential": {"blob": "NEW"}})"))
              .json.at("credential")
              .text("blob") == "NEW");
    cloud.cloud().db().read([&](db::Tx& tx) {
        tx.each("SELECT sealed_blob FROM keystone_credentials", db::Params{},
                [&](const db::Row& row) { CHECK(row.str(0).starts_with("gAAAA")); });
    });
    CHECK(cloud.del(path, bobs).status == 204);
    CHECK(cloud.get(path, cloud.admin()).status == 404);
}

TEST_CASE("EC2 keys: made, shown, used for a token, removed") {
    Identity cloud;
    const std::string bob = cloud.add_user("bob"), project = cloud.add_project("p");
    cloud.grant(project, bob, "member");
    const std::string token = cloud.token("bob", "pw", Identity::project_scope("p"));
    const std::string all = v3 + "/users/" + bob + "/credentials/OS-EC2";
    const Answer made = cloud.post(all, token, Json::object({{"tenant_id", project}}));
    REQUIRE_MESSAGE(made.status == 201, made.text);
    const std::string access = made.json.at("credential").text("access"),
                      secret = made.json.at("credential").text("secret");
    CHECK(cloud.get(all, token).json.at("credentials").size() == 1);
    CHECK(cloud.get(all + "/" + access, token).json.at("credential").text("secret") == secret);
    CHECK(cloud.get(v3 + "/credentials/" + hex_encode(crypto::sha256(access)), token).status ==
          200);
    cloud.add_user("eve");
    CHECK(cloud.get(all, cloud.token("eve", "pw", Json("unscoped"))).status == 403);

    // The string that S3 clients sign, version 1.
    const std::string text = "GET\n\n\nSun, 22 Nov 2026 14:21:42 GMT\n/bucket";
    const auto check = [&](const std::string& caller, const std::string& signature) {
        return cloud.post(
            v3 + "/s3tokens", caller,
            Json::object({{"credentials", Json::object({{"access", access},
                                                        {"token", base64url_encode(text)},
                                                        {"signature", signature}})}}));
    };
    const std::string right = base64_encode(crypto::hmac(crypto::Digest::sha1, secret, text));
    const Answer answer = check(cloud.admin(), right);
    REQUIRE_MESSAGE(answer.status == 200, answer.text);
    CHECK(answer.json.at("token").at("user").text("id") == bob);
    CHECK(answer.json.at("token").at("project").text("id") == project);
    CHECK(cloud.get(v3 + "/auth/projects", answer.headers.get("X-Subject-Token")).status == 200);
    CHECK(check(cloud.admin(), "wrong").status == 401);
    CHECK(check(token, right).status == 403);
    CHECK(check("", right).status == 401);
    CHECK(cloud.del(all + "/" + access, token).status == 204);
    CHECK(check(cloud.admin(), right).status == 401);
}

TEST_CASE("signatures are those of the AWS documents") {
    // The example of AWS's "Signature Version 4 test suite": get-vanilla.
    Json four = Json::parse(R"({"verb": "GET", "path": "/", "host": "example.amazonaws.com",
        "params": {}, "headers": {"X-Amz-Date": "20150830T123600Z", "Authorization":
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=x"},
        "body_hash": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "signature": "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"})");
    const std::string secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    CHECK(logic::ec2_signature_fits(secret, four));
    four["host"] = "example.amazonaws.com:443";
    CHECK(logic::ec2_signature_fits(secret, four));
    four["path"] = "/other";
    CHECK_FALSE(logic::ec2_signature_fits(secret, four));
    CHECK_FALSE(logic::ec2_signature_fits(secret, Json::object()));

    Json two = Json::parse(R"({"verb": "GET", "path": "/", "host": "localhost",
        "params": {"SignatureVersion": "2", "Action": "Describe Things", "AWSAccessKeyId": "a"}})");
    const std::string text = "GET\nlocalhost\n/\nAWSAccessKeyId=a&Action=Describe%20Things&"
                             "SignatureMethod=HmacSHA256&SignatureVersion=2";
    two["signature"] = base64_encode(crypto::hmac_sha256("s", text));
    CHECK(logic::ec2_signature_fits("s", two));
    CHECK_FALSE(logic::ec2_signature_fits("t", two));
    CHECK_FALSE(logic::s3_signature_fits("s", "!", "x"));
}
