// SPDX-License-Identifier: Apache-2.0
#include "platform/crypto/certificate.h"

#include <ctime>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace nephele::crypto {
namespace {
template <class T, void (*Free)(T*)> struct Freed {
    void operator()(T* it) const { Free(it); }
};
using Context = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using X509Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;

const EVP_MD* function_of(Digest algorithm) {
    switch (algorithm) {
    case Digest::md5:
        return EVP_md5();
    case Digest::sha1:
        return EVP_sha1();
    case Digest::sha224:
        return EVP_sha224();
    case Digest::sha256:
        return EVP_sha256();
    case Digest::sha384:
        return EVP_sha384();
    case Digest::sha512:
        return EVP_sha512();
    }
    return nullptr;
}

std::int64_t seconds_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (!time || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
    return static_cast<std::int64_t>(::timegm(&parts));
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
} // namespace

std::optional<Certificate> Certificate::from_pem(std::string_view pem) {
    std::unique_ptr<BIO, int (*)(BIO*)> source(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
    // Without a password nobody is asked for one.
    auto no_password = [](char*, int, int, void*) { return 0; };
    X509Certificate certificate(
        source ? PEM_read_bio_X509(source.get(), nullptr, no_password, nullptr) : nullptr);
    EVP_PKEY* key = certificate ? X509_get_pubkey(certificate.get()) : nullptr;
    ERR_clear_error();
    if (!key) return std::nullopt;
    Certificate out;
    out.key_ =
        std::shared_ptr<void>(key, [](void* k) { EVP_PKEY_free(static_cast<EVP_PKEY*>(k)); });
    out.valid_from_ = seconds_of(X509_get0_notBefore(certificate.get()));
    out.valid_until_ = seconds_of(X509_get0_notAfter(certificate.get()));
    const char* kind = EVP_PKEY_get0_type_name(key);
    out.key_kind_ = kind ? kind : "";
    out.key_bits_ = EVP_PKEY_get_bits(key);
    char curve[64] = {};
    std::size_t length = 0;
    if (out.key_kind_ == "EC" && EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME,
                                                                curve, sizeof curve, &length) == 1)
        out.curve_ = curve;
    ERR_clear_error();
    return out;
}

bool Certificate::verify(Scheme scheme, Digest algorithm, std::string_view digest_bytes,
                         std::string_view signature) const {
    auto* key = static_cast<EVP_PKEY*>(key_.get());
    if (key_kind_ != (scheme == Scheme::ecdsa ? "EC" : "RSA")) return false;
    Context context(EVP_PKEY_CTX_new(key, nullptr));
    bool good = context && EVP_PKEY_verify_init(context.get()) == 1;
    if (good && scheme == Scheme::rsa_pss)
        good = EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_AUTO) == 1;
    good = good && EVP_PKEY_CTX_set_signature_md(context.get(), function_of(algorithm)) == 1 &&
           EVP_PKEY_verify(context.get(), bytes_of(signature), signature.size(),
                           bytes_of(digest_bytes), digest_bytes.size()) == 1;
    ERR_clear_error();
    return good;
}

} // namespace nephele::crypto
