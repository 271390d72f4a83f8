// SPDX-License-Identifier: Apache-2.0
// The rules a field may carry, and the text formats they check.
#include "base/ids.h"
#include "base/strings.h"
#include "platform/shape/shape.h"

#include <arpa/inet.h>

namespace nephele::shape {
namespace {
bool is_url(std::string_view text) {
    auto at = text.find("://");
    return at != std::string_view::npos && at > 0 && text.size() > at + 3 &&
           text.find_first_of(" \t\r\n<>\"") == std::string_view::npos;
}
} // namespace

const Rule required{[](FieldInfo& f) { f.required = true; }};
const Rule read_only{[](FieldInfo& f) { f.read_only = true; }};
const Rule create_only{[](FieldInfo& f) { f.create_only = true; }};
const Rule nullable{[](FieldInfo& f) { f.nullable = true; }};
const Rule hidden{[](FieldInfo& f) { f.hidden = true; }};
const Rule secret{[](FieldInfo& f) { f.secret = true; }};
const Rule brief{[](FieldInfo& f) { f.brief = true; }};
const Rule omit_null{[](FieldInfo& f) { f.omit_null = true; }};
const Rule shown_as_text{[](FieldInfo& f) { f.shown_as_text = true; }};
const Rule not_blank{[](FieldInfo& f) { f.not_blank = true; }};
const Rule not_stored{[](FieldInfo& f) { f.column.clear(); }};
const Rule not_filterable{[](FieldInfo& f) { f.filterable = false; }};
const Rule not_sortable{[](FieldInfo& f) { f.sortable = false; }};

Rule max_length(std::int64_t n) {
    return {[n](FieldInfo& f) { f.max_length = n; }};
}
Rule min_length(std::int64_t n) {
    return {[n](FieldInfo& f) { f.min_length = n; }};
}
Rule max_items(std::int64_t n) {
    return {[n](FieldInfo& f) { f.max_items = n; }};
}
Rule at_least(std::int64_t n) {
    return {[n](FieldInfo& f) { f.at_least = n; }};
}
Rule at_most(std::int64_t n) {
    return {[n](FieldInfo& f) { f.at_most = n; }};
}
Rule between(std::int64_t low, std::int64_t high) {
    return {[=](FieldInfo& f) { f.at_least = low, f.at_most = high; }};
}
Rule one_of(std::vector<std::string> texts) {
    return {[texts](FieldInfo& f) { f.one_of = texts; }};
}
Rule since(int major, int minor) {
    return {[=](FieldInfo& f) { f.since = Version{major, minor}; }};
}
Rule until(int major, int minor) {
    return {[=](FieldInfo& f) { f.until = Version{major, minor}; }};
}
Rule column(std::string name) {
    return {[name](FieldInfo& f) { f.column = name; }};
}
Rule shown_if(std::string rule) {
    return {[rule](FieldInfo& f) { f.view_policy = rule; }};
}
Rule settable_if(std::string rule) {
    return {[rule](FieldInfo& f) { f.write_policy = rule; }};
}
Rule time_format(int decimals, std::string suffix) {
    return {[=](FieldInfo& f) { f.time_decimals = decimals, f.time_suffix = suffix; }};
}
Rule help(std::string text) {
    return {[text](FieldInfo& f) { f.help = text; }};
}
Rule text_format(std::string name, bool (*check)(std::string_view)) {
    return {[=](FieldInfo& f) { f.format = check, f.format_name = name; }};
}

bool is_ipv4(std::string_view text) {
    in_addr address{};
    return text.size() < 16 && inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
}
bool is_ipv6(std::string_view text) {
    in6_addr address{};
    return text.size() < 46 && inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}
bool is_cidr(std::string_view text) {
    auto slash = text.find('/');
    auto length = slash == std::string_view::npos ? std::nullopt : to_int(text.substr(slash + 1));
    if (!length || *length < 0) return false;
    auto address = text.substr(0, slash);
    return (is_ipv4(address) && *length <= 32) || (is_ipv6(address) && *length <= 128);
}
bool is_mac(std::string_view text) {
    if (text.size() != 17) return false;
    for (std::size_t i = 0; i < 17; ++i)
        if (i % 3 == 2 ? text[i] != ':' : !std::isxdigit(static_cast<unsigned char>(text[i])))
            return false;
    return true;
}
bool is_hostname(std::string_view text) {
    if (text.empty() || text.size() > 255) return false;
    for (auto& label : split(text.back() == '.' ? text.substr(0, text.size() - 1) : text, '.')) {
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
            return false;
        for (unsigned char c : label)
            if (!std::isalnum(c) && c != '-') return false;
    }
    return true;
}

const Rule uuid = text_format("uuid", [](std::string_view t) { return is_uuid_like(t); });
const Rule ip_address =
    text_format("ip address", [](std::string_view t) { return is_ipv4(t) || is_ipv6(t); });
const Rule ipv4_address = text_format("ipv4 address", is_ipv4);
const Rule ipv6_address = text_format("ipv6 address", is_ipv6);
const Rule cidr = text_format("cidr", is_cidr);
const Rule mac_address = text_format("mac address", is_mac);
const Rule url = text_format("url", is_url);
const Rule hostname = text_format("hostname", is_hostname);

} // namespace nephele::shape
