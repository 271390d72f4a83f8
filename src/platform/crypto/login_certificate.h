// SPDX-License-Identifier: Apache-2.0
// X.509 certificates that users bring or are given for logins (Windows guests).
#pragma once
#include "base/secret.h"

#include <optional>
#include <string>
#include <string_view>

namespace nephele::crypto {

/// "c5:7e:...", SHA-1 over the certificate, as nova shows it; nothing when the PEM text is not
/// exactly one certificate.
std::optional<std::string> certificate_fingerprint(std::string_view pem);

struct LoginCertificate {
    std::string pem;
    Secret<std::string> private_pem; ///< PKCS#8
};
/// Self-signed, RSA of 2048 bits, ten years, for client logins as this user.
LoginCertificate make_login_certificate(std::string_view user);

} // namespace nephele::crypto
