// SPDX-License-Identifier: Apache-2.0
#include "services/nova/logic/naming.h"

#include "base/strings.h"

#include <arpa/inet.h>

namespace nephele::nova::logic {
namespace {
bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
} // namespace

std::string name_of_one(const std::string& name, std::int64_t index, std::int64_t count) {
    return count > 1 ? name + "-" + std::to_string(index + 1) : name;
}

std::string usual_ipv6(const std::string& address) {
    in6_addr parsed{};
    char text[INET6_ADDRSTRLEN];
    if (inet_pton(AF_INET6, address.c_str(), &parsed) != 1) return address;
    return inet_ntop(AF_INET6, &parsed, text, sizeof text);
}

std::string hostname_from(std::string_view name, std::string_view id) {
    std::string out;
    for (char c : name) {
        if (is_letter_or_digit(c) || c == '-')
            out += c;
        else if (c == ' ' || c == '_' || c == '.')
            out += '-';
    }
    out = lower(out).substr(0, 63);
    while (!out.empty() && out.front() == '-') out.erase(0, 1);
    while (!out.empty() && out.back() == '-') out.pop_back();
    return out.empty() ? "server-" + std::string(id) : out;
}

bool is_hostname_allowed(std::string_view hostname, bool full) {
    if (hostname.empty() || hostname.size() > (full ? 255u : 63u)) return false;
    auto labels = split(hostname, '.');
    if (labels.size() > 1 && !full) return false;
    for (auto& label : labels) {
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
            return false;
        for (char c : label)
            if (!is_letter_or_digit(c) && c != '-') return false;
    }
    return true;
}

std::string instance_name(std::string_view id) {
    std::string digits;
    for (char c : id)
        if (c != '-' && digits.size() < 12) digits += c;
    return "instance-" + digits;
}

} // namespace nephele::nova::logic
