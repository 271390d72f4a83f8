// SPDX-License-Identifier: Apache-2.0
#include "services/glance/logic/signature.h"

#include "base/ids.h"
#include "base/strings.h"
#include "platform/fault/fault.h"

namespace nephele::glance::logic {
namespace {
using Scheme = crypto::Certificate::Scheme;
constexpr const char* names[] = {"img_signature", "img_signature_hash_method",
                                 "img_signature_key_type", "img_signature_certificate_uuid"};
constexpr int rsa_bits_least = 2048;

struct Method {
    const char* name;
    crypto::Digest digest;
};
const Method methods[] = {{"SHA-224", crypto::Digest::sha224},
                          {"SHA-256", crypto::Digest::sha256},
                          {"SHA-384", crypto::Digest::sha384},
                          {"SHA-512", crypto::Digest::sha512}};
struct KeyType {
    const char* name;
    Scheme scheme;
    const char* curve;
};
const KeyType key_types[] = {{"RSA-PSS", Scheme::rsa_pss, ""},
                             {"ECC_SECP384R1", Scheme::ecdsa, "secp384r1"},
                             {"ECC_SECP521R1", Scheme::ecdsa, "secp521r1"},
                             {"ECC_SECT409K1", Scheme::ecdsa, "sect409k1"},
                             {"ECC_SECT409R1", Scheme::ecdsa, "sect409r1"},
                             {"ECC_SECT571K1", Scheme::ecdsa, "sect571k1"},
                             {"ECC_SECT571R1", Scheme::ecdsa, "sect571r1"}};

Failure invalid(const std::string& why) {
    return bad_request("SignatureVerificationError",
                       format("Signature verification for the image failed: {}", why));
}
} // namespace

std::optional<WantedSignature> wanted_signature(const Json& properties) {
    std::vector<std::string> missing;
    for (auto name : names)
        if (!properties.has(name)) missing.emplace_back(name);
    if (missing.size() == std::size(names)) return std::nullopt;
    if (!missing.empty())
        throw invalid(format("the image lacks the properties {}. Set all four, or none.",
                             join(missing, ", ")));
    WantedSignature out;
    auto signature = base64_decode(properties.text("img_signature"));
    if (!signature || signature->empty()) throw invalid("img_signature is not base64.");
    out.signature = *signature;
    bool known = false;
    for (auto& method : methods)
        if (properties.text("img_signature_hash_method") == method.name) {
            out.digest = method.digest;
            known = true;
        }
    if (!known)
        throw invalid("img_signature_hash_method is none of SHA-224, SHA-256, SHA-384, SHA-512.");
    std::string type = properties.text("img_signature_key_type");
    known = false;
    for (auto& key_type : key_types)
        if (type == key_type.name) {
            out.scheme = key_type.scheme;
            out.curve = key_type.curve;
            known = true;
        }
    if (type == "DSA")
        throw invalid("DSA signatures are not accepted any more. Sign with RSA-PSS or an ECC key.");
    if (!known)
        throw invalid("img_signature_key_type is none of RSA-PSS, ECC_SECP384R1, ECC_SECP521R1, "
                      "ECC_SECT409K1, ECC_SECT409R1, ECC_SECT571K1, ECC_SECT571R1.");
    out.certificate_id = lower(properties.text("img_signature_certificate_uuid"));
    if (!is_uuid(out.certificate_id))
        throw invalid("img_signature_certificate_uuid is not a UUID.");
    return out;
}

void check_certificate(const WantedSignature& wanted, const crypto::Certificate& certificate,
                       std::int64_t now_seconds) {
    if (now_seconds < certificate.valid_from()) throw invalid("its certificate is not valid yet.");
    if (now_seconds > certificate.valid_until()) throw invalid("its certificate has expired.");
    bool elliptic = wanted.scheme == Scheme::ecdsa;
    if (certificate.key_kind() != (elliptic ? "EC" : "RSA") ||
        (elliptic && certificate.curve() != wanted.curve))
        throw invalid("the key of its certificate is not of img_signature_key_type.");
    if (!elliptic && certificate.key_bits() < rsa_bits_least)
        throw invalid(format("the key of its certificate has {} bits; at least {} are needed.",
                             certificate.key_bits(), rsa_bits_least));
}

} // namespace nephele::glance::logic
