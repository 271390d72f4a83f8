// SPDX-License-Identifier: Apache-2.0
#include "platform/crypto/jose.h"

#include "base/strings.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::crypto;
using jose::Algorithm;
using jose::Key;
using jose::Token;

namespace {
constexpr Algorithm every[] = {
    Algorithm::rs256, Algorithm::rs384, Algorithm::rs512, Algorithm::ps256, Algorithm::ps384,
    Algorithm::ps512, Algorithm::es256, Algorithm::es384, Algorithm::es512, Algorithm::eddsa};
} // namespace

TEST_CASE("jose: every algorithm signs, and what it signed verifies by PEM and by JWK") {
    for (const Algorithm algorithm : every) {
        CAPTURE(jose::name_of(algorithm));
        CHECK(jose::algorithm_named(jose::name_of(algorithm)) == algorithm);
        Key key = Key::generate(algorithm);
        key.set_id("k1");
        const std::string text = jose::sign(key, algorithm, Json::object({{"sub", "ann"}}));
        const auto token = Token::parse(text);
        REQUIRE(token);
        CHECK(token->claims.text("sub") == "ann");
        CHECK(token->key_id() == "k1");
        const auto jwk = Key::from_jwk(key.public_jwk());
        const auto pem = Key::from_pem(key.public_pem());
        const auto private_again = Key::from_pem(key.private_pem());
        REQUIRE(jwk);
        REQUIRE(pem);
        REQUIRE(private_again);
        CHECK(token->verified_by({*jwk}));
        CHECK(token->verified_by({*pem}));
        CHECK(private_again->is_private());
        CHECK_FALSE(jwk->is_private());
        CHECK(token->verified_by({*jwk}, {algorithm}));
        const Algorithm other = algorithm == Algorithm::eddsa ? Algorithm::es256 : Algorithm::eddsa;
        CHECK_FALSE(token->verified_by({*jwk}, {other}));
        // Another key, other claims, a shorter signature.
        CHECK_FALSE(token->verified_by({Key::generate(algorithm)}));
        Token changed = *token;
        changed.signed_part[changed.signed_part.size() - 1] ^= 1;
        CHECK_FALSE(changed.verified_by({*jwk}));
        Token cut = *token;
        cut.signature.pop_back();
        CHECK_FALSE(cut.verified_by({*jwk}));
        cut.signature.clear();
        CHECK_FALSE(cut.verified_by({*jwk}));
    }
}

TEST_CASE("jose: a header may not choose its own strength") {
    const Key key = Key::generate(Algorithm::rs256);
    const auto forged = [&](const Json& header) {
        return base64url_encode(header.dump(), false) + "." +
               base64url_encode(R"({"sub":"ann"})", false) + ".";
    };
    for (const char* algorithm : {"none", "NONE", "HS256", "HS512", "", "rs256"}) {
        CAPTURE(algorithm);
        const auto token = Token::parse(forged(Json::object({{"alg", algorithm}})));
        REQUIRE(token);
        CHECK_FALSE(token->verified_by({key}));
    }
    // A critical extension nobody here understands.
    CHECK_FALSE(Token::parse(
        forged(Json::object({{"alg", "RS256"}, {"crit", Json::array({"b64"})}, {"b64", false}}))));
    // A key that names its algorithm serves no other.
    Json jwk = key.public_jwk();
    jwk["alg"] = "RS512";
    const auto limited = Key::from_jwk(jwk);
    REQUIRE(limited);
    const auto token = Token::parse(jose::sign(key, Algorithm::rs256, Json::object()));
    CHECK_FALSE(token->verified_by({*limited}));
    CHECK(Token::parse(jose::sign(key, Algorithm::rs512, Json::object()))->verified_by({*limited}));
}

TEST_CASE("jose: the key a header names, or any when it names none") {
    Key one = Key::generate(Algorithm::es256), two = Key::generate(Algorithm::es256);
    one.set_id("one");
    two.set_id("two");
    const auto by_two = Token::parse(jose::sign(two, Algorithm::es256, Json::object()));
    CHECK(by_two->verified_by({one, two}));
    CHECK_FALSE(by_two->verified_by({one}));
    two.set_id("one");
    CHECK_FALSE(by_two->verified_by({two}));
    two.set_id("");
    const auto unnamed = Token::parse(jose::sign(two, Algorithm::es256, Json::object()));
    CHECK(unnamed->verified_by({one, two}));
}

TEST_CASE("jose: keys that are none") {
    const Json good = Key::generate(Algorithm::es256).public_jwk();
    const auto with = [&](const char* name, Json value) {
        Json jwk = good;
        jwk[name] = std::move(value);
        return Key::from_jwk(jwk).has_value();
    };
    CHECK(with("use", "sig"));
    CHECK_FALSE(with("use", "enc"));
    CHECK_FALSE(with("kty", "oct"));
    CHECK_FALSE(with("crv", "P-384"));
    CHECK_FALSE(with("crv", "secp256k1"));
    CHECK_FALSE(with("x", "AAAA"));
    CHECK_FALSE(with("x", 1));
    CHECK_FALSE(with("y", good.text("x"))); // not on the curve
    CHECK_FALSE(with("alg", "RS256"));
    CHECK_FALSE(with("alg", "none"));
    CHECK_FALSE(Key::from_jwk(Json()));
    CHECK_FALSE(Key::from_pem(""));
    CHECK_FALSE(Key::from_pem("-----BEGIN PUBLIC KEY-----\nMAo=\n-----END PUBLIC KEY-----\n"));
    // RSA of 512 bits.
    CHECK_FALSE(Key::from_jwk(Json::object(
        {{"kty", "RSA"}, {"e", "AQAB"}, {"n", base64url_encode(std::string(64, '\xd5'), false)}})));
    const Json set = Json::object({{"keys", Json::array({good, Json(), Json::object()})}});
    CHECK(jose::keys_of(set).size() == 1);
    CHECK(jose::keys_of(Json()).empty());
}

TEST_CASE("jose: text that is no token") {
    for (const char* text : {"", ".", "..", "...", "a.b.c", "e30.e30", "e30.e30.!", "e30.W10.AA",
                             "W10.e30.AA", "e30.e30.AA.AA"}) {
        CAPTURE(text);
        CHECK_FALSE(Token::parse(text));
    }
    CHECK(Token::parse("e30.e30.AA"));
}

// RFC 7515, appendix A.3, and RFC 8037, appendix A.4: made by others.
TEST_CASE("jose: published examples") {
    const auto es256 =
        Key::from_jwk(Json::object({{"kty", "EC"},
                                    {"crv", "P-256"},
                                    {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
                                    {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}}));
    REQUIRE(es256);
    const auto token =
        Token::parse("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6"
                     "Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4Gawx"
                     "aepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    REQUIRE(token);
    CHECK(token->verified_by({*es256}));
    const auto ed25519 =
        Key::from_jwk(Json::object({{"kty", "OKP"},
                                    {"crv", "Ed25519"},
                                    {"x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}));
    REQUIRE(ed25519);
    CHECK(ed25519->verify(
        Algorithm::eddsa, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
        *base64url_decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7"
                          "sVvpAr_MuM0KAg")));
}
