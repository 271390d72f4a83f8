// SPDX-License-Identifier: Apache-2.0
// Signed JSON web tokens (JWS in compact form) and the keys that sign them (JWK, PEM). Only
// asymmetric algorithms: a secret shared with whoever verifies proves nothing about who signed.
#pragma once
#include "platform/json/json.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::crypto::jose {

enum class Algorithm { rs256, rs384, rs512, ps256, ps384, ps512, es256, es384, es512, eddsa };
/// "RS256" and so on; nothing for "none", HMACs and what we do not know.
std::optional<Algorithm> algorithm_named(std::string_view name);
const char* name_of(Algorithm algorithm);

/// A public key, or a private one, which can verify as well. Copies share the key.
class Key {
  public:
    /// Nothing when it is no signing key of a form we know, or too weak (RSA below 2048 bits).
    static std::optional<Key> from_jwk(const Json& jwk);
    /// A public or private key, or a certificate, in PEM.
    static std::optional<Key> from_pem(std::string_view pem);
    /// A new private key for the algorithm; RSA keys have 2048 bits.
    static Key generate(Algorithm algorithm);

    const std::string& id() const { return id_; } ///< "kid"; empty when unnamed
    void set_id(std::string id) { id_ = std::move(id); }
    /// Fits the kind of key, and the one its JWK names if it does.
    bool fits(Algorithm algorithm) const;
    bool is_private() const { return private_; }

    Json public_jwk() const;
    std::string public_pem() const;
    std::string private_pem() const;

    std::string sign(Algorithm algorithm, std::string_view data) const;
    bool verify(Algorithm algorithm, std::string_view data, std::string_view signature) const;

  private:
    Key() = default;
    std::shared_ptr<void> key_; ///< EVP_PKEY
    std::string id_;
    std::optional<Algorithm> only_;
    bool private_ = false;
};

/// The keys of a JWK set ("keys": [...]) that can verify signatures; others are left out.
std::vector<Key> keys_of(const Json& jwk_set);

/// "header.claims.signature" taken apart; nothing is verified yet.
struct Token {
    Json header;
    Json claims;
    std::string signed_part;
    std::string signature;

    /// Nothing unless it has three parts, and header and claims are JSON objects.
    static std::optional<Token> parse(std::string_view text);
    std::string key_id() const { return header.text("kid"); }
    /// By the key the header names, or any that fits when it names none; only with an algorithm of
    /// `allowed` (empty: all above).
    bool verified_by(const std::vector<Key>& keys,
                     const std::vector<Algorithm>& allowed = {}) const;
};

/// The compact form; `extra_header` adds to "alg", "kid" and "typ": "JWT".
std::string sign(const Key& key, Algorithm algorithm, const Json& claims,
                 const Json& extra_header = Json::object());

} // namespace nephele::crypto::jose
