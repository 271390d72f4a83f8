// SPDX-License-Identifier: Apache-2.0
// The fuzzer's inputs: images are mostly zeros, so an input lists what stands where.
//   disk format, container format, flags (a byte each), size (4 bytes, little endian), then
//   segments: offset (4 bytes), length (2 bytes), so many bytes.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::fuzz {

inline const char* const disk_formats[] = {"raw", "qcow2", "vmdk", "vhd", "vhdx", "vdi",
                                           "iso", "ploop", "gpt",  "ami", "aki",  "ari"};
inline const char* const container_formats[] = {"bare", "ami", "aki",    "ari",
                                                "ovf",  "ova", "docker", "compressed"};
inline constexpr std::uint8_t flag_any_format = 1;

struct SparseImage {
    std::uint8_t disk_format = 0, container_format = 0, flags = 0;
    std::uint32_t size = 0;
    struct Segment {
        std::uint32_t offset;
        std::string bytes;
    };
    std::vector<Segment> segments;

    /// The file's bytes of a range, as far as the file reaches.
    std::string bytes(std::uint64_t offset, std::uint64_t length) const {
        if (offset >= size) return "";
        std::string out(static_cast<std::size_t>(std::min<std::uint64_t>(length, size - offset)),
                        '\0');
        for (auto& segment : segments) {
            auto begin = std::max<std::uint64_t>(segment.offset, offset);
            auto end =
                std::min<std::uint64_t>(segment.offset + segment.bytes.size(), offset + out.size());
            if (begin < end)
                std::memcpy(&out[begin - offset], &segment.bytes[begin - segment.offset],
                            end - begin);
        }
        return out;
    }
};

inline SparseImage decode(std::string_view input) {
    SparseImage image;
    auto number = [&](std::size_t width) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < width && i < input.size(); ++i)
            value |= static_cast<std::uint32_t>(static_cast<unsigned char>(input[i])) << 8 * i;
        input.remove_prefix(std::min(width, input.size()));
        return value;
    };
    image.disk_format = static_cast<std::uint8_t>(number(1));
    image.container_format = static_cast<std::uint8_t>(number(1));
    image.flags = static_cast<std::uint8_t>(number(1));
    image.size = number(4);
    while (!input.empty()) {
        SparseImage::Segment segment{number(4), ""};
        auto length = number(2);
        segment.bytes = input.substr(0, length);
        input.remove_prefix(segment.bytes.size());
        image.segments.push_back(std::move(segment));
    }
    return image;
}

inline std::string encode(const SparseImage& image) {
    std::string out;
    auto number = [&](std::uint32_t value, int width) {
        for (int i = 0; i < width; ++i) out += static_cast<char>(value >> 8 * i);
    };
    number(image.disk_format, 1);
    number(image.container_format, 1);
    number(image.flags, 1);
    number(image.size, 4);
    for (auto& segment : image.segments) {
        number(segment.offset, 4);
        number(static_cast<std::uint32_t>(segment.bytes.size()), 2);
        out += segment.bytes;
    }
    return out;
}

} // namespace nephele::fuzz
