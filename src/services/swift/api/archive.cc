// SPDX-License-Identifier: Apache-2.0
#include "services/swift/api/archive.h"

#include "base/strings.h"
#include "services/swift/api/exchange.h"

#include <algorithm>
#include <bzlib.h>
#include <cstring>
#include <zlib.h>

namespace nephele::swift {
namespace {

constexpr std::size_t block_bytes = 512, piece_bytes = 64 * 1024, most_name_bytes = 64 * 1024;

[[noreturn]] void damaged() { throw Refused(400, "Invalid Tar File: the archive is damaged"); }

class Gunzip final : public http::BodyReader {
  public:
    explicit Gunzip(http::BodyReader& inner) : inner_(inner), input_(piece_bytes, '\0') {
        // 15 bits of window, with a gzip header.
        if (inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc();
    }
    ~Gunzip() override { inflateEnd(&stream_); }
    std::size_t read(char* into, std::size_t size) override {
        stream_.next_out = reinterpret_cast<Bytef*>(into);
        stream_.avail_out = static_cast<uInt>(size);
        while (!ended_ && stream_.avail_out == size) {
            if (stream_.avail_in == 0) {
                auto count = inner_.read(input_.data(), input_.size());
                if (count == 0) damaged();
                stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
                stream_.avail_in = static_cast<uInt>(count);
            }
            int result = inflate(&stream_, Z_NO_FLUSH);
            ended_ = result == Z_STREAM_END;
            if (!ended_ && result != Z_OK) damaged();
        }
        return size - stream_.avail_out;
    }
    std::optional<std::uint64_t> length() const override { return std::nullopt; }

  private:
    http::BodyReader& inner_;
    std::string input_;
    z_stream stream_{};
    bool ended_ = false;
};

class Bunzip final : public http::BodyReader {
  public:
    explicit Bunzip(http::BodyReader& inner) : inner_(inner), input_(piece_bytes, '\0') {
        if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) throw std::bad_alloc();
    }
    ~Bunzip() override { BZ2_bzDecompressEnd(&stream_); }
    std::size_t read(char* into, std::size_t size) override {
        stream_.next_out = into;
        stream_.avail_out = static_cast<unsigned>(size);
        while (!ended_ && stream_.avail_out == size) {
            if (stream_.avail_in == 0) {
                auto count = inner_.read(input_.data(), input_.size());
                if (count == 0) damaged();
                stream_.next_in = input_.data();
                stream_.avail_in = static_cast<unsigned>(count);
            }
            int result = BZ2_bzDecompress(&stream_);
            ended_ = result == BZ_STREAM_END;
            if (!ended_ && result != BZ_OK) damaged();
        }
        return size - stream_.avail_out;
    }
    std::optional<std::uint64_t> length() const override { return std::nullopt; }

  private:
    http::BodyReader& inner_;
    std::string input_;
    bz_stream stream_{};
    bool ended_ = false;
};

class Plain final : public http::BodyReader {
  public:
    explicit Plain(http::BodyReader& inner) : inner_(inner) {}
    std::size_t read(char* into, std::size_t size) override { return inner_.read(into, size); }
    std::optional<std::uint64_t> length() const override { return inner_.length(); }

  private:
    http::BodyReader& inner_;
};

// A number in octal digits, or in base 256 where its first bit says so.
std::uint64_t number(const char* field, std::size_t size) {
    std::uint64_t out = 0;
    if (static_cast<unsigned char>(field[0]) & 0x80) {
        for (std::size_t i = size - 8; i < size; ++i)
            out = out << 8 | static_cast<unsigned char>(field[i]);
        return out;
    }
    for (std::size_t i = 0; i < size && field[i]; ++i) {
        if (field[i] == ' ') continue;
        if (field[i] < '0' || field[i] > '7') damaged();
        out = out * 8 + static_cast<std::uint64_t>(field[i] - '0');
    }
    return out;
}

bool sum_is_right(const char* header) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < block_bytes; ++i)
        sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(header[i]);
    return sum == number(header + 148, 8);
}

std::string text_of(const char* field, std::size_t size) {
    return std::string(field, strnlen(field, size));
}

