// SPDX-License-Identifier: Apache-2.0
// Signed images: what the properties img_signature* of an image ask for, and whether a certificate
// may answer. Pure.
#pragma once
#include "platform/crypto/certificate.h"
#include "platform/json/json.h"

#include <optional>
#include <string>

namespace nephele::glance::logic {

struct WantedSignature {
    std::string signature; ///< decoded
    crypto::Digest digest = crypto::Digest::sha256;
    crypto::Certificate::Scheme scheme = crypto::Certificate::Scheme::rsa_pss;
    std::string curve; ///< OpenSSL's name; of ECC keys
    std::string certificate_id;
};

/// Nothing when no such property is there. Throws Failure(bad_request) when some are missing or one
/// is not valid.
std::optional<WantedSignature> wanted_signature(const Json& properties);

/// Throws Failure(bad_request) unless the certificate is valid at this time (seconds since 1970)
/// and has such a key.
void check_certificate(const WantedSignature& wanted, const crypto::Certificate& certificate,
                       std::int64_t now_seconds);

} // namespace nephele::glance::logic
