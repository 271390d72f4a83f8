// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/totp.h"

#include "platform/crypto/crypto.h"

namespace nephele::keystone::logic {
namespace {
constexpr std::int64_t step_seconds = 30;
constexpr int digits = 6;
constexpr std::uint32_t modulus = 1'000'000;
} // namespace

std::optional<std::string> base32_decode(std::string_view text) {
    while (!text.empty() && text.back() == '=') text.remove_suffix(1);
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (char c : text) {
        int value = -1;
        if (c >= 'A' && c <= 'Z') value = c - 'A';
        if (c >= 'a' && c <= 'z') value = c - 'a';
        if (c >= '2' && c <= '7') value = c - '2' + 26;
        if (value < 0) return std::nullopt;
        bits = (bits << 5) | static_cast<std::uint32_t>(value);
        held += 5;
        if (held < 8) continue;
        held -= 8;
        out += static_cast<char>((bits >> held) & 0xff);
    }
    return out;
}

std::int64_t totp_step(Time now) { return now.seconds() / step_seconds; }

std::string totp_passcode(std::string_view key, std::int64_t step) {
    std::string counter(8, '\0');
    for (int i = 0; i < 8; ++i)
        counter[static_cast<std::size_t>(i)] =
            static_cast<char>((static_cast<std::uint64_t>(step) >> (56 - 8 * i)) & 0xff);
    const std::string mac = crypto::hmac(crypto::Digest::sha1, key, counter);
    const auto byte = [&](std::size_t at) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(mac[at]));
    };
    const std::size_t at = byte(19) & 0xf;
    const std::uint32_t number =
        ((byte(at) & 0x7f) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3)) % modulus;
    std::string text = std::to_string(number);
    return std::string(static_cast<std::size_t>(digits) - text.size(), '0') + text;
}

std::optional<std::int64_t> matching_step(std::string_view seed, std::string_view passcode,
                                          Time now, int earlier_steps, std::int64_t used_until) {
    const auto key = base32_decode(seed);
    if (!key || key->empty()) return std::nullopt;
    std::optional<std::int64_t> found;
    for (int back = 0; back <= earlier_steps; ++back) {
        const std::int64_t step = totp_step(now) - back;
        const bool same = crypto::equal_constant_time(totp_passcode(*key, step), passcode);
        if (same && step > used_until && !found) found = step;
    }
    return found;
}

} // namespace nephele::keystone::logic
