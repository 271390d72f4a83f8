// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/decompress.h"

#include <algorithm>
#include <lzma.h>
#include <string_view>
#include <unistd.h>
#include <vector>
#include <zlib.h>

namespace nephele::glance {
namespace {
using namespace decompressed;
constexpr std::size_t piece_bytes = 256 * 1024;
constexpr std::uint64_t lzma_memory = 128 << 20;

/// Standard input with a look ahead.
class Input {
  public:
    Input() : bytes_(piece_bytes) {}
    /// What is there, at least one byte but at the end.
    std::string_view some() {
        if (begin_ == end_) {
            auto count = ::read(STDIN_FILENO, bytes_.data(), bytes_.size());
            begin_ = 0;
            end_ = count > 0 ? static_cast<std::size_t>(count) : 0;
        }
        return {bytes_.data() + begin_, end_ - begin_};
    }
    void take(std::size_t count) { begin_ += count; }
    /// Exactly so many bytes; throws at the end.
    std::string exactly(std::size_t count) {
        std::string out;
        while (out.size() < count) {
            auto piece = some().substr(0, count - out.size());
            if (piece.empty()) throw damaged;
            out += piece;
            take(piece.size());
        }
        return out;
    }

  private:
    std::vector<char> bytes_;
    std::size_t begin_ = 0, end_ = 0;
};

/// Standard output, counted. Throws the status when it is too much.
class Output {
  public:
    explicit Output(std::uint64_t limit) : limit_(limit) {}
    void write(std::string_view bytes) {
        written_ += bytes.size();
        if (written_ > limit_) throw too_large;
        sum_ = ::crc32_z(sum_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
        while (!bytes.empty()) {
            auto count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
            if (count <= 0) throw unsupported; // The disk is full, which the parent sees itself.
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    std::uint64_t written() const { return written_; }
    std::uint64_t sum() const { return sum_; }

  private:
    std::uint64_t limit_, written_ = 0;
    uLong sum_ = ::crc32_z(0, nullptr, 0);
};

/// One deflate stream; `bits`: zlib's window bits, which say what surrounds it.
void inflate_stream(Input& in, Output& out, int bits) {
    z_stream stream{};
    if (::inflateInit2(&stream, bits) != Z_OK) throw unsupported;
    std::vector<char> room(piece_bytes);
    for (int state = Z_OK; state != Z_STREAM_END;) {
        auto piece = in.some();
        if (piece.empty()) throw damaged;
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
        stream.avail_in = static_cast<uInt>(piece.size());
        do {
            stream.next_out = reinterpret_cast<Bytef*>(room.data());
            stream.avail_out = static_cast<uInt>(room.size());
            state = ::inflate(&stream, Z_NO_FLUSH);
            if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) throw damaged;
            out.write({room.data(), room.size() - stream.avail_out});
        } while (state != Z_STREAM_END && stream.avail_out == 0);
        in.take(piece.size() - stream.avail_in);
    }
    ::inflateEnd(&stream);
}

void gunzip(Input& in, Output& out) {
    constexpr int with_gzip_header = 16 + MAX_WBITS;
    // A gzip file may consist of several members.
    while (!in.some().empty()) inflate_stream(in, out, with_gzip_header);
}

std::uint64_t little(const std::string& bytes, std::size_t at, int width) {
    std::uint64_t value = 0;
    for (int i = width; i-- > 0;)
        value = value << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
    return value;
}

void store(Input& in, Output& out, std::uint64_t size) {
    while (size > 0) {
        auto piece = in.some().substr(
            0, static_cast<std::size_t>(std::min<std::uint64_t>(size, piece_bytes)));
        if (piece.empty()) throw damaged;
        out.write(piece);
        size -= piece.size();
        in.take(piece.size());
    }
}

// The local header, the file, perhaps a descriptor of it; then the directory must begin.
void unzip(Input& in, Output& out) {
    constexpr std::uint64_t encrypted = 1, described_behind = 8, file = 0x04034b50,
                            descriptor = 0x08074b50, directory = 0x02014b50;
    constexpr std::uint64_t stored = 0, deflated = 8;
    std::string head = in.exactly(30);
    std::uint64_t flags = little(head, 6, 2), method = little(head, 8, 2),
                  sum = little(head, 14, 4), size = little(head, 18, 4);
    in.exactly(little(head, 26, 2) + little(head, 28, 2));
    bool behind = flags & described_behind;
    if (flags & encrypted) throw unsupported;
    if (method == deflated)
        inflate_stream(in, out, -MAX_WBITS);
    else if (method == stored && !behind && size != 0xffffffff)
        store(in, out, size);
    else
        throw unsupported;
    std::uint64_t next = little(in.exactly(4), 0, 4);
    if (behind) {
        // With or without a signature of its own, with sizes of 4 or 8 bytes.
        if (next == descriptor) next = little(in.exactly(4), 0, 4);
        sum = next;
        in.exactly(8);
        next = little(in.exactly(4), 0, 4);
        if (next != directory && next != file) {
            in.exactly(4);
            next = little(in.exactly(4), 0, 4);
        }
    }
    if (next == file) throw several_files;
    if (next != directory || sum != out.sum()) throw damaged;
}

void unxz(Input& in, Output& out) {
    lzma_stream stream = LZMA_STREAM_INIT;
    if (::lzma_stream_decoder(&stream, lzma_memory, LZMA_CONCATENATED) != LZMA_OK)
        throw unsupported;
    std::vector<char> room(piece_bytes);
    for (lzma_ret state = LZMA_OK; state != LZMA_STREAM_END;) {
        auto piece = in.some();
        stream.next_in = reinterpret_cast<const std::uint8_t*>(piece.data());
        stream.avail_in = piece.size();
        do {
            stream.next_out = reinterpret_cast<std::uint8_t*>(room.data());
            stream.avail_out = room.size();
            state = ::lzma_code(&stream, piece.empty() ? LZMA_FINISH : LZMA_RUN);
            if (state == LZMA_MEMLIMIT_ERROR || state == LZMA_OPTIONS_ERROR) throw unsupported;
            if (state != LZMA_OK && state != LZMA_STREAM_END) throw damaged;
            out.write({room.data(), room.size() - stream.avail_out});
        } while (state != LZMA_STREAM_END && stream.avail_out == 0);
        in.take(piece.size() - stream.avail_in);
    }
    ::lzma_end(&stream);
}
} // namespace

const char* decompressed::reason(int status) {
    switch (status) {
    case damaged:
        return "its compressed content is damaged or cut off.";
    case too_large:
        return "it expands to more than the limit.";
    case several_files:
        return "it holds several files; only one, the disk, is accepted.";
    case unsupported:
        return "it is compressed or encrypted in a way that is not supported.";
    default:
        return nullptr;
    }
}

int decompress_in_sandbox(const std::string& kind, std::uint64_t limit) {
    try {
        Input in;
        Output out(limit);
        if (kind == "gzip")
            gunzip(in, out);
        else if (kind == "zip")
            unzip(in, out);
        else if (kind == "xz")
            unxz(in, out);
        else
            return unsupported;
        return whole;
    } catch (Status status) {
        return status;
    }
}

} // namespace nephele::glance
