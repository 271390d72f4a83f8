// SPDX-License-Identifier: Apache-2.0
#include "base/ids.h"

#include "base/strings.h"

#include <cstdlib>
#include <cstring>
#include <sys/random.h>

namespace nephele {
namespace {
class SystemIds final : public IdSource {
  public:
    std::string random_bytes(std::size_t count) override {
        std::string out(count, '\0');
        std::size_t done = 0;
        while (done < count) {
            auto got = getrandom(out.data() + done, count - done, 0);
            if (got > 0) done += static_cast<std::size_t>(got);
        }
        return out;
    }
};
} // namespace

std::string IdSource::uuid() {
    std::string bytes = random_bytes(16);
    bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
    bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
    return dashed_uuid(hex_encode(bytes));
}

std::string IdSource::hex() { return hex_encode(random_bytes(16)); }

std::uint64_t IdSource::number() {
    std::uint64_t value = 0;
    std::string bytes = random_bytes(8);
    std::memcpy(&value, bytes.data(), 8);
    return value;
}

IdSource& system_ids() {
    static SystemIds ids;
    return ids;
}

std::string SeededIds::random_bytes(std::size_t count) {
    std::lock_guard lock(mutex_);
    std::string out;
    while (out.size() < count) {
        // splitmix64
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        z ^= z >> 31;
        out.append(reinterpret_cast<const char*>(&z), 8);
    }
    out.resize(count);
    return out;
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < 36; ++i) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (text[i] == '-')) return false;
        if (!dash && !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
    }
    return true;
}

bool is_uuid_like(std::string_view text) {
    return is_uuid(text) || (text.size() == 32 && hex_decode(text).has_value());
}

std::string dashed_uuid(std::string_view t) {
    if (t.size() != 32) return std::string(t);
    std::string out;
    for (std::size_t i = 0; i < 32; ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20) out += '-';
        out += t[i];
    }
    return out;
}

} // namespace nephele
