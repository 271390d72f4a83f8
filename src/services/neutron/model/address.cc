// SPDX-License-Identifier: Apache-2.0
// Arithmetic of addresses, ranges, CIDRs and MAC addresses.
#include "services/neutron/model/address.h"

#include "base/strings.h"

#include <algorithm>
#include <arpa/inet.h>

namespace nephele::neutron {
namespace {
constexpr Bits all_ones = ~Bits{0};

Bits mask_of(int version, int length) {
    int width = version == 4 ? 32 : 128;
    Bits full = version == 4 ? Bits{0xffffffff} : all_ones;
    if (length == 0) return 0;
    return (full << (width - length)) & full;
}
} // namespace

std::string Address::text() const {
    char out[INET6_ADDRSTRLEN] = {};
    if (version == 4) {
        in_addr raw{htonl(static_cast<std::uint32_t>(bits))};
        inet_ntop(AF_INET, &raw, out, sizeof out);
    } else {
        in6_addr raw{};
        for (int i = 0; i < 16; ++i)
            raw.s6_addr[i] = static_cast<std::uint8_t>(bits >> (8 * (15 - i)));
        inet_ntop(AF_INET6, &raw, out, sizeof out);
    }
    return out;
}

std::string Address::sortable() const {
    std::string out(32, '0');
    for (int i = 0; i < 32; ++i)
        out[static_cast<std::size_t>(i)] =
            "0123456789abcdef"[static_cast<unsigned>(bits >> (4 * (31 - i))) & 15];
    return out;
}

Address Address::from_sortable(int version, std::string_view text) {
    Address out{version, 0};
    for (char c : text)
        out.bits = (out.bits << 4) | static_cast<Bits>(c <= '9' ? c - '0' : c - 'a' + 10);
    return out;
}

std::optional<Address> parse_address(std::string_view text) {
    if (text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
    std::string copy(text);
    in_addr four{};
    if (inet_pton(AF_INET, copy.c_str(), &four) == 1) return Address{4, ntohl(four.s_addr)};
    in6_addr six{};
    if (inet_pton(AF_INET6, copy.c_str(), &six) != 1) return std::nullopt;
    Address out{6, 0};
    for (auto byte : six.s6_addr) out.bits = (out.bits << 8) | byte;
    return out;
}

std::string Cidr::text() const { return network.text() + "/" + std::to_string(length); }

Range Cidr::range() const {
    Bits full = network.version == 4 ? Bits{0xffffffff} : all_ones;
    Bits hosts = full & ~mask_of(network.version, length);
    return {network, {network.version, network.bits | hosts}};
}

std::string Cidr::netmask() const { return Address{4, mask_of(4, length)}.text(); }

std::optional<Cidr> parse_cidr(std::string_view text) {
    auto slash = text.find('/');
    auto address = parse_address(text.substr(0, slash));
    if (!address) return std::nullopt;
    int width = address->version == 4 ? 32 : 128;
    int length = width;
    if (slash != std::string_view::npos) {
        auto given = to_int(text.substr(slash + 1));
        if (!given || *given < 0 || *given > width) return std::nullopt;
        length = static_cast<int>(*given);
    }
    address->bits &= mask_of(address->version, length);
    return Cidr{*address, length};
}

bool is_exact_cidr(std::string_view text) {
    auto cidr = parse_cidr(text);
    auto address = parse_address(text.substr(0, text.find('/')));
    return cidr && address && cidr->network == *address;
}

std::string decimal(Bits value) {
    if (value == 0) return "0";
    std::string out;
    for (; value != 0; value /= 10) out += static_cast<char>('0' + static_cast<int>(value % 10));
    std::reverse(out.begin(), out.end());
    return out;
}

std::optional<Address> slaac_address(const Cidr& prefix, std::string_view mac) {
    if (prefix.network.version != 6 || prefix.length != 64) return std::nullopt;
    auto bytes = hex_decode(replace_all(std::string(mac), ":", ""));
    if (!bytes || bytes->size() != 6) return std::nullopt;
    const unsigned char id[8] = {static_cast<unsigned char>((*bytes)[0] ^ 2),
                                 static_cast<unsigned char>((*bytes)[1]),
                                 static_cast<unsigned char>((*bytes)[2]),
                                 0xff,
                                 0xfe,
                                 static_cast<unsigned char>((*bytes)[3]),
                                 static_cast<unsigned char>((*bytes)[4]),
                                 static_cast<unsigned char>((*bytes)[5])};
    Bits low = 0;
    for (auto byte : id) low = (low << 8) | byte;
    return Address{6, prefix.network.bits | low};
}

std::string mac_from(std::string_view base, std::string_view random) {
    std::string out(base.substr(0, 8));
    for (char byte : random.substr(0, 3)) {
        out += ':';
        out += hex_encode(std::string_view(&byte, 1));
    }
    return out;
}

std::string normal_mac(std::string_view text) { return replace_all(lower(text), "-", ":"); }

} // namespace nephele::neutron
