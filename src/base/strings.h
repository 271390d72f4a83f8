// SPDX-License-Identifier: Apache-2.0
// Small text helpers used everywhere. All are pure and never throw unless they say so.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nephele {

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::string lower(std::string_view text);
bool iequals(std::string_view a, std::string_view b);
bool starts_with_icase(std::string_view text, std::string_view prefix);
std::string replace_all(std::string text, std::string_view what, std::string_view with);

/// The whole text as a decimal integer, or nothing (empty, trailing characters, out of range).
std::optional<std::int64_t> to_int(std::string_view text);
std::optional<double> to_double(std::string_view text);

/// True when the bytes are well-formed UTF-8 without surrogates.
bool is_utf8(std::string_view bytes);
/// Number of code points of well-formed UTF-8.
std::size_t utf8_length(std::string_view text);

/// "a {} b {}" with each {} replaced by the next argument; the project's only formatter.
std::string format_parts(std::string_view pattern, const std::vector<std::string>& arguments);
inline std::string text_of(std::string_view v) { return std::string(v); }
inline std::string text_of(const char* v) { return v; }
inline std::string text_of(const std::string& v) { return v; }
inline std::string text_of(bool v) { return v ? "true" : "false"; }
inline std::string text_of(char v) { return std::string(1, v); }
template <class N>
requires(std::is_arithmetic_v<N>) std::string text_of(N v) { return std::to_string(v); }
template <class... A> std::string format(std::string_view pattern, const A&... arguments) {
    return format_parts(pattern, {text_of(arguments)...});
}

std::string hex_encode(std::string_view bytes);
std::optional<std::string> hex_decode(std::string_view text);
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);
std::string base64url_encode(std::string_view bytes, bool padding = true);
/// Accepts text with or without padding.
std::optional<std::string> base64url_decode(std::string_view text);

/// Percent-decoding of a path segment or (plus_is_space) a query part; nothing on a bad escape.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
std::string percent_encode(std::string_view text);

} // namespace nephele
