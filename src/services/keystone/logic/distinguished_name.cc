// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/distinguished_name.h"

#include "base/strings.h"

namespace nephele::keystone::logic {
namespace {

// Splits at unescaped separators; escapes stay.
std::vector<std::string> pieces(std::string_view text, std::string_view separators) {
    std::vector<std::string> out(1);
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) {
            out.back() += text[at];
            out.back() += text[++at];
        } else if (separators.find(text[at]) != separators.npos) {
            out.emplace_back();
        } else {
            out.back() += text[at];
        }
    }
    return out;
}

// "\," is a comma, "\C3" a byte.
std::optional<std::string> unescaped(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\') {
            out += text[at];
            continue;
        }
        if (const auto byte = hex_decode(text.substr(at + 1, 2)); byte && byte->size() == 1) {
            out += *byte;
            at += 2;
        } else if (at + 1 < text.size()) {
            out += text[++at];
        } else {
            return std::nullopt;
        }
    }
    return out;
}

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

} // namespace

std::optional<std::vector<std::pair<std::string, std::string>>>
parse_distinguished_name(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& piece : pieces(text, ",+")) {
        const auto equals = piece.find('=');
        if (equals == piece.npos || equals == 0) return std::nullopt;
        auto value = unescaped(std::string_view(piece).substr(equals + 1));
        // A NUL would cut the name short wherever it is passed on.
        if (!value || value->empty() || value->find('\0') != value->npos || !is_utf8(*value))
            return std::nullopt;
        out.emplace_back(upper(trim(std::string_view(piece).substr(0, equals))), std::move(*value));
    }
    return out;
}

std::optional<std::string> sole_attribute(std::string_view distinguished_name,
                                          std::string_view attribute) {
    const auto parsed = parse_distinguished_name(distinguished_name);
    if (!parsed) return std::nullopt;
    std::optional<std::string> found;
    for (const auto& [name, value] : *parsed) {
        if (name != attribute) continue;
        if (found) return std::nullopt;
        found = value;
    }
    return found;
}

} // namespace nephele::keystone::logic
