// SPDX-License-Identifier: Apache-2.0
#include "platform/crypto/jose.h"

#include "base/check.h"
#include "base/strings.h"
#include "platform/crypto/crypto.h"

#include <algorithm>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace nephele::crypto::jose {
namespace {

enum class Family { rsa, rsa_pss, ec, ed25519 };
struct Known {
    Algorithm algorithm;
    const char* name;
    Family family;
    const char* digest;
    const char* curve; ///< of JWK
    const char* group; ///< of OpenSSL
    std::size_t half;  ///< bytes of one of the two numbers of an ECDSA signature
};
constexpr Known all[] = {
    {Algorithm::rs256, "RS256", Family::rsa, "SHA256", "", "", 0},
    {Algorithm::rs384, "RS384", Family::rsa, "SHA384", "", "", 0},
    {Algorithm::rs512, "RS512", Family::rsa, "SHA512", "", "", 0},
    {Algorithm::ps256, "PS256", Family::rsa_pss, "SHA256", "", "", 0},
    {Algorithm::ps384, "PS384", Family::rsa_pss, "SHA384", "", "", 0},
    {Algorithm::ps512, "PS512", Family::rsa_pss, "SHA512", "", "", 0},
    {Algorithm::es256, "ES256", Family::ec, "SHA256", "P-256", "prime256v1", 32},
    {Algorithm::es384, "ES384", Family::ec, "SHA384", "P-384", "secp384r1", 48},
    {Algorithm::es512, "ES512", Family::ec, "SHA512", "P-521", "secp521r1", 66},
    {Algorithm::eddsa, "EdDSA", Family::ed25519, nullptr, "Ed25519", "", 0},
};
const Known& known(Algorithm algorithm) { return all[static_cast<int>(algorithm)]; }

constexpr int weakest_rsa_bits = 2048;
// Verification time grows with the key: what an identity provider publishes is not ours to choose.
constexpr int longest_rsa_bits = 8192;

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Pkey = std::unique_ptr<EVP_PKEY, FreeKey>;
template <auto function> struct Free {
    template <class T> void operator()(T* value) const { function(value); }
};
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

EVP_PKEY* raw(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }
std::shared_ptr<void> shared(Pkey key) {
    return {key.release(), [](void* p) { EVP_PKEY_free(static_cast<EVP_PKEY*>(p)); }};
}

std::optional<std::string> member_bytes(const Json& jwk, const char* name) {
    if (!jwk.get(name).is_string()) return std::nullopt;
    return base64url_decode(jwk.text(name));
}

Pkey from_parameters(const char* type, OSSL_PARAM_BLD* builder) {
    Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
    KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
        return nullptr;
    return Pkey(key);
}

Pkey rsa_from(const Json& jwk) {
    const auto n = member_bytes(jwk, "n"), e = member_bytes(jwk, "e");
    if (!n || !e || n->size() > longest_rsa_bits / 8 + 1 || e->size() > 8) return nullptr;
    Number modulus(BN_bin2bn(bytes(*n), static_cast<int>(n->size()), nullptr));
    Number exponent(BN_bin2bn(bytes(*e), static_cast<int>(e->size()), nullptr));
    Builder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
    return from_parameters("RSA", builder.get());
}

Pkey ec_from(const Json& jwk) {
    const auto x = member_bytes(jwk, "x"), y = member_bytes(jwk, "y");
    for (const Known& one : all) {
        if (one.family != Family::ec || jwk.text("crv") != one.curve) continue;
        if (!x || !y || x->size() != one.half || y->size() != one.half) return nullptr;
        const std::string point = "\x04" + *x + *y;
        Builder builder(OSSL_PARAM_BLD_new());
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, one.group, 0);
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                         point.size());
        return from_parameters("EC", builder.get());
    }
    return nullptr;
}

Pkey ed25519_from(const Json& jwk) {
    const auto x = member_bytes(jwk, "x");
    if (jwk.text("crv") != "Ed25519" || !x || x->size() != 32) return nullptr;
    return Pkey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(*x), x->size()));
}

bool is_strong(const EVP_PKEY* key) {
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) return true;
    const int bits = EVP_PKEY_get_bits(key);
    return bits >= weakest_rsa_bits && bits <= longest_rsa_bits;
}

std::string group_of(const EVP_PKEY* key) {
    char name[64] = {};
    std::size_t size = 0;
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, &size) !=
        1)
        return "";
    return {name, size};
}

std::string number_of(const EVP_PKEY* key, const char* name, std::size_t width) {
    BIGNUM* number = nullptr;
    NEPHELE_CHECK(EVP_PKEY_get_bn_param(key, name, &number) == 1);
    Number owned(number);
    std::string out(width ? width : static_cast<std::size_t>(BN_num_bytes(number)), '\0');
    BN_bn2binpad(number, bytes(out), static_cast<int>(out.size()));
    return out;
}

