// SPDX-License-Identifier: Apache-2.0
// Bytes of records as the device keeps them: numbers in seven bits a byte, texts with their length.
#pragma once
#include "services/swift/model/timestamp.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace nephele::swift {

class Encoder {
  public:
    Encoder& number(std::uint64_t value) {
        while (value >= 0x80) {
            out_.push_back(static_cast<char>(value | 0x80));
            value >>= 7;
        }
        out_.push_back(static_cast<char>(value));
        return *this;
    }
    Encoder& text(std::string_view value) {
        number(value.size());
        out_.append(value);
        return *this;
    }
    Encoder& raw(std::string_view value) {
        out_.append(value);
        return *this;
    }
    Encoder& timestamp(const Timestamp& value) {
        return number(static_cast<std::uint64_t>(value.ticks)).number(value.offset);
    }
    const std::string& bytes() const { return out_; }
    std::string take() { return std::move(out_); }

  private:
    std::string out_;
};

/// Reads what an Encoder wrote. Damaged bytes give zeros and empty texts, and ok() says so.
class Decoder {
  public:
    explicit Decoder(std::string_view bytes) : rest_(bytes) {}
    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (rest_.empty()) break;
            auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value |= std::uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80) return value;
        }
        ok_ = false;
        rest_ = {};
        return 0;
    }
    std::string_view text() { return raw(number()); }
    std::string_view raw(std::size_t size) {
        if (size > rest_.size()) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        auto out = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return out;
    }
    Timestamp timestamp() {
        auto ticks = static_cast<std::int64_t>(number());
        return {ticks, number()};
    }
    bool ok() const { return ok_; }
    bool at_end() const { return rest_.empty(); }

  private:
    std::string_view rest_;
    bool ok_ = true;
};

/// Numbers of fixed width: little-endian in needles, big-endian in keys, where they must order.
template <class N> void put_little(char* at, N value) {
    for (std::size_t i = 0; i < sizeof(N); ++i) at[i] = static_cast<char>(value >> 8 * i);
}
template <class N> N get_little(const char* at) {
    N value = 0;
    for (std::size_t i = sizeof(N); i-- > 0;)
        value = static_cast<N>(static_cast<std::uint64_t>(value) << 8 |
                               static_cast<unsigned char>(at[i]));
    return value;
}
inline std::string big_endian(std::uint64_t value) {
    std::string out(8, '\0');
    for (int i = 7; i >= 0; --i, value >>= 8) out[i] = static_cast<char>(value);
    return out;
}
inline std::uint64_t from_big_endian(std::string_view eight) {
    std::uint64_t value = 0;
    for (char c : eight.substr(0, 8)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

} // namespace nephele::swift
