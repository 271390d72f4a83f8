// SPDX-License-Identifier: Apache-2.0
#include "services/swift/api/multipart.h"

#include "base/strings.h"
#include "services/swift/api/exchange.h"

#include <algorithm>
#include <cstring>

namespace nephele::swift {
namespace {
constexpr std::size_t piece_bytes = 64 * 1024, most_head_bytes = 16 * 1024;
} // namespace

MultipartReader::MultipartReader(http::BodyReader& body, const std::string& boundary)
    : body_(body), delimiter_("\r\n--" + boundary), buffer_("\r\n") {}

bool MultipartReader::fill() {
    if (ended_) return false;
    auto before = buffer_.size();
    buffer_.resize(before + piece_bytes);
    auto count = body_.read(buffer_.data() + before, piece_bytes);
    buffer_.resize(before + count);
    ended_ = count == 0;
    return count > 0;
}

std::string MultipartReader::line() {
    for (;;) {
        auto end = buffer_.find("\r\n");
        if (end != std::string::npos) {
            std::string out = buffer_.substr(0, end);
            buffer_.erase(0, end + 2);
            return out;
        }
        if (buffer_.size() > most_head_bytes || !fill())
            throw Refused(400, "FormPost: invalid form", true);
    }
}

std::optional<MultipartReader::Part> MultipartReader::next() {
    if (first_) {
        first_ = false;
        while (buffer_.size() < delimiter_.size() && fill()) continue;
        if (buffer_.compare(0, delimiter_.size(), delimiter_) != 0)
            throw Refused(400, "FormPost: invalid starting boundary", true);
        buffer_.erase(0, delimiter_.size());
    } else {
        char rest[4096];
        while (read(rest, sizeof rest) > 0) continue;
    }
    while (buffer_.size() < 2 && fill()) continue;
    if (buffer_.compare(0, 2, "--") == 0 || buffer_.size() < 2) return std::nullopt;
    line();
    Part part;
    for (std::string each = line(); !each.empty(); each = line()) {
        auto colon = each.find(':');
        if (colon == std::string::npos || part.headers.size() > 32)
            throw Refused(400, "FormPost: invalid form", true);
        part.headers[lower(trim(each.substr(0, colon)))] =
            std::string(trim(each.substr(colon + 1)));
    }
    part.name = parameter_of(part.headers["content-disposition"], "name");
    part.file_name = parameter_of(part.headers["content-disposition"], "filename");
    part_over_ = false;
    return part;
}

std::size_t MultipartReader::read(char* into, std::size_t size) {
    if (part_over_) return 0;
    for (;;) {
        auto at = buffer_.find(delimiter_);
        if (at == 0) {
            buffer_.erase(0, delimiter_.size());
            part_over_ = true;
            return 0;
        }
        // What might be the beginning of the delimiter waits for more.
        std::size_t safe = at != std::string::npos ? at
                           : buffer_.size() >= delimiter_.size()
                               ? buffer_.size() - delimiter_.size() + 1
                               : 0;
        if (safe > 0) {
            auto count = std::min(safe, size);
            std::memcpy(into, buffer_.data(), count);
            buffer_.erase(0, count);
            return count;
        }
        if (!fill()) throw Refused(400, "FormPost: invalid form", true);
    }
}

std::string parameter_of(const std::string& header, std::string_view name) {
    std::size_t at = header.find(';');
    while (at != std::string::npos && at < header.size()) {
        ++at;
        while (at < header.size() && (header[at] == ' ' || header[at] == '\t')) ++at;
        auto equals = header.find('=', at);
        if (equals == std::string::npos) return "";
        std::string key(trim(std::string_view(header).substr(at, equals - at)));
        std::string value;
        at = equals + 1;
        if (at < header.size() && header[at] == '"') {
            for (++at; at < header.size() && header[at] != '"'; ++at) {
                if (header[at] == '\\' && at + 1 < header.size()) ++at;
                value += header[at];
            }
            at = header.find(';', at);
        } else {
            auto end = std::min(header.find(';', at), header.size());
            value = std::string(trim(std::string_view(header).substr(at, end - at)));
            at = end == header.size() ? std::string::npos : end;
        }
        if (iequals(key, name)) return value;
    }
    return "";
}

} // namespace nephele::swift
