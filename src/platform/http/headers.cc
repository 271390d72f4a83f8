// SPDX-License-Identifier: Apache-2.0
// Header fields, query strings and reason phrases.
#include "base/strings.h"
#include "platform/http/http.h"

#include <algorithm>

namespace nephele::http {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Unlike base's percent_decode, a bad escape stays as it is.
std::string decode_leniently(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                   hex_value(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

struct Reason {
    int status;
    const char* phrase;
};
constexpr Reason reasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {498, "Rate Limited"},
    {499, "Client Disconnect"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

} // namespace

const std::string* Headers::find(std::string_view name) const {
    for (const auto& [key, value] : fields_)
        if (iequals(key, name)) return &value;
    return nullptr;
}

std::string Headers::get(std::string_view name, std::string_view fallback) const {
    const auto* value = find(name);
    return value ? *value : std::string(fallback);
}

void Headers::set(std::string_view name, std::string value) {
    for (auto at = fields_.begin(); at != fields_.end(); ++at) {
        if (!iequals(at->first, name)) continue;
        at->second = std::move(value);
        // Later fields of the same name would contradict the one just set.
        fields_.erase(std::remove_if(at + 1, fields_.end(),
                                     [&](const auto& field) { return iequals(field.first, name); }),
                      fields_.end());
        return;
    }
    add(name, std::move(value));
}

void Headers::add(std::string_view name, std::string value) {
    fields_.emplace_back(std::string(name), std::move(value));
}

void Headers::erase(std::string_view name) {
    std::erase_if(fields_, [&](const auto& field) { return iequals(field.first, name); });
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> out;
    while (!query.empty()) {
        auto end = std::min(query.find('&'), query.size());
        auto part = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (part.empty()) continue;
        auto equals = part.find('=');
        auto value =
            equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
        out.emplace_back(decode_leniently(part.substr(0, equals)), decode_leniently(value));
    }
    return out;
}

const char* reason_phrase(int status) {
    for (const auto& reason : reasons)
        if (reason.status == status) return reason.phrase;
    return "Unknown";
}

} // namespace nephele::http
