// SPDX-License-Identifier: Apache-2.0
// Arithmetic of IPv4 and IPv6 addresses, ranges and CIDRs, and MAC addresses. Pure.
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::neutron {

__extension__ using Bits = unsigned __int128;

struct Address {
    int version = 4; ///< 4 or 6
    Bits bits = 0;
    auto operator<=>(const Address&) const = default;
    std::string text() const;
    /// 32 hex digits: sorts as text in the order of addresses of one family.
    std::string sortable() const;
    static Address from_sortable(int version, std::string_view text);
    Address plus(std::int64_t n) const { return {version, bits + static_cast<Bits>(n)}; }
};
std::optional<Address> parse_address(std::string_view text);

/// From `first` to `last`, both included.
struct Range {
    Address first, last;
    bool holds(const Address& a) const {
        return a.version == first.version && a.bits >= first.bits && a.bits <= last.bits;
    }
    bool overlaps(const Range& other) const {
        return first.version == other.first.version && first.bits <= other.last.bits &&
               other.first.bits <= last.bits;
    }
    Bits size() const { return last.bits - first.bits + 1; }
};

struct Cidr {
    Address network; ///< host bits are zero
    int length = 0;
    std::string text() const;
    int width() const { return network.version == 4 ? 32 : 128; }
    Range range() const;
    bool holds(const Address& a) const { return range().holds(a); }
    bool overlaps(const Cidr& other) const { return range().overlaps(other.range()); }
    std::string netmask() const; ///< IPv4 only
    bool operator==(const Cidr&) const = default;
};
/// Host bits are cut off; an address alone is a CIDR of one.
std::optional<Cidr> parse_cidr(std::string_view text);
/// False when the text has host bits: "10.0.0.5/24".
bool is_exact_cidr(std::string_view text);

/// A decimal text of any size (address counts go beyond 64 bits).
std::string decimal(Bits value);

/// The modified EUI-64 address of a MAC in a /64.
std::optional<Address> slaac_address(const Cidr& prefix, std::string_view mac);
/// "fa:16:3e:xx:xx:xx" from three random bytes.
std::string mac_from(std::string_view base, std::string_view random);
/// Lower case, colons.
std::string normal_mac(std::string_view text);

} // namespace nephele::neutron
