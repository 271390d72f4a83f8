// SPDX-License-Identifier: Apache-2.0
#include "services/swift/logic/names.h"

#include "base/strings.h"

#include <array>

namespace nephele::swift::logic {
namespace {
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
} // namespace

ParsedPath parse_path(std::string_view raw) {
    ParsedPath out;
    auto decoded = percent_decode(raw, false);
    if (!decoded || !is_utf8(*decoded) || decoded->find('\0') != std::string::npos) {
        out.fault = PathFault::bad_bytes;
        return out;
    }
    const std::string& text = *decoded;
    if (text.empty() || text[0] != '/') {
        out.fault = PathFault::not_found;
        return out;
    }
    std::array<std::string*, 4> parts{&out.path.version, &out.path.account, &out.path.container,
                                      &out.path.object};
    std::size_t at = 1;
    for (std::size_t i = 0; i < parts.size() && at <= text.size(); ++i) {
        auto end = i == 3 ? text.size() : std::min(text.find('/', at), text.size());
        *parts[i] = text.substr(at, end - at);
        // An empty part in the middle is nobody's name; one at the end is a slash too many.
        if (parts[i]->empty() && (i == 0 || end < text.size())) {
            out.fault = PathFault::not_found;
            return out;
        }
        at = end + 1;
    }
    if (out.path.account.empty())
        out.fault = PathFault::bad_url;
    else if (out.path.version != "v1" && out.path.version != "v1.0")
        out.fault = PathFault::bad_version;
    return out;
}

std::optional<std::pair<std::string, std::string>> parse_object_path(std::string_view raw) {
    auto decoded = percent_decode(raw, false);
    if (!decoded || !is_utf8(*decoded) || decoded->find('\0') != std::string::npos)
        return std::nullopt;
    std::string_view text = *decoded;
    if (!text.empty() && text[0] == '/') text.remove_prefix(1);
    auto slash = text.find('/');
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size())
        return std::nullopt;
    return std::pair(std::string(text.substr(0, slash)), std::string(text.substr(slash + 1)));
}

std::string title_case(std::string_view name) {
    std::string out(name);
    bool inside = false;
    for (char& c : out) {
        if (is_letter(c)) c = static_cast<char>(inside ? c | 0x20 : c & ~0x20);
        inside = is_letter(c);
    }
    return out;
}

bool is_true(std::string_view text) {
    for (std::string_view yes : {"true", "1", "yes", "on", "t", "y"})
        if (iequals(text, yes)) return true;
    return false;
}

std::string quote_path(std::string_view path) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(path.size());
    for (unsigned char c : path) {
        if (is_letter(static_cast<char>(c)) || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
            c == '_' || c == '~' || c == '/') {
            out += static_cast<char>(c);
        } else {
            out += '%';
            out += digits[c >> 4];
            out += digits[c & 15];
        }
    }
    return out;
}

std::string url_path(std::string_view account, std::string_view container,
                     std::string_view object) {
    std::string out = "/v1/" + quote_path(account);
    if (!container.empty()) out += "/" + quote_path(container);
    if (!object.empty()) out += "/" + quote_path(object);
    return out;
}

std::string guess_content_type(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 36> types{{
        {"txt", "text/plain"},
        {"html", "text/html"},
        {"htm", "text/html"},
        {"css", "text/css"},
        {"js", "application/javascript"},
        {"json", "application/json"},
        {"xml", "text/xml"},
        {"csv", "text/csv"},
        {"py", "text/x-python"},
        {"c", "text/x-csrc"},
        {"h", "text/x-chdr"},
        {"jpg", "image/jpeg"},
        {"jpeg", "image/jpeg"},
        {"png", "image/png"},
        {"gif", "image/gif"},
        {"svg", "image/svg+xml"},
        {"ico", "image/vnd.microsoft.icon"},
        {"tif", "image/tiff"},
        {"tiff", "image/tiff"},
        {"bmp", "image/bmp"},
        {"webp", "image/webp"},
        {"pdf", "application/pdf"},
        {"zip", "application/zip"},
        {"tar", "application/x-tar"},
        {"tgz", "application/x-tar"},
        {"gz", "application/gzip"},
        {"bz2", "application/x-bzip2"},
        {"mp3", "audio/mpeg"},
        {"wav", "audio/x-wav"},
        {"mp4", "video/mp4"},
        {"mpeg", "video/mpeg"},
        {"webm", "video/webm"},
        {"doc", "application/msword"},
        {"xls", "application/vnd.ms-excel"},
        {"iso", "application/x-iso9660-image"},
        {"sh", "application/x-sh"},
    }};
    auto dot = name.rfind('.');
    if (dot != std::string_view::npos)
        for (auto& [ending, type] : types)
            if (iequals(name.substr(dot + 1), ending)) return std::string(type);
    return "application/octet-stream";
}

} // namespace nephele::swift::logic
