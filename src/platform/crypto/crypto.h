// SPDX-License-Identifier: Apache-2.0
// Digests, MACs and ciphers. OpenSSL stays inside the .cc files of this folder; algorithms are
// fetched once and kept, since a fetch costs more than a short digest.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nephele::crypto {

enum class Digest { md5, sha1, sha224, sha256, sha384, sha512 };

/// Raw bytes; hex_encode makes the usual text.
std::string digest(Digest algorithm, std::string_view data);
inline std::string sha256(std::string_view data) { return digest(Digest::sha256, data); }
inline std::string sha512(std::string_view data) { return digest(Digest::sha512, data); }
inline std::string md5(std::string_view data) { return digest(Digest::md5, data); }

/// A digest of data that comes in pieces.
class Hasher {
  public:
    explicit Hasher(Digest algorithm);
    ~Hasher();
    Hasher(Hasher&&) noexcept;
    Hasher& operator=(Hasher&&) noexcept;
    void update(std::string_view piece);
    /// The digest of everything so far; the hasher may go on.
    std::string current() const;
    std::string hex() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

std::string hmac(Digest algorithm, std::string_view key, std::string_view data);
inline std::string hmac_sha256(std::string_view key, std::string_view data) {
    return hmac(Digest::sha256, key, data);
}

/// AES-128 in CBC mode with PKCS#7 padding. Key and vector are 16 bytes each.
std::string aes_128_cbc_encrypt(std::string_view key, std::string_view vector,
                                std::string_view plain);
/// Nothing when the length or the padding is wrong. Authenticate before calling.
std::optional<std::string> aes_128_cbc_decrypt(std::string_view key, std::string_view vector,
                                               std::string_view encrypted);

/// AES-256-GCM: vector (12 random bytes), ciphertext and tag in one text; `context` is
/// authenticated with it and must be given again.
std::string seal(std::string_view key_32, std::string_view plain, std::string_view context = "");
/// Nothing when key, text or context is not what was sealed.
std::optional<std::string> open_sealed(std::string_view key_32, std::string_view sealed,
                                       std::string_view context = "");

/// Takes the same time wherever the texts differ; their lengths are no secret.
bool equal_constant_time(std::string_view a, std::string_view b);
/// Unpredictable bytes from OpenSSL's generator.
std::string random_bytes(std::size_t count);

} // namespace nephele::crypto
