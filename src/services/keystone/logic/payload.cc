// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/payload.h"

#include "base/strings.h"

#include <cmath>

namespace nephele::keystone::logic::payload {
namespace {

constexpr std::pair<const char*, int> method_bits[] = {{"external", 1},
                                                       {"password", 2},
                                                       {"token", 4},
                                                       {"oauth1", 8},
                                                       {"mapped", 16},
                                                       {"application_credential", 32},
                                                       {"totp", 64},
                                                       {"kerberos", 128},
                                                       {"saml2", 256},
                                                       {"openid", 512},
                                                       {"oauth2", 1024},
                                                       {"ec2credential", 2048},
                                                       {"oauth2_credential", 4096}};

bool is_lower_hex_id(const std::string& id) {
    return id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string::npos;
}

} // namespace

std::int64_t bits_of(const std::vector<std::string>& methods) {
    std::int64_t bits = 0;
    for (const auto& method : methods)
        for (const auto& [name, bit] : method_bits)
            if (method == name) bits |= bit;
    return bits;
}
std::vector<std::string> methods_of(std::int64_t bits) {
    std::vector<std::string> methods;
    for (const auto& [name, bit] : method_bits)
        if (bits & bit) methods.emplace_back(name);
    return methods;
}

void write_id(msgpack::Writer& out, const std::string& id) {
    out.array(2).boolean(is_lower_hex_id(id));
    if (is_lower_hex_id(id))
        out.bytes(*hex_decode(id));
    else
        out.text(id);
}
std::string read_id(msgpack::Reader& in) {
    if (in.array() != 2) throw msgpack::FormatError("expected a pair");
    const bool packed = in.boolean();
    const std::string_view value = in.blob();
    return packed ? hex_encode(value) : std::string(value);
}

void write_optional_id(msgpack::Writer& out, const std::string& id) {
    if (!id.empty()) return write_id(out, id);
    out.array(2).boolean(false).nil();
}
std::string read_optional_id(msgpack::Reader& in) {
    if (in.array() != 2) throw msgpack::FormatError("expected a pair");
    const bool packed = in.boolean();
    if (in.nil()) return "";
    const std::string_view value = in.blob();
    return packed ? hex_encode(value) : std::string(value);
}

void write_bare_id(msgpack::Writer& out, const std::string& id) {
    if (is_lower_hex_id(id))
        out.bytes(*hex_decode(id));
    else
        out.text(id);
}
std::string read_bare_id(msgpack::Reader& in) {
    const std::string_view value = in.blob();
    return value.size() == 16 ? hex_encode(value) : std::string(value);
}

void write_time(msgpack::Writer& out, Time time) { out.real(static_cast<double>(time.us) / 1e6); }
Time read_time(msgpack::Reader& in) {
    return {static_cast<std::int64_t>(std::llround(in.real() * 1e6))};
}

} // namespace nephele::keystone::logic::payload