// ECDSA signatures are two numbers of fixed width in JWS, a DER sequence in OpenSSL.
std::optional<std::string> der_of(std::string_view signature, std::size_t half) {
    if (signature.size() != 2 * half) return std::nullopt;
    const int width = static_cast<int>(half);
    EcdsaSignature both(ECDSA_SIG_new());
    ECDSA_SIG_set0(both.get(), BN_bin2bn(bytes(signature), width, nullptr),
                   BN_bin2bn(bytes(signature) + half, width, nullptr));
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(both.get(), &der);
    if (size <= 0) return std::nullopt;
    std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return out;
}
std::string fixed_width(const std::string& der, std::size_t half) {
    const unsigned char* at = bytes(der);
    EcdsaSignature both(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    NEPHELE_CHECK(both != nullptr);
    const BIGNUM *r = nullptr, *s = nullptr;
    ECDSA_SIG_get0(both.get(), &r, &s);
    std::string out(2 * half, '\0');
    BN_bn2binpad(r, bytes(out), static_cast<int>(half));
    BN_bn2binpad(s, bytes(out) + half, static_cast<int>(half));
    return out;
}

bool set_padding(const Known& algorithm, EVP_PKEY_CTX* context) {
    if (algorithm.family != Family::rsa_pss) return true;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

std::string text_of_bio(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::optional<Json> json_part(std::string_view part) {
    const auto text = base64url_decode(part);
    if (!text) return std::nullopt;
    try {
        Json value = Json::parse(*text, 16);
        if (value.is_object()) return value;
    } catch (const JsonError&) {
        // Whoever sent it made it up.
    }
    return std::nullopt;
}

} // namespace

std::optional<Algorithm> algorithm_named(std::string_view name) {
    for (const Known& one : all)
        if (name == one.name) return one.algorithm;
    return std::nullopt;
}
const char* name_of(Algorithm algorithm) { return known(algorithm).name; }

std::optional<Key> Key::from_jwk(const Json& jwk) {
    if (!jwk.is_object() || jwk.text("use", "sig") != "sig") return std::nullopt;
    const std::string kind = jwk.text("kty");
    Pkey made = kind == "RSA"   ? rsa_from(jwk)
                : kind == "EC"  ? ec_from(jwk)
                : kind == "OKP" ? ed25519_from(jwk)
                                : nullptr;
    if (!made || !is_strong(made.get())) return std::nullopt;
    Key key;
    key.key_ = shared(std::move(made));
    key.id_ = jwk.text("kid");
    if (jwk.has("alg")) {
        key.only_ = algorithm_named(jwk.text("alg"));
        if (!key.only_ || !key.fits(*key.only_)) return std::nullopt;
    }
    return key;
}

std::optional<Key> Key::from_pem(std::string_view pem) {
    const auto open = [&] {
        return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    };
    // Never asks on a terminal.
    const auto no_passphrase = [](char*, int, int, void*) { return -1; };
    Key key;
    Pkey made;
    if (pem.find("PRIVATE KEY-----") != pem.npos) {
        made.reset(PEM_read_bio_PrivateKey(open().get(), nullptr, no_passphrase, nullptr));
        key.private_ = true;
    } else if (pem.find("BEGIN CERTIFICATE") != pem.npos) {
        std::unique_ptr<X509, Free<X509_free>> certificate(
            PEM_read_bio_X509(open().get(), nullptr, no_passphrase, nullptr));
        if (certificate) made.reset(X509_get_pubkey(certificate.get()));
    } else {
        made.reset(PEM_read_bio_PUBKEY(open().get(), nullptr, no_passphrase, nullptr));
    }
    if (!made || !is_strong(made.get())) return std::nullopt;
    key.key_ = shared(std::move(made));
    const bool useful = std::any_of(std::begin(all), std::end(all),
                                    [&](const Known& one) { return key.fits(one.algorithm); });
    if (!useful) return std::nullopt;
    return key;
}

Key Key::generate(Algorithm algorithm) {
    const Known& one = known(algorithm);
    Pkey made;
    if (one.family == Family::ec)
        made.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", one.group));
    else if (one.family == Family::ed25519)
        made.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    else
        made.reset(
            EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(weakest_rsa_bits)));
    NEPHELE_CHECK(made != nullptr);
    Key key;
    key.key_ = shared(std::move(made));
    key.private_ = true;
    return key;
}

bool Key::fits(Algorithm algorithm) const {
    if (only_ && *only_ != algorithm) return false;
    const Known& one = known(algorithm);
    switch (EVP_PKEY_get_base_id(raw(key_))) {
    case EVP_PKEY_RSA:
        return one.family == Family::rsa || one.family == Family::rsa_pss;
    case EVP_PKEY_EC:
        return one.family == Family::ec && group_of(raw(key_)) == one.group;
    case EVP_PKEY_ED25519:
        return one.family == Family::ed25519;
    default:
        return false;
    }
}

Json Key::public_jwk() const {
    Json jwk = Json::object({{"use", "sig"}});
    if (!id_.empty()) jwk["kid"] = id_;
    const EVP_PKEY* key = raw(key_);
    const auto put = [&](const char* name, const std::string& value) {
        jwk[name] = base64url_encode(value, false);
    };
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
        jwk["kty"] = "RSA";
        put("n", number_of(key, OSSL_PKEY_PARAM_RSA_N, 0));
        put("e", number_of(key, OSSL_PKEY_PARAM_RSA_E, 0));
    } else if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
        std::string point(32, '\0');
        std::size_t size = point.size();
        NEPHELE_CHECK(EVP_PKEY_get_raw_public_key(key, bytes(point), &size) == 1);
        jwk["kty"] = "OKP";
        jwk["crv"] = "Ed25519";
        put("x", point);
    } else {
        const std::string group = group_of(key);
        for (const Known& one : all) {
            if (one.family != Family::ec || group != one.group) continue;
            jwk["kty"] = "EC";
            jwk["crv"] = one.curve;
            put("x", number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, one.half));
            put("y", number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, one.half));
        }
    }
    return jwk;
}

