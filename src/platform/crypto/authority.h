// SPDX-License-Identifier: Apache-2.0
// A small certificate authority for links between our own processes: elliptic curve keys (P-256),
// certificates for servers (with names) or for clients, no intermediate authorities.
#pragma once
#include "base/secret.h"
#include "base/time.h"

#include <string>
#include <string_view>
#include <vector>

namespace nephele::crypto {

struct IssuedCertificate {
    std::string pem;
    /// SHA-256 of the certificate in base64url without padding, as http::RequestHead shows it.
    std::string thumbprint;
};

struct PrivateKeyPair {
    std::string public_pem;
    Secret<std::string> private_pem; ///< PKCS#8
};
PrivateKeyPair make_certificate_key();

enum class CertificateUse { server, client };

struct CertificateOrder {
    std::string name; ///< common name
    /// Host names and addresses that a server answers to.
    std::vector<std::string> answers_to;
    CertificateUse use = CertificateUse::client;
    Time from, until;
};

class Authority {
  public:
    /// A new authority of this name. Its certificate holds for 30 years.
    static Authority make(std::string_view name, Time now);
    /// Throws std::invalid_argument when the texts are not a certificate and its key.
    static Authority load(std::string_view certificate_pem, std::string_view key_pem);

    const std::string& certificate_pem() const { return certificate_; }
    const Secret<std::string>& key_pem() const { return key_; }
    /// A certificate for whoever holds the key. Throws std::invalid_argument when `public_pem` is
    /// not a P-256 key or a name cannot stand in a certificate.
    IssuedCertificate issue(std::string_view public_pem, const CertificateOrder& order) const;

  private:
    Authority(std::string certificate, Secret<std::string> key)
        : certificate_(std::move(certificate)), key_(std::move(key)) {}
    std::string certificate_;
    Secret<std::string> key_;
};

} // namespace nephele::crypto
