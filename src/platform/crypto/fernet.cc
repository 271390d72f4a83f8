// SPDX-License-Identifier: Apache-2.0
#include "platform/crypto/fernet.h"

#include "base/check.h"
#include "base/strings.h"
#include "platform/crypto/crypto.h"

#include <stdexcept>

namespace nephele::crypto {
namespace {
constexpr char version = '\x80';
constexpr std::size_t head_size = 1 + 8 + 16, mac_size = 32;
} // namespace

Fernet::Fernet(const std::vector<std::string>& keys) {
    for (const auto& text : keys) {
        const auto raw = base64url_decode(text);
        if (!raw || raw->size() != 32)
            throw std::invalid_argument("a Fernet key is 32 bytes in URL-safe base64");
        keys_.push_back({raw->substr(0, 16), raw->substr(16)});
    }
    if (keys_.empty()) throw std::invalid_argument("no Fernet key");
}

std::string Fernet::encode(std::string_view data, Time now, bool padding) const {
    return encode_with(data, now, random_bytes(16), padding);
}

std::string Fernet::encode_with(std::string_view data, Time now, std::string_view vector,
                                bool padding) const {
    NEPHELE_CHECK(vector.size() == 16);
    const auto seconds = static_cast<std::uint64_t>(now.seconds());
    std::string token(1, version);
    for (int shift = 56; shift >= 0; shift -= 8)
        token += static_cast<char>((seconds >> shift) & 0xff);
    token += vector;
    token += aes_128_cbc_encrypt(keys_[0].encryption, vector, data);
    token += hmac_sha256(keys_[0].signing, token);
    return base64url_encode(token, padding);
}

std::optional<FernetPayload> Fernet::decode(std::string_view token) const {
    const auto raw = base64url_decode(token);
    if (!raw || raw->size() < head_size + 16 + mac_size || (*raw)[0] != version)
        return std::nullopt;
    const std::string_view all(*raw);
    const std::string_view signed_part = all.substr(0, all.size() - mac_size);
    const std::string_view mac = all.substr(all.size() - mac_size);
    for (const Key& key : keys_) {
        if (!equal_constant_time(hmac_sha256(key.signing, signed_part), mac)) continue;
        auto data =
            aes_128_cbc_decrypt(key.encryption, all.substr(9, 16), signed_part.substr(head_size));
        if (!data) return std::nullopt;
        std::uint64_t seconds = 0;
        for (int i = 1; i <= 8; ++i) seconds = seconds << 8 | static_cast<unsigned char>(all[i]);
        if (seconds > 1ULL << 40) return std::nullopt;
        return FernetPayload{std::move(*data), Time{}.plus_seconds(std::int64_t(seconds))};
    }
    return std::nullopt;
}

bool Fernet::by_primary(std::string_view token) const {
    const auto raw = base64url_decode(token);
    if (!raw || raw->size() < head_size + 16 + mac_size) return false;
    const std::string_view all(*raw);
    return equal_constant_time(hmac_sha256(keys_[0].signing, all.substr(0, all.size() - mac_size)),
                               all.substr(all.size() - mac_size));
}

std::optional<FernetPayload> Fernet::decode(std::string_view token, std::int64_t ttl_seconds,
                                            Time now) const {
    constexpr std::int64_t clock_skew_seconds = 60;
    auto payload = decode(token);
    if (!payload) return std::nullopt;
    if (payload->created.plus_seconds(ttl_seconds) < now ||
        payload->created > now.plus_seconds(clock_skew_seconds))
        return std::nullopt;
    return payload;
}

std::string Fernet::new_key(IdSource& ids) { return base64url_encode(ids.random_bytes(32)); }

} // namespace nephele::crypto