std::string Key::public_pem() const {
    Bio bio(BIO_new(BIO_s_mem()));
    NEPHELE_CHECK(PEM_write_bio_PUBKEY(bio.get(), raw(key_)) == 1);
    return text_of_bio(bio.get());
}
std::string Key::private_pem() const {
    NEPHELE_CHECK(private_);
    Bio bio(BIO_new(BIO_s_mem()));
    NEPHELE_CHECK(
        PEM_write_bio_PrivateKey(bio.get(), raw(key_), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return text_of_bio(bio.get());
}

std::string Key::sign(Algorithm algorithm, std::string_view data) const {
    NEPHELE_CHECK(private_ && fits(algorithm));
    const Known& one = known(algorithm);
    DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* of_key = nullptr;
    NEPHELE_CHECK(EVP_DigestSignInit_ex(context.get(), &of_key, one.digest, nullptr, nullptr,
                                        raw(key_), nullptr) == 1);
    NEPHELE_CHECK(set_padding(one, of_key));
    std::size_t size = 0;
    NEPHELE_CHECK(EVP_DigestSign(context.get(), nullptr, &size, bytes(data), data.size()) == 1);
    std::string signature(size, '\0');
    NEPHELE_CHECK(
        EVP_DigestSign(context.get(), bytes(signature), &size, bytes(data), data.size()) == 1);
    signature.resize(size);
    return one.family == Family::ec ? fixed_width(signature, one.half) : signature;
}

bool Key::verify(Algorithm algorithm, std::string_view data, std::string_view signature) const {
    if (!fits(algorithm)) return false;
    const Known& one = known(algorithm);
    std::string der;
    if (one.family == Family::ec) {
        auto made = der_of(signature, one.half);
        if (!made) return false;
        der = std::move(*made);
        signature = der;
    }
    DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* of_key = nullptr;
    if (EVP_DigestVerifyInit_ex(context.get(), &of_key, one.digest, nullptr, nullptr, raw(key_),
                                nullptr) != 1 ||
        !set_padding(one, of_key))
        return false;
    return EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(data),
                            data.size()) == 1;
}

std::vector<Key> keys_of(const Json& jwk_set) {
    std::vector<Key> keys;
    const Json& list = jwk_set.get("keys");
    if (!list.is_array()) return keys;
    for (const Json& jwk : list.as_array())
        if (auto key = Key::from_jwk(jwk)) keys.push_back(std::move(*key));
    return keys;
}

std::optional<Token> Token::parse(std::string_view text) {
    const auto first = text.find('.');
    const auto second = first == text.npos ? text.npos : text.find('.', first + 1);
    if (second == text.npos || text.find('.', second + 1) != text.npos) return std::nullopt;
    auto header = json_part(text.substr(0, first));
    auto claims = json_part(text.substr(first + 1, second - first - 1));
    auto signature = base64url_decode(text.substr(second + 1));
    // Critical extensions must be understood or refused; we understand none.
    if (!header || !claims || !signature || header->has("crit")) return std::nullopt;
    return Token{std::move(*header), std::move(*claims), std::string(text.substr(0, second)),
                 std::move(*signature)};
}

bool Token::verified_by(const std::vector<Key>& keys, const std::vector<Algorithm>& allowed) const {
    const auto algorithm = algorithm_named(header.text("alg"));
    if (!algorithm) return false;
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), *algorithm) == allowed.end())
        return false;
    const std::string named = key_id();
    return std::any_of(keys.begin(), keys.end(), [&](const Key& key) {
        if (!named.empty() && !key.id().empty() && key.id() != named) return false;
        return key.verify(*algorithm, signed_part, signature);
    });
}

std::string sign(const Key& key, Algorithm algorithm, const Json& claims,
                 const Json& extra_header) {
    Json header = Json::object({{"alg", name_of(algorithm)}, {"typ", "JWT"}});
    if (!key.id().empty()) header["kid"] = key.id();
    for (const auto& [name, value] : extra_header.as_object()) header[name] = value;
    const std::string signed_part =
        base64url_encode(header.dump(), false) + "." + base64url_encode(claims.dump(), false);
    return signed_part + "." + base64url_encode(key.sign(algorithm, signed_part), false);
}

} // namespace nephele::crypto::jose
