// SPDX-License-Identifier: Apache-2.0
#include "platform/crypto/msgpack.h"

#include <bit>
#include <cmath>

namespace nephele::msgpack {

void Writer::big_endian(std::uint64_t value, int size) {
    for (int shift = (size - 1) * 8; shift >= 0; shift -= 8)
        out_ += static_cast<char>((value >> shift) & 0xff);
}

Writer& Writer::array(std::size_t count) {
    if (count < 16) {
        byte(0x90 | static_cast<unsigned>(count));
    } else if (count <= 0xffff) {
        byte(0xdc);
        big_endian(count, 2);
    } else {
        byte(0xdd);
        big_endian(count, 4);
    }
    return *this;
}

Writer& Writer::text(std::string_view utf8) {
    if (utf8.size() < 32) {
        byte(0xa0 | static_cast<unsigned>(utf8.size()));
    } else if (utf8.size() <= 0xff) {
        byte(0xd9);
        big_endian(utf8.size(), 1);
    } else if (utf8.size() <= 0xffff) {
        byte(0xda);
        big_endian(utf8.size(), 2);
    } else {
        byte(0xdb);
        big_endian(utf8.size(), 4);
    }
    out_ += utf8;
    return *this;
}

Writer& Writer::bytes(std::string_view raw) {
    const int size = raw.size() <= 0xff ? 1 : raw.size() <= 0xffff ? 2 : 4;
    byte(size == 1 ? 0xc4 : size == 2 ? 0xc5 : 0xc6);
    big_endian(raw.size(), size);
    out_ += raw;
    return *this;
}

Writer& Writer::integer(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (value >= -32 && value < 128) {
        byte(static_cast<unsigned>(bits & 0xff));
    } else if (value >= 0) {
        const int size = bits <= 0xff ? 1 : bits <= 0xffff ? 2 : bits <= 0xffffffff ? 4 : 8;
        byte(size == 1 ? 0xcc : size == 2 ? 0xcd : size == 4 ? 0xce : 0xcf);
        big_endian(bits, size);
    } else {
        const int size = value >= -128 ? 1 : value >= -32768 ? 2 : value >= INT32_MIN ? 4 : 8;
        byte(size == 1 ? 0xd0 : size == 2 ? 0xd1 : size == 4 ? 0xd2 : 0xd3);
        big_endian(bits, size);
    }
    return *this;
}

Writer& Writer::real(double value) {
    byte(0xcb);
    big_endian(std::bit_cast<std::uint64_t>(value), 8);
    return *this;
}
Writer& Writer::boolean(bool value) {
    byte(value ? 0xc3 : 0xc2);
    return *this;
}
Writer& Writer::nil() {
    byte(0xc0);
    return *this;
}

unsigned Reader::peek() const {
    if (rest_.empty()) throw FormatError("cut short");
    return static_cast<unsigned char>(rest_[0]);
}
unsigned Reader::next() {
    const unsigned value = peek();
    rest_.remove_prefix(1);
    return value;
}
std::string_view Reader::take(std::size_t size) {
    if (size > rest_.size()) throw FormatError("cut short");
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
}
std::uint64_t Reader::big_endian(int size) {
    std::uint64_t value = 0;
    for (char c : take(static_cast<std::size_t>(size)))
        value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

std::size_t Reader::array() {
    const unsigned head = next();
    if ((head & 0xf0) == 0x90) return head & 0x0f;
    if (head == 0xdc) return big_endian(2);
    if (head == 0xdd) return big_endian(4);
    throw FormatError("expected an array");
}

std::string_view Reader::blob() {
    const unsigned head = next();
    if ((head & 0xe0) == 0xa0) return take(head & 0x1f);
    switch (head) {
    case 0xc4:
    case 0xd9:
        return take(big_endian(1));
    case 0xc5:
    case 0xda:
        return take(big_endian(2));
    case 0xc6:
    case 0xdb:
        return take(big_endian(4));
    default:
        throw FormatError("expected text or bytes");
    }
}

std::int64_t Reader::integer() {
    const unsigned head = next();
    if (head < 0x80) return head;
    if (head >= 0xe0) return static_cast<std::int8_t>(head);
    switch (head) {
    case 0xcc:
        return static_cast<std::int64_t>(big_endian(1));
    case 0xcd:
        return static_cast<std::int64_t>(big_endian(2));
    case 0xce:
        return static_cast<std::int64_t>(big_endian(4));
    case 0xcf: {
        const std::uint64_t value = big_endian(8);
        if (value > static_cast<std::uint64_t>(INT64_MAX)) throw FormatError("integer too large");
        return static_cast<std::int64_t>(value);
    }
    case 0xd0:
        return static_cast<std::int8_t>(big_endian(1));
    case 0xd1:
        return static_cast<std::int16_t>(big_endian(2));
    case 0xd2:
        return static_cast<std::int32_t>(big_endian(4));
    case 0xd3:
        return static_cast<std::int64_t>(big_endian(8));
    default:
        throw FormatError("expected an integer");
    }
}

double Reader::real() {
    const unsigned head = peek();
    if (head != 0xcb && head != 0xca) return static_cast<double>(integer());
    next();
    const double value = head == 0xcb
                             ? std::bit_cast<double>(big_endian(8))
                             : std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(4)));
    if (!std::isfinite(value)) throw FormatError("expected a number");
    return value;
}

bool Reader::boolean() {
    const unsigned head = next();
    if (head != 0xc2 && head != 0xc3) throw FormatError("expected a boolean");
    return head == 0xc3;
}
bool Reader::nil() {
    if (peek() != 0xc0) return false;
    next();
    return true;
}

} // namespace nephele::msgpack
