// SPDX-License-Identifier: Apache-2.0
// Fernet tokens: version 0x80, time in seconds, vector, AES-128-CBC ciphertext, HMAC-SHA-256, all
// in URL-safe base64. A key is 16 bytes for signing, then 16 for encryption.
#pragma once
#include "base/ids.h"
#include "base/time.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::crypto {

struct FernetPayload {
    std::string data;
    Time created; ///< whole seconds
};

class Fernet {
  public:
    /// Keys as URL-safe base64 (44 characters); the first encodes, all decode. Throws
    /// std::invalid_argument when there is none or one is malformed.
    explicit Fernet(const std::vector<std::string>& keys);

    /// `padding` false leaves the '=' off, as keystone does.
    std::string encode(std::string_view data, Time now, bool padding = false) const;
    /// With a given vector of 16 bytes, for tests.
    std::string encode_with(std::string_view data, Time now, std::string_view vector,
                            bool padding) const;
    /// With or without padding. Nothing when no key made it or it was altered.
    std::optional<FernetPayload> decode(std::string_view token) const;
    /// Also nothing when older than `ttl_seconds` or from over a minute in the future.
    std::optional<FernetPayload> decode(std::string_view token, std::int64_t ttl_seconds,
                                        Time now) const;

    /// True when the first key made it: nothing to encode again.
    bool by_primary(std::string_view token) const;

    static std::string new_key(IdSource& ids);

  private:
    struct Key {
        std::string signing, encryption;
    };
    std::vector<Key> keys_;
};

} // namespace nephele::crypto
