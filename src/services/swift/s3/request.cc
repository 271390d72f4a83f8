// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/request.h"

#include "base/strings.h"
#include "services/swift/s3/error.h"

#include <algorithm>

namespace nephele::swift::s3 {
namespace {
constexpr std::size_t longest_key = 1024;

bool is_low(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::string decoded(std::string_view text, bool plus_is_space) {
    auto out = percent_decode(text, plus_is_space);
    if (!out || !is_utf8(*out) || out->find('\0') != out->npos) throw failure(Code::InvalidURI);
    return std::move(*out);
}

bool is_address(std::string_view name) {
    const auto parts = split(name, '.');
    return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](const auto& part) {
               return !part.empty() && part.find_first_not_of("0123456789") == part.npos;
           });
}
} // namespace

Query::Query(std::string_view raw) {
    if (raw.empty()) return;
    for (const auto& piece : split(raw, '&')) {
        if (piece.empty()) continue;
        const auto equals = piece.find('=');
        const std::string_view whole = piece;
        all_.emplace_back(decoded(whole.substr(0, equals), true),
                          equals == piece.npos ? "" : decoded(whole.substr(equals + 1), true));
    }
}

const std::string* Query::find(std::string_view name) const {
    for (const auto& [key, value] : all_)
        if (key == name) return &value;
    return nullptr;
}

std::string Query::get(std::string_view name) const {
    const auto* found = find(name);
    return found ? *found : "";
}

std::optional<std::string> bucket_of_host(std::string_view host,
                                          const std::vector<std::string>& domains) {
    const std::string name = lower(host.substr(0, host.rfind(':')));
    for (const auto& domain : domains) {
        const std::string end = "." + lower(domain);
        if (name.size() > end.size() && name.ends_with(end))
            return name.substr(0, name.size() - end.size());
    }
    return std::nullopt;
}

Target read_target(const http::RequestHead& head, const std::vector<std::string>& domains) {
    Target target;
    const std::string path = decoded(head.path, false);
    if (!path.starts_with('/')) throw failure(Code::InvalidURI);
    if (auto bucket = bucket_of_host(head.headers.get("Host"), domains)) {
        target.virtual_host = true;
        target.bucket = std::move(*bucket);
        target.key = path.substr(1);
    } else {
        const auto slash = path.find('/', 1);
        target.bucket = path.substr(1, slash == path.npos ? path.npos : slash - 1);
        if (slash != path.npos) target.key = path.substr(slash + 1);
        if (target.bucket.empty() && !target.key.empty())
            throw failure(Code::InvalidBucketName).with("BucketName", "");
    }
    if (target.key.size() > longest_key)
        throw failure(Code::KeyTooLongError)
            .with("Size", std::to_string(target.key.size()))
            .with("MaxSizeAllowed", std::to_string(longest_key));
    return target;
}

bool is_new_bucket_name(std::string_view name) {
    if (name.size() < 3 || name.size() > 63 || is_address(name)) return false;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (is_low(name[i])) continue;
        const bool inside = i > 0 && i + 1 < name.size();
        if (!inside || (name[i] != '-' && name[i] != '.')) return false;
        if (name[i] == '.' && (!is_low(name[i - 1]) || !is_low(name[i + 1]))) return false;
    }
    return true;
}

bool is_bucket_name(std::string_view name) {
    if (name.size() < 3 || name.size() > 255 || is_address(name)) return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return is_low(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
    });
}

std::uint64_t Request::number(std::string_view name, std::uint64_t fallback) const {
    const auto* text = query.find(name);
    if (!text || text->empty()) return fallback;
    const auto value = to_int(*text);
    if (!value || *value < 0 || *value > 0x7fffffff)
        throw invalid_argument(std::string(name), *text,
                               "Argument " + std::string(name) +
                                   " must be an integer between 0 and 2147483647");
    return static_cast<std::uint64_t>(*value);
}

} // namespace nephele::swift::s3
