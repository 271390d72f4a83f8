// SPDX-License-Identifier: Apache-2.0
#include "platform/crypto/login_certificate.h"

#include "base/check.h"
#include "base/strings.h"
#include "platform/crypto/crypto.h"

#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

namespace nephele::crypto {
namespace {
constexpr long ten_years_seconds = 3650L * 86'400;

using Memory = std::unique_ptr<BIO, int (*)(BIO*)>;
using CertificatePointer = std::unique_ptr<X509, void (*)(X509*)>;
using KeyPointer = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

std::string text_in(BIO* memory) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    return std::string(data, static_cast<std::size_t>(size));
}

void extend(X509* certificate, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    std::unique_ptr<X509_EXTENSION, void (*)(X509_EXTENSION*)> extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), X509_EXTENSION_free);
    NEPHELE_CHECK(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

// What an extension's text may carry; ids of users are made of these.
std::string harmless(std::string_view user) {
    std::string out;
    for (char c : user)
        if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_') out += c;
    return out.substr(0, 60);
}
} // namespace

std::optional<std::string> certificate_fingerprint(std::string_view pem) {
    pem = trim(pem);
    if (pem.find("-----BEGIN", 1) != std::string_view::npos) return std::nullopt;
    Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
    CertificatePointer certificate(
        memory ? PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr) : nullptr, X509_free);
    if (!certificate) return std::nullopt;
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate.get(), &der);
    NEPHELE_CHECK(size > 0);
    const std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    std::string out;
    for (unsigned char c : digest(Digest::sha1, bytes))
        out += (out.empty() ? "" : ":") + hex_encode(std::string(1, static_cast<char>(c)));
    return out;
}

LoginCertificate make_login_certificate(std::string_view user) {
    const std::string name = harmless(user);
    KeyPointer key(EVP_RSA_gen(2048), EVP_PKEY_free);
    CertificatePointer certificate(X509_new(), X509_free);
    NEPHELE_CHECK(key && certificate);
    X509* x = certificate.get();
    X509_set_version(x, X509_VERSION_3);
    const std::string serial = random_bytes(16);
    std::unique_ptr<BIGNUM, void (*)(BIGNUM*)> number(
        BN_bin2bn(reinterpret_cast<const unsigned char*>(serial.data()), 16, nullptr), BN_free);
    NEPHELE_CHECK(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x)));
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), ten_years_seconds);
    X509_set_pubkey(x, key.get());
    X509_NAME* subject = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.data()),
                               static_cast<int>(name.size()), -1, 0);
    X509_set_issuer_name(x, subject);
    extend(x, NID_ext_key_usage, "clientAuth");
    // The principal name by which WinRM finds the account.
    extend(x, NID_subject_alt_name, "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:" + name + "@localhost");
    NEPHELE_CHECK(X509_sign(x, key.get(), EVP_sha256()) > 0);
    Memory pem(BIO_new(BIO_s_mem()), BIO_free), secret(BIO_new(BIO_s_mem()), BIO_free);
    NEPHELE_CHECK(pem && secret && PEM_write_bio_X509(pem.get(), x) == 1);
    NEPHELE_CHECK(PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                           nullptr) == 1);
    return {text_in(pem.get()), Secret<std::string>(text_in(secret.get()))};
}

} // namespace nephele::crypto
