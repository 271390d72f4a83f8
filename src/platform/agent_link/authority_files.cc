// SPDX-License-Identifier: Apache-2.0
#include "platform/agent_link/authority_files.h"

#include "base/files.h"
#include "base/strings.h"
#include "platform/fault/fault.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <set>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

namespace nephele::agent {
namespace {
constexpr std::int64_t node_certificate_days = 400; // Made anew at every start.

[[noreturn]] void unusable(const std::string& directory, const std::string& why) {
    throw Failure(Fault::internal, "NoAgentAuthority",
                  format("The authority of the agents' certificates in {} cannot be used: {}. "
                         "Copy authority.pem and authority.key from another control node, or "
                         "remove both and let all hosts join again.",
                         directory, why));
}
} // namespace

crypto::Authority authority_in(const std::string& directory, Time now) {
    const std::string certificate_file = directory + "/authority.pem";
    const std::string key_file = directory + "/authority.key";
    try {
        auto certificate = files::read(certificate_file), key = files::read(key_file);
        if (certificate && key) return crypto::Authority::load(*certificate, *key);
        if (certificate) unusable(directory, "authority.key is missing");
        // A key alone: we died between the two files and nobody has the certificate yet.
        auto made = crypto::Authority::make("nephele-agents", now);
        files::make_folders(directory);
        files::replace_durably(key_file, made.key_pem().reveal());
        files::replace_durably(certificate_file, made.certificate_pem(), 0644);
        return made;
    } catch (const std::system_error& error) {
        unusable(directory, error.what());
    } catch (const std::invalid_argument& error) {
        unusable(directory, error.what());
    }
}

NodeCertificate write_node_certificate(const crypto::Authority& authority,
                                       const std::string& directory, const std::string& node,
                                       const std::vector<std::string>& answers_to, Time now) {
    const auto key = crypto::make_certificate_key();
    crypto::CertificateOrder order;
    order.name = node;
    order.answers_to = answers_to;
    order.use = crypto::CertificateUse::server;
    order.from = now;
    order.until = now.plus_seconds(node_certificate_days * 86'400);
    NodeCertificate out{directory + "/node.pem", directory + "/node.key",
                        directory + "/authority.pem"};
    try {
        files::replace_durably(out.certificate_file, authority.issue(key.public_pem, order).pem,
                               0644);
        files::replace_durably(out.key_file, key.private_pem.reveal());
    } catch (const std::system_error& error) {
        unusable(directory, error.what());
    } catch (const std::invalid_argument& error) {
        throw bad_request("BadConfig", format("agents.names: {}", error.what()));
    }
    return out;
}

std::vector<std::string> own_names() {
    std::set<std::string> names{"localhost", "127.0.0.1", "::1"};
    char host[65] = "";
    if (::gethostname(host, sizeof host - 1) == 0 && *host) names.insert(host);
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return {names.begin(), names.end()};
    std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, ::freeifaddrs);
    for (auto* each = first; each; each = each->ifa_next) {
        if (!each->ifa_addr) continue;
        const int family = each->ifa_addr->sa_family;
        const void* bytes = nullptr;
        if (family == AF_INET)
            bytes = &reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr;
        if (family == AF_INET6)
            bytes = &reinterpret_cast<const sockaddr_in6*>(each->ifa_addr)->sin6_addr;
        char text[INET6_ADDRSTRLEN] = "";
        if (bytes && ::inet_ntop(family, bytes, text, sizeof text)) names.insert(text);
    }
    return {names.begin(), names.end()};
}

} // namespace nephele::agent
