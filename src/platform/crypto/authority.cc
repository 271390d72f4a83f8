// SPDX-License-Identifier: Apache-2.0
#include "platform/crypto/authority.h"

#include "base/check.h"
#include "base/strings.h"
#include "platform/crypto/crypto.h"

#include <arpa/inet.h>
#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace nephele::crypto {
namespace {
constexpr std::int64_t authority_seconds = 30LL * 365 * 86'400;
// Clocks of hosts differ a little.
constexpr std::int64_t early_seconds = 300;

using Memory = std::unique_ptr<BIO, int (*)(BIO*)>;
using CertificatePointer = std::unique_ptr<X509, void (*)(X509*)>;
using KeyPointer = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

Memory reading(std::string_view pem) {
    return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
}

template <class Write> std::string written(Write&& write) {
    Memory memory(BIO_new(BIO_s_mem()), BIO_free);
    NEPHELE_CHECK(memory && write(memory.get()) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}

std::string pem_of(X509* certificate) {
    return written([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}
std::string private_pem_of(EVP_PKEY* key) {
    return written([&](BIO* out) {
        return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
}

KeyPointer private_key(std::string_view pem) {
    return {PEM_read_bio_PrivateKey(reading(pem).get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
}
CertificatePointer certificate_in(std::string_view pem) {
    return {PEM_read_bio_X509(reading(pem).get(), nullptr, nullptr, nullptr), X509_free};
}

bool is_p256(EVP_PKEY* key) {
    char group[32] = "";
    return EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) == 1 &&
           std::string_view(group) == "prime256v1";
}

bool is_address(const std::string& text) {
    unsigned char bytes[16];
    return inet_pton(AF_INET, text.c_str(), bytes) == 1 ||
           inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

// What an extension's text may carry without meaning something else there.
void check_name(const std::string& name) {
    bool good = !name.empty() && name.size() <= 64;
    for (unsigned char c : name)
        good = good && (std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == ':');
    if (!good)
        throw std::invalid_argument(
            format("'{}' cannot be the name in a certificate: 1 to 64 letters, digits, '-', '_', "
                   "'.' and ':'.",
                   is_utf8(name) ? name.substr(0, 80) : "(bytes)"));
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    std::unique_ptr<X509_EXTENSION, void (*)(X509_EXTENSION*)> extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), X509_EXTENSION_free);
    NEPHELE_CHECK(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void set_serial(X509* certificate) {
    std::string bytes = random_bytes(16);
    bytes[0] &= 0x7f; // Serial numbers are positive.
    std::unique_ptr<BIGNUM, void (*)(BIGNUM*)> number(
        BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), 16, nullptr), BN_free);
    NEPHELE_CHECK(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)));
}

/// Version, serial number, subject, validity and key.
CertificatePointer begun(EVP_PKEY* key, const std::string& name, Time from, Time until) {
    CertificatePointer certificate(X509_new(), X509_free);
    NEPHELE_CHECK(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1);
    set_serial(certificate.get());
    NEPHELE_CHECK(ASN1_TIME_set(X509_getm_notBefore(certificate.get()), from.us / 1'000'000));
    NEPHELE_CHECK(ASN1_TIME_set(X509_getm_notAfter(certificate.get()), until.us / 1'000'000));
    NEPHELE_CHECK(X509_set_pubkey(certificate.get(), key) == 1);
    NEPHELE_CHECK(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN",
                                             MBSTRING_UTF8,
                                             reinterpret_cast<const unsigned char*>(name.data()),
                                             static_cast<int>(name.size()), -1, 0) == 1);
    return certificate;
}

std::string thumbprint_of(X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    NEPHELE_CHECK(size > 0);
    const std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return base64url_encode(sha256(bytes), false);
}

std::string alternative_names(const std::vector<std::string>& names) {
    std::vector<std::string> parts;
    for (const auto& name : names) {
        check_name(name);
        parts.push_back((is_address(name) ? "IP:" : "DNS:") + name);
    }
    return join(parts, ",");
}
} // namespace

PrivateKeyPair make_certificate_key() {
    KeyPointer key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    NEPHELE_CHECK(key);
    return {written([&](BIO* out) { return PEM_write_bio_PUBKEY(out, key.get()); }),
            Secret<std::string>(private_pem_of(key.get()))};
}

Authority Authority::make(std::string_view name, Time now) {
    check_name(std::string(name));
    KeyPointer key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    NEPHELE_CHECK(key);
    auto certificate = begun(key.get(), std::string(name), now.plus_seconds(-early_seconds),
                             now.plus_seconds(authority_seconds));
    X509* x = certificate.get();
    X509_set_issuer_name(x, X509_get_subject_name(x));
    extend(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    extend(x, x, NID_key_usage, "critical,keyCertSign,cRLSign");
    extend(x, x, NID_subject_key_identifier, "hash");
    NEPHELE_CHECK(X509_sign(x, key.get(), EVP_sha256()) > 0);
    return Authority(pem_of(x), Secret<std::string>(private_pem_of(key.get())));
}

Authority Authority::load(std::string_view certificate_pem, std::string_view key_pem) {
    auto certificate = certificate_in(certificate_pem);
    auto key = private_key(key_pem);
    if (!certificate || !key || X509_check_private_key(certificate.get(), key.get()) != 1)
        throw std::invalid_argument("this is not an authority's certificate and its key");
    return Authority(std::string(certificate_pem), Secret<std::string>(std::string(key_pem)));
}

IssuedCertificate Authority::issue(std::string_view public_pem,
                                   const CertificateOrder& order) const {
    check_name(order.name);
    KeyPointer subject_key(
        PEM_read_bio_PUBKEY(reading(public_pem).get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
    if (!subject_key || !is_p256(subject_key.get()))
        throw std::invalid_argument("this is no public key on the curve P-256 in PEM");
    auto issuer = certificate_in(certificate_);
    auto key = private_key(key_.reveal());
    NEPHELE_CHECK(issuer && key);
    auto certificate =
        begun(subject_key.get(), order.name, order.from.plus_seconds(-early_seconds), order.until);
    X509* x = certificate.get();
    X509_set_issuer_name(x, X509_get_subject_name(issuer.get()));
    const bool server = order.use == CertificateUse::server;
    extend(x, issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
    extend(x, issuer.get(), NID_key_usage, "critical,digitalSignature");
    extend(x, issuer.get(), NID_ext_key_usage, server ? "serverAuth" : "clientAuth");
    extend(x, issuer.get(), NID_subject_key_identifier, "hash");
    extend(x, issuer.get(), NID_authority_key_identifier, "keyid:always");
    if (server) extend(x, issuer.get(), NID_subject_alt_name, alternative_names(order.answers_to));
    NEPHELE_CHECK(X509_sign(x, key.get(), EVP_sha256()) > 0);
    return {pem_of(x), thumbprint_of(x)};
}

} // namespace nephele::crypto
