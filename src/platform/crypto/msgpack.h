// SPDX-License-Identifier: Apache-2.0
// The part of MessagePack that token payloads use: nil, booleans, integers, doubles, text, bytes
// and arrays. Written and read one value after the other; no value type.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace nephele::msgpack {

/// The bytes are not what the reader asked for.
class FormatError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

class Writer {
  public:
    /// `count` values must follow.
    Writer& array(std::size_t count);
    Writer& text(std::string_view utf8);
    Writer& bytes(std::string_view raw);
    Writer& integer(std::int64_t value);
    Writer& real(double value);
    Writer& boolean(bool value);
    Writer& nil();
    const std::string& data() const { return out_; }

  private:
    void byte(unsigned value) { out_ += static_cast<char>(value); }
    void big_endian(std::uint64_t value, int size);
    std::string out_;
};

class Reader {
  public:
    explicit Reader(std::string_view data) : rest_(data) {}
    // Each throws FormatError when the next value is of another kind or cut short.
    std::size_t array();
    /// Text or bytes, as a view into the data.
    std::string_view blob();
    std::int64_t integer();
    /// Also an integer.
    double real();
    bool boolean();
    /// True, and past it, when the next value is nil.
    bool nil();
    bool at_end() const { return rest_.empty(); }

  private:
    unsigned next();
    unsigned peek() const;
    std::uint64_t big_endian(int size);
    std::string_view take(std::size_t size);
    std::string_view rest_;
};

} // namespace nephele::msgpack
