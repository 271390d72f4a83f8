// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/api/federation_front.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/keystone/ops/login_attempt.h"

#include <algorithm>

namespace nephele::keystone {
namespace {

constexpr const char* secret_header = "X-Federation-Secret";
constexpr const char* never_attributes[] = {secret_header,         "X-Auth-Token",
                                            "X-Subject-Token",     "Authorization",
                                            "Proxy-Authorization", "Cookie"};

std::string cgi_name(std::string_view header) {
    std::string name = "HTTP_";
    for (const char c : header)
        name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return name;
}

// Web servers pass bytes on; what is no UTF-8 is read as ISO-8859-1, as HTTP says.
std::string as_utf8(const std::string& bytes) {
    if (is_utf8(bytes)) return bytes;
    std::string out;
    for (const char c : bytes) {
        const auto code = static_cast<unsigned char>(c);
        if (code < 0x80) {
            out += c;
        } else {
            out += static_cast<char>(0xc0 | (code >> 6));
            out += static_cast<char>(0x80 | (code & 0x3f));
        }
    }
    return out;
}

bool knows_secret(Cloud& cloud, const http::RequestHead& head, const std::string& given,
                  const std::string& secret) {
    Proof proof;
    const LoginSource source{&head, ""};
    Attempt attempt{cloud, cloud.state<State>(), source, proof, cloud.now(), ""};
    attempt.guard("web server in front");
    const bool right = crypto::equal_constant_time(crypto::sha256(given), crypto::sha256(secret));
    if (right)
        attempt.state.throttle.succeeded(attempt.account, attempt.from(), attempt.now);
    else
        attempt.state.throttle.failed(attempt.account, attempt.from(), attempt.now);
    return right;
}

} // namespace

bool came_through_front(Cloud& cloud, const http::RequestHead& head) {
    const Config& config = cloud.config();
    const std::string secret = config.text("keystone.federation_front_secret");
    const auto addresses = config.list("keystone.federation_front_addresses");
    if (secret.empty() && addresses.empty()) return false;
    if (!addresses.empty() &&
        std::find(addresses.begin(), addresses.end(), head.peer) == addresses.end())
        return false;
    if (secret.empty()) return true;
    const std::string* given = head.headers.find(secret_header);
    return given && knows_secret(cloud, head, *given, secret);
}

logic::Attributes attributes_of_headers(const Config& config, const http::RequestHead& head) {
    logic::Attributes attributes;
    const std::string prefix = config.text("keystone.assertion_prefix");
    for (const auto& [name, value] : head.headers.all()) {
        const bool secret = std::any_of(std::begin(never_attributes), std::end(never_attributes),
                                        [&](const char* one) { return iequals(one, name); });
        const std::string cgi = cgi_name(name);
        if (secret || cgi.substr(0, prefix.size()) != prefix) continue;
        const auto values = logic::split_values(as_utf8(value));
        attributes[cgi] = attributes[name] = values;
        if (iequals(name, "X-Remote-User") || iequals(name, "Remote-User"))
            attributes["REMOTE_USER"] = values;
    }
    return attributes;
}

} // namespace nephele::keystone
