// SPDX-License-Identifier: Apache-2.0
// The Fernet key repository on disk.
#include "services/keystone/logic/jws_claims.h"
#include "services/keystone/model/delegation.h"
#include "services/keystone/ops/rotate_keys.h"
#include "services/keystone/ops/state.h"
#include "services/keystone/store/jws_keys.h"
#include "services/keystone/store/key_repository.h"
#include "services/keystone/test/support.h"
#include "tests/support/temp_dir.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace nephele;
using keystone::store::KeyRepository;
using namespace nephele::keystone::test;

namespace {
const Time now{1'700'000'000'000'000};
bool there(const std::string& path) {
    struct stat about {};
    return ::stat(path.c_str(), &about) == 0;
}
} // namespace

TEST_CASE("rotation keeps old tokens for as long as their key is kept") {
    nephele::test::TempDir directory;
    SeededIds ids(1);
    const std::string path = directory.path() + "/keys";
    KeyRepository keys(path, 3, ids);
    struct stat about {};
    REQUIRE(::stat((path + "/1").c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
    const std::string token = keys.keys()->encode("payload", now);
    keys.rotate(); // 0 1 2
    CHECK(there(path + "/2"));
    CHECK(keys.keys()->decode(token));
    keys.rotate(); // 0 2 3
    CHECK_FALSE(there(path + "/1"));
    CHECK(there(path + "/3"));
    CHECK_FALSE(keys.keys()->decode(token));
}

TEST_CASE("another process's rotation is noticed, and its tokens decode before that") {
    nephele::test::TempDir directory;
    SeededIds ids(2);
    const std::string path = directory.path() + "/keys";
    KeyRepository mine(path, 3, ids), other(path, 3, ids);
    other.rotate();
    const std::string token = other.keys()->encode("payload", now);
    // The staged key was known before it became primary.
    CHECK(mine.keys()->decode(token));
    other.rotate();
    const std::string newer = other.keys()->encode("payload", now);
    CHECK_FALSE(mine.keys()->decode(newer));
    CHECK(mine.reload()->decode(newer));
}

TEST_CASE("tokens signed by rotated JWS keys verify for as long as their public key is kept") {
    nephele::test::TempDir directory;
    const std::string path = directory.path() + "/jws";
    keystone::store::JwsKeys mine(path, 2), other(path, 2);
    struct stat about {};
    REQUIRE(::stat((path + "/private/private.pem").c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
    const std::string token = mine.sign(Json::object({{"sub", "bob"}}));
    CHECK(mine.verify(token)->text("sub") == "bob");
    CHECK(other.verify(token));
    CHECK_FALSE(mine.verify(token.substr(0, token.size() - 4) + "AAAA"));
    // "none" and HMAC with the public key are no signatures.
    const auto dot = token.find('.');
    CHECK_FALSE(mine.verify("eyJhbGciOiJub25lIn0" + token.substr(dot)));
    other.rotate();
    CHECK(mine.verify(other.sign(Json::object({{"sub", "eve"}}))));
    CHECK(mine.verify(token));
    other.rotate();
    CHECK_FALSE(mine.verify(token));
}

TEST_CASE("claims survive the way through a JSON web token") {
    keystone::Claims claims;
    claims.user_id = "bob";
    claims.methods = {"password", "totp"};
    claims.project_id = "p";
    claims.trust_id = "t";
    claims.issued_at = {1'700'000'000'123'456};
    claims.expires_at = {1'700'003'600'000'000};
    claims.audit_ids = {"a", "b"};
    claims.group_ids = {"g"};
    const Json json = keystone::logic::to_jws_claims(claims);
    CHECK(json.at("exp").as_int() == 1'700'003'600);
    const auto back = keystone::logic::from_jws_claims(json);
    REQUIRE(back);
    CHECK(back->issued_at == claims.issued_at);
    CHECK(back->audit_ids == claims.audit_ids);
    CHECK(back->group_ids == claims.group_ids);
    CHECK(back->trust_id == "t");
    for (const char* member : {"sub", "iat", "exp", "openstack_audit_ids"}) {
        Json broken = json;
        broken.erase(member);
        CHECK_FALSE(keystone::logic::from_jws_claims(broken));
    }
}

TEST_CASE("JWS tokens do what Fernet tokens do") {
    Identity cloud({"keystone.token_provider=\"jws\""});
    const std::string admin = cloud.admin();
    CHECK(std::count(admin.begin(), admin.end(), '.') == 2);
    CHECK(cloud.get("/identity/v3/users", admin).status == 200);
    http::Headers subject;
    subject.set("X-Subject-Token", admin);
    CHECK(cloud.request("GET", "/identity/v3/auth/tokens", admin, Json(), subject).status == 200);
    auto& state = cloud.cloud().state<keystone::State>();
    const std::string other = cloud.token("admin", "secret", Identity::system_scope());
    CHECK(cloud.request("DELETE", "/identity/v3/auth/tokens", other, Json(), subject).status ==
          204);
    CHECK(cloud.get("/identity/v3/users", admin).status == 401);
    state.jws->rotate();
    CHECK(cloud.get("/identity/v3/users", other).status == 200);
}

TEST_CASE("rotating the credential keys seals every blob anew") {
    Identity cloud;
    const std::string bob = cloud.add_user("bob");
    const Answer made = cloud.post(
        "/identity/v3/credentials", cloud.admin(),
        Json::object(
            {{"credential",
              Json::object({{"type", "cert"}, {"blob", "secret text"}, {"user_id", bob}})}}));
    const std::string id = made.json.at("credential").text("id");
    auto& keys = cloud.cloud().state<keystone::State>().credential_keys;
    const auto sealed = [&] {
        return cloud.cloud().db().read([&](db::Tx& tx) {
            return find(tx, keystone::table::credentials(), Scope::all(), id)->sealed_blob;
        });
    };
    for (int i = 0; i < 4; ++i) {
        const std::string before = sealed();
        keystone::rotate_credential_keys(cloud.cloud(), keys);
        CHECK(sealed() != before);
        CHECK(keys.keys()->by_primary(sealed()));
        CHECK(keystone::reseal_credentials(cloud.cloud(), keys) == 0);
        CHECK(cloud.get("/identity/v3/credentials/" + id, cloud.admin())
                  .json.at("credential")
                  .text("blob") == "secret text");
    }
}

TEST_CASE("keys in memory rotate too") {
    SeededIds ids(3);
    KeyRepository keys("", 3, ids);
    const std::string token = keys.keys()->encode("payload", now);
    keys.rotate();
    CHECK(keys.keys()->decode(token));
    keys.rotate();
    CHECK_FALSE(keys.keys()->decode(token));
}
