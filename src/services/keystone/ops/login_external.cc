// SPDX-License-Identifier: Apache-2.0
// The method "external": who it is was found out before the request got here. Either by the TLS
// certificate of the client (keystone.external_certificate: its common name is the user's name), or
// by a trusted proxy that says so in a header (keystone.external_header). Both are off by default.
#include "base/strings.h"
#include "services/keystone/logic/distinguished_name.h"
#include "services/keystone/ops/log_in.h"
#include "services/keystone/ops/login_attempt.h"
#include "services/keystone/store/identity.h"

#include <algorithm>

namespace nephele::keystone {
namespace {

// The only value of a header; nothing when it is missing, empty or there twice.
std::optional<std::string> sole_header(const http::RequestHead& head, const std::string& name) {
    std::optional<std::string> found;
    if (name.empty()) return found;
    int count = 0;
    for (const auto& [given, value] : head.headers.all())
        if (iequals(given, name)) {
            found = value;
            ++count;
        }
    if (count != 1 || found->empty()) return std::nullopt;
    return found;
}

logic::Named named_by_certificate(const Config& config, const http::RequestHead& head) {
    if (!config.boolean("keystone.external_certificate")) throw refused_login();
    const auto name = logic::sole_attribute(head.client_certificate_subject, "CN");
    if (!name) throw refused_login();
    logic::Named named{.name = *name};
    if (const auto attribute = config.text("keystone.external_domain_attribute");
        !attribute.empty()) {
        const auto domain = logic::sole_attribute(head.client_certificate_subject, attribute);
        if (!domain) throw refused_login();
        named.domain_name = *domain;
    } else {
        named.domain_id = config.text("keystone.external_domain");
    }
    return named;
}

logic::Named named_by_proxy(const Config& config, const http::RequestHead& head) {
    const auto proxies = config.list("keystone.trusted_proxies");
    const auto name = sole_header(head, config.text("keystone.external_header"));
    if (!name || std::find(proxies.begin(), proxies.end(), head.peer) == proxies.end())
        throw refused_login();
    logic::Named named{.name = *name};
    if (const auto domain = sole_header(head, config.text("keystone.external_domain_header")))
        named.domain_name = *domain;
    else
        named.domain_id = config.text("keystone.external_domain");
    return named;
}

} // namespace

void log_in_by_external(Attempt& attempt, const Json&) {
    if (!attempt.source.head) throw refused_login();
    const http::RequestHead& head = *attempt.source.head;
    const Config& config = attempt.cloud.config();
    const logic::Named named = head.client_certificate_subject.empty()
                                   ? named_by_proxy(config, head)
                                   : named_by_certificate(config, head);
    auto user = attempt.read([&](db::Tx& tx) { return find_named_user(tx, named); });
    if (!user || logic::is_inactive(attempt.state.rules, *user, attempt.now)) throw refused_login();
    attempt.prove(std::move(*user), {"external"});
}

} // namespace nephele::keystone
