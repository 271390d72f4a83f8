// SPDX-License-Identifier: Apache-2.0
// X.509 certificates as keys that verify signatures over digests.
#pragma once
#include "platform/crypto/crypto.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nephele::crypto {

class Certificate {
  public:
    /// The first certificate in PEM; nothing when there is none.
    static std::optional<Certificate> from_pem(std::string_view pem);

    /// Its validity, in seconds since 1970.
    std::int64_t valid_from() const { return valid_from_; }
    std::int64_t valid_until() const { return valid_until_; }
    /// "RSA", "DSA", "EC", or what OpenSSL calls others.
    const std::string& key_kind() const { return key_kind_; }
    /// OpenSSL's name of an EC key's curve ("secp384r1"); empty for others.
    const std::string& curve() const { return curve_; }
    int key_bits() const { return key_bits_; }

    enum class Scheme { rsa_pss, ecdsa };
    /// `digest_bytes`: the digest of what was signed, not hexadecimal. False also when key and
    /// scheme do not fit. PSS: with a salt of any length.
    bool verify(Scheme scheme, Digest algorithm, std::string_view digest_bytes,
                std::string_view signature) const;

  private:
    Certificate() = default;
    std::shared_ptr<void> key_; ///< EVP_PKEY
    std::int64_t valid_from_ = 0, valid_until_ = 0;
    std::string key_kind_, curve_;
    int key_bits_ = 0;
};

} // namespace nephele::crypto
