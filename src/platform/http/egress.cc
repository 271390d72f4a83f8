// SPDX-License-Identifier: Apache-2.0
// Where requests may go. Addresses are judged as numbers, never as text: what the resolver or the
// kernel would make of a host is what counts, and spellings that only confuse readers are refused.
#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/http/http.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>

namespace nephele::http {
namespace {

/// An address as 16 bytes; IPv4 as its mapped form with `v4` set.
struct Address {
    std::array<unsigned char, 16> bytes{};
    bool v4 = false;
};

struct Network {
    Address address;
    int prefix = 0; ///< bits, counted in the 16-byte form

    bool contains(const Address& other) const {
        if (address.v4 != other.v4) return false;
        int whole = prefix / 8, rest = prefix % 8;
        if (std::memcmp(address.bytes.data(), other.bytes.data(), static_cast<std::size_t>(whole)))
            return false;
        if (rest == 0) return true;
        auto at = static_cast<std::size_t>(whole);
        int mask = 0xff & (0xff << (8 - rest));
        return (address.bytes[at] & mask) == (other.bytes[at] & mask);
    }
};

/// Strict: dotted quads without leading zeros, and IPv6 without a zone.
std::optional<Address> parse_address(std::string_view text) {
    std::string copy(text);
    Address address;
    in_addr v4{};
    if (inet_pton(AF_INET, copy.c_str(), &v4) == 1) {
        address.v4 = true;
        address.bytes[10] = address.bytes[11] = 0xff;
        std::memcpy(address.bytes.data() + 12, &v4, 4);
        return address;
    }
    if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
    return std::nullopt;
}

Network parse_network(std::string_view text) {
    auto slash = text.find('/');
    auto address = parse_address(text.substr(0, slash));
    if (!address) throw std::invalid_argument("not a network: " + std::string(text));
    std::int64_t width = address->v4 ? 32 : 128, prefix = width;
    if (slash != std::string_view::npos) {
        auto number = to_int(text.substr(slash + 1));
        if (!number || *number < 0 || *number > width)
            throw std::invalid_argument("not a network: " + std::string(text));
        prefix = *number;
    }
    return {*address, static_cast<int>(address->v4 ? 96 + prefix : prefix)};
}

struct Refused {
    const char* network;
    const char* why;
};

// IANA's special-purpose registries, and what clouds serve metadata on.
constexpr Refused refused_networks[] = {
    {"0.0.0.0/8", "this host"},
    {"10.0.0.0/8", "private"},
    {"100.64.0.0/10", "shared address space"},
    {"127.0.0.0/8", "loopback"},
    {"168.63.129.16/32", "metadata service"},
    {"169.254.0.0/16", "link-local or metadata service"},
    {"172.16.0.0/12", "private"},
    {"192.0.0.0/24", "special purpose"},
    {"192.0.2.0/24", "documentation"},
    {"192.88.99.0/24", "6to4 relay"},
    {"192.168.0.0/16", "private"},
    {"198.18.0.0/15", "benchmarking"},
    {"198.51.100.0/24", "documentation"},
    {"203.0.113.0/24", "documentation"},
    {"224.0.0.0/4", "multicast"},
    {"240.0.0.0/4", "reserved or broadcast"},
    {"::1/128", "loopback"},
    {"::/128", "this host"},
    {"::ffff:0:0/96", "IPv4-mapped"},
    {"::/96", "IPv4-compatible"},
    {"64:ff9b::/96", "IPv4-translated"},
    {"64:ff9b:1::/48", "IPv4-translated"},
    {"100::/64", "discard"},
    {"2001::/23", "special purpose"},
    {"2001:db8::/32", "documentation"},
    {"2002::/16", "6to4"},
    {"3fff::/20", "documentation"},
    {"fc00::/7", "private"},
    {"fe80::/10", "link-local"},
    {"fec0::/10", "site-local"},
    {"ff00::/8", "multicast"},
};

struct Rule {
    Network network;
    const char* why;
};

const std::vector<Rule>& refusals() {
    static const std::vector<Rule> rules = [] {
        std::vector<Rule> out;
        for (const auto& refused : refused_networks)
            out.push_back({parse_network(refused.network), refused.why});
        return out;
    }();
    return rules;
}

[[noreturn]] void deny(std::string_view where, std::string_view why) {
    throw forbidden("EgressDenied", format("requests to {} are not allowed: {}", where, why));
}

// What inet_aton and browsers take for an IPv4 address: "127.1", "0x7f000001", "2130706433",
// "0177.1".
bool is_numeric_host(std::string_view host) {
    while (!host.empty() && host.back() == '.') host.remove_suffix(1);
    auto dot = host.rfind('.');
    auto last = dot == std::string_view::npos ? host : host.substr(dot + 1);
    if (last.empty()) return false;
    if (last.size() >= 2 && last[0] == '0' && (last[1] == 'x' || last[1] == 'X'))
        return last.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
    return last.find_first_not_of("0123456789") == std::string_view::npos;
}

bool has_suffix(std::string_view host, std::string_view suffix) {
    if (iequals(host, suffix)) return true;
    return host.size() > suffix.size() && host[host.size() - suffix.size() - 1] == '.' &&
           iequals(host.substr(host.size() - suffix.size()), suffix);
}

class AnyEgress final : public Egress {
  public:
    void check_url(std::string_view, std::string_view, std::uint16_t) override {}
    void check_address(std::string_view) override {}
};

class TenantEgress final : public Egress {
  public:
    explicit TenantEgress(const std::vector<std::string>& allowed) {
        for (const auto& cidr : allowed) allowed_.push_back(parse_network(cidr));
    }