// "27 path=some/long/name\n" and so on.
std::map<std::string, std::string> pax_records(const std::string& text) {
    std::map<std::string, std::string> out;
    std::size_t at = 0;
    while (at < text.size()) {
        auto space = text.find(' ', at);
        if (space == std::string::npos) break;
        auto length = to_int(text.substr(at, space - at));
        if (!length || *length < 5 || at + static_cast<std::size_t>(*length) > text.size())
            damaged();
        std::string record =
            text.substr(space + 1, at + static_cast<std::size_t>(*length) - space - 2);
        auto equals = record.find('=');
        if (equals == std::string::npos) damaged();
        out[record.substr(0, equals)] = record.substr(equals + 1);
        at += static_cast<std::size_t>(*length);
    }
    return out;
}

} // namespace

std::unique_ptr<http::BodyReader> decompressed(http::BodyReader& body, const std::string& kind) {
    if (kind == "tar") return std::make_unique<Plain>(body);
    if (kind == "tar.gz") return std::make_unique<Gunzip>(body);
    if (kind == "tar.bz2") return std::make_unique<Bunzip>(body);
    throw Refused(400, "Unsupported archive format");
}

bool TarReader::block(char* into) {
    std::size_t got = 0;
    while (got < block_bytes) {
        auto count = body_.read(into + got, block_bytes - got);
        if (count == 0) break;
        got += count;
    }
    if (got != 0 && got != block_bytes) damaged();
    return got == block_bytes;
}

void TarReader::skip(std::uint64_t bytes) {
    char rest[4096];
    while (bytes > 0) {
        auto count = body_.read(rest, std::min<std::uint64_t>(bytes, sizeof rest));
        if (count == 0) damaged();
        bytes -= count;
    }
}

std::string TarReader::text(std::uint64_t size) {
    if (size > most_name_bytes) damaged();
    std::string out(size, '\0');
    std::size_t at = 0;
    while (at < size) {
        auto count = body_.read(out.data() + at, size - at);
        if (count == 0) damaged();
        at += count;
    }
    skip((block_bytes - size % block_bytes) % block_bytes);
    return out;
}

std::optional<TarReader::Member> TarReader::next() {
    skip(left_ + padding_);
    left_ = padding_ = 0;
    std::string long_name;
    std::map<std::string, std::string> attributes;
    char header[block_bytes];
    while (block(header)) {
        if (std::all_of(header, header + block_bytes, [](char c) { return c == 0; }))
            return std::nullopt;
        if (!sum_is_right(header)) damaged();
        std::uint64_t size = number(header + 124, 12);
        char type = header[156];
        if (type == 'L') {
            long_name = text_of(text(size).c_str(), most_name_bytes);
            continue;
        }
        if (type == 'x') {
            for (auto& [name, value] : pax_records(text(size))) attributes[name] = value;
            continue;
        }
        if (type == 'g' || type == 'K') {
            text(size);
            continue;
        }
        Member member;
        member.name = text_of(header, 100);
        bool ustar = std::memcmp(header + 257, "ustar", 5) == 0 && header[262] == '\0';
        if (auto prefix = text_of(header + 345, 155); ustar && !prefix.empty())
            member.name = prefix + "/" + member.name;
        if (!long_name.empty()) member.name = long_name;
        if (attributes.count("path")) member.name = attributes["path"];
        if (attributes.count("size"))
            size = static_cast<std::uint64_t>(
                std::max<std::int64_t>(to_int(attributes["size"]).value_or(0), 0));
        member.is_file = type == '0' || type == '\0' || type == '7';
        member.size = size;
        member.attributes = std::move(attributes);
        left_ = size;
        padding_ = (block_bytes - size % block_bytes) % block_bytes;
        return member;
    }
    return std::nullopt;
}

std::size_t TarReader::read(char* into, std::size_t size) {
    if (left_ == 0) return 0;
    auto count = body_.read(into, std::min<std::uint64_t>(size, left_));
    if (count == 0) damaged();
    left_ -= count;
    return count;
}

} // namespace nephele::swift
