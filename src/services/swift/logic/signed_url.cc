// SPDX-License-Identifier: Apache-2.0
#include "services/swift/logic/signed_url.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/swift/logic/names.h"

#include <arpa/inet.h>
#include <array>
#include <cstring>

namespace nephele::swift::logic {
namespace {

struct Algorithm {
    const char* name;
    crypto::Digest digest;
    std::size_t bytes;
};
constexpr std::array<Algorithm, 3> algorithms{{{"sha1", crypto::Digest::sha1, 20},
                                               {"sha256", crypto::Digest::sha256, 32},
                                               {"sha512", crypto::Digest::sha512, 64}}};

struct Address {
    std::array<unsigned char, 16> bytes{};
    int bits = 0; ///< 32 or 128
};

std::optional<Address> parse_address(std::string_view text) {
    Address out;
    std::string copy(text);
    if (::inet_pton(AF_INET, copy.c_str(), out.bytes.data()) == 1)
        out.bits = 32;
    else if (::inet_pton(AF_INET6, copy.c_str(), out.bytes.data()) == 1)
        out.bits = 128;
    else
        return std::nullopt;
    return out;
}

} // namespace

std::optional<Signature> parse_signature(std::string_view text) {
    auto colon = text.find(':');
    if (colon != std::string_view::npos) {
        std::string name(text.substr(0, colon)), encoded(text.substr(colon + 1));
        for (char& c : encoded) c = c == '-' ? '+' : c == '_' ? '/' : c;
        while (encoded.size() % 4) encoded += '=';
        auto raw = base64_decode(encoded);
        for (auto& each : algorithms)
            if (raw && name == each.name && raw->size() == each.bytes)
                return Signature{name, hex_encode(*raw)};
        return std::nullopt;
    }
    for (auto& each : algorithms)
        if (text.size() == each.bytes * 2 && hex_decode(text))
            return Signature{each.name, lower(text)};
    return std::nullopt;
}

std::string sign(const std::string& algorithm, std::string_view key, std::string_view text) {
    for (auto& each : algorithms)
        if (algorithm == each.name) return hex_encode(crypto::hmac(each.digest, key, text));
    return "";
}

std::optional<std::int64_t> expires_at(std::string_view text, Time now) {
    auto seconds = to_int(text);
    if (!seconds && text.find('T') != std::string_view::npos)
        if (auto time = parse_time(text)) seconds = time->seconds();
    if (!seconds || *seconds < now.seconds()) return std::nullopt;
    return seconds;
}

std::string text_to_sign(std::string_view method, std::string_view path, bool prefix,
                         std::int64_t expires, const std::optional<std::string>& addresses) {
    std::string out;
    if (addresses) out += "ip=" + *addresses + "\n";
    out.append(method).append("\n").append(std::to_string(expires)).append("\n");
    if (prefix) out += "prefix:";
    return out.append(path);
}

bool address_within(std::string_view address, std::string_view range) {
    auto slash = range.find('/');
    auto inside = parse_address(address), network = parse_address(range.substr(0, slash));
    if (!inside || !network || inside->bits != network->bits) return false;
    std::int64_t bits = network->bits;
    if (slash != std::string_view::npos) {
        auto given = to_int(range.substr(slash + 1));
        if (!given || *given < 0 || *given > bits) return false;
        bits = *given;
    }
    for (std::int64_t i = 0; i < network->bits; ++i) {
        auto at = static_cast<std::size_t>(i / 8);
        auto mask = static_cast<unsigned char>(0x80 >> (i % 8));
        bool same = (inside->bytes[at] & mask) == (network->bytes[at] & mask);
        // A network with bits below its mask is none.
        if (i < bits ? !same : slash != std::string_view::npos && (network->bytes[at] & mask) != 0)
            return false;
    }
    return true;
}

std::string disposition(std::string_view kind, std::string_view file_name) {
    std::string plain = replace_all(std::string(file_name), "\"", "%22");
    for (auto* bad : {"\r", "\n"}) plain = replace_all(plain, bad, " ");
    return format("{}; filename=\"{}\"; filename*=UTF-8''{}", kind, plain, quote_path(file_name));
}

} // namespace nephele::swift::logic