    void check_url(std::string_view scheme, std::string_view host, std::uint16_t port) override {
        if (!iequals(scheme, "http") && !iequals(scheme, "https"))
            deny(host, format("scheme \"{}\" (only http and https)", scheme));
        if (port == 0) deny(host, "port 0");
        if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
            host = host.substr(1, host.size() - 2);
        if (host.empty() || host.size() > 253) deny(host, "no valid host name");
        for (char c : host)
            if (static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 127 ||
                std::strchr("%/\\@#?[]<>\"'`{}|^", c))
                deny(host, "unusual character in the host name");
        if (parse_address(host)) return check_address(host);
        if (host.find(':') != std::string_view::npos) deny(host, "no valid address");
        if (is_numeric_host(host)) deny(host, "unusual spelling of an address");
        check_name(host);
    }

    void check_address(std::string_view ip) override {
        auto address = parse_address(ip);
        if (!address) deny(ip, "no valid address");
        for (const auto& network : allowed_)
            if (network.contains(*address)) return;
        for (const auto& rule : refusals())
            if (rule.network.contains(*address)) deny(ip, rule.why);
        // Outside of 2000::/3 nothing is assigned for the public Internet.
        if (!address->v4 && (address->bytes[0] & 0xe0) != 0x20) deny(ip, "not a public address");
    }

  private:
    // The resolver decides in the end; these names mean the machine itself whatever it says.
    void check_name(std::string_view host) {
        auto name = host.back() == '.' ? host.substr(0, host.size() - 1) : host;
        bool local_listed = false;
        for (const auto& network : allowed_)
            local_listed = local_listed || network.contains(*parse_address("127.0.0.1"));
        if (has_suffix(name, "localhost") && !local_listed) deny(host, "loopback");
        if (iequals(name, "metadata.google.internal") || iequals(name, "metadata"))
            deny(host, "metadata service");
    }

    std::vector<Network> allowed_;
};

} // namespace

Egress& any_egress() {
    static AnyEgress egress;
    return egress;
}

std::unique_ptr<Egress> tenant_egress(std::vector<std::string> allowed_cidrs) {
    return std::make_unique<TenantEgress>(allowed_cidrs);
}

} // namespace nephele::http
