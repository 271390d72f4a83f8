// SPDX-License-Identifier: Apache-2.0
// Response heads as bytes.
#include "platform/http/wire_format.h"

#include "base/strings.h"
#include "base/time.h"

#include <charconv>

namespace nephele::http {
namespace {

// The Date field changes once a second; each thread formats it that often.
const std::string& date_now() {
    thread_local std::int64_t second = -1;
    thread_local std::string text;
    auto now = system_clock().now();
    if (now.seconds() != second) {
        second = now.seconds();
        text = http_date(now);
    }
    return text;
}

// A line break inside a value would let whoever supplied it write header fields of their own.
void append_value(std::string& out, std::string_view value) {
    for (char c : value) out += (c == '\r' || c == '\n' || c == '\0') ? ' ' : c;
}

bool is_token(std::string_view name) {
    for (char c : name)
        if (static_cast<unsigned char>(c) <= ' ' || c == ':' || c == 127) return false;
    return !name.empty();
}

bool ours(std::string_view name) {
    switch (name.size()) {
    case 10:
        return iequals(name, "Connection");
    case 14:
        return iequals(name, "Content-Length");
    case 17:
        return iequals(name, "Transfer-Encoding");
    default:
        return false;
    }
}

void append_number(std::string& out, std::uint64_t number) {
    char digits[24];
    auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

} // namespace

bool bodiless_status(int status) {
    return status == 204 || status == 304 || (status >= 100 && status < 200);
}

std::optional<std::uint64_t> declared_length(const Response& response) {
    const auto* value = response.headers.find("Content-Length");
    if (!value || value->empty()) return std::nullopt;
    std::uint64_t number = 0;
    auto end = value->data() + value->size();
    auto [stop, error] = std::from_chars(value->data(), end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

std::string response_head(const Response& response, const AnswerFraming& framing) {
    std::string out;
    out.reserve(512);
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::uint64_t>(response.status));
    out += ' ';
    out += reason_phrase(response.status);
    out += "\r\n";
    bool dated = false;
    for (const auto& [name, value] : response.headers.all()) {
        if (ours(name) || !is_token(name)) continue;
        dated = dated || iequals(name, "Date");
        out += name;
        out += ": ";
        append_value(out, value);
        out += "\r\n";
    }
    if (!dated) out.append("Date: ").append(date_now()).append("\r\n");
    if (framing.body == AnswerBody::length) {
        out += "Content-Length: ";
        append_number(out, framing.length);
        out += "\r\n";
    } else if (framing.body == AnswerBody::chunked) {
        out += "Transfer-Encoding: chunked\r\n";
    }
    if (!framing.keep_alive)
        out += "Connection: close\r\n";
    else if (!framing.http11)
        out += "Connection: keep-alive\r\n";
    out += "\r\n";
    return out;
}

std::string chunk_line(std::size_t size) {
    char digits[24];
    auto end = std::to_chars(digits, digits + sizeof digits, size, 16).ptr;
    std::string line(digits, end);
    line += "\r\n";
    return line;
}

} // namespace nephele::http
