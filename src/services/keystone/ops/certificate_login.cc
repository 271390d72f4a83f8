// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/certificate_login.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/keystone/logic/certificate_attributes.h"
#include "services/keystone/ops/federated_login.h"
#include "services/keystone/ops/watched_login.h"

#include <algorithm>

namespace nephele::keystone {
namespace {
using logic::ScopeWish;

constexpr std::size_t most_kept = 4096;

// Nothing without a scope: the client did not mean this.
std::optional<ScopeWish> scope_in(const http::RequestHead& head) {
    const auto value = [&](const char* name) { return head.headers.get(name); };
    ScopeWish wish;
    wish.kind = ScopeWish::Kind::project;
    wish.named.id = value("X-Project-Id");
    if (!wish.named.id.empty()) return wish;
    wish.named = {.name = value("X-Project-Name"),
                  .domain_id = value("X-Project-Domain-Id"),
                  .domain_name = value("X-Project-Domain-Name")};
    if (!wish.named.name.empty()) {
        if (wish.named.domain_id.empty() && wish.named.domain_name.empty())
            throw bad_request("ValidationError",
                              "Neither Project Domain ID nor Project Domain Name was provided.");
        return wish;
    }
    wish.kind = ScopeWish::Kind::domain;
    wish.named = {.id = value("X-Domain-Id"), .name = value("X-Domain-Name")};
    if (wish.named.id.empty() && wish.named.name.empty()) return std::nullopt;
    return wish;
}

std::string key_of(const http::RequestHead& head, const ScopeWish& wish) {
    std::string key = head.client_certificate_thumbprint;
    const auto& named = wish.named;
    key += wish.kind == ScopeWish::Kind::project ? "\nproject" : "\ndomain";
    for (const auto& part : {named.id, named.name, named.domain_id, named.domain_name})
        key += "\n" + part;
    return key;
}

// First without a scope, by the mapping; then in the scope asked for.
Issued log_in(Cloud& cloud, const FederatedLogin& login, const ScopeWish& wish) {
    Issued unscoped = log_in_federated(cloud, login);
    Proof proof;
    proof.user = unscoped.facts.user;
    proof.methods = unscoped.facts.claims.methods;
    proof.parent = unscoped.facts.claims;
    logic::AuthRequest request;
    request.scope = wish;
    return issue_for(cloud, proof, request);
}

} // namespace

CertificateLogins::CertificateLogins(Cloud& cloud)
    : cloud_(cloud), issuers_(cloud.config().list("keystone.tokenless_trusted_issuers")),
      protocol_(cloud.config().text("keystone.tokenless_protocol")),
      issuer_attribute_(cloud.config().text("keystone.tokenless_issuer_attribute")) {}

std::string CertificateLogins::kept(const std::string& key) {
    std::lock_guard lock(mutex_);
    const auto found = tokens_.find(key);
    return found == tokens_.end() ? "" : found->second;
}

void CertificateLogins::keep(const std::string& key, const std::string& token) {
    std::lock_guard lock(mutex_);
    if (tokens_.size() >= most_kept) tokens_.clear();
    tokens_[key] = token;
}

std::optional<Principal> CertificateLogins::authenticate(std::string_view service_type,
                                                         const http::RequestHead& head) {
    if (service_type != "identity") return std::nullopt;
    auto attributes = logic::tokenless_attributes(head.client_certificate_subject,
                                                  head.client_certificate_issuer);
    const auto issuer = attributes.find(issuer_attribute_);
    if (issuer == attributes.end() || issuer->second.size() != 1) return std::nullopt;
    const std::string name = issuer->second.front();
    if (std::find(issuers_.begin(), issuers_.end(), name) == issuers_.end()) return std::nullopt;
    const auto wish = scope_in(head);
    if (!wish) return std::nullopt;
    const std::string key = key_of(head, *wish);
    if (const std::string token = kept(key); !token.empty())
        if (auto who = cloud_.authenticator->authenticate(token)) return who;
    LoginOutcome outcome = begun_login(cloud_, head, "", {federated_method(protocol_)});
    outcome.identity_provider_id = hex_encode(crypto::sha256(name));
    outcome.protocol_id = protocol_;
    const FederatedLogin login{.identity_provider_id = outcome.identity_provider_id,
                               .protocol_id = protocol_,
                               .attributes = std::move(attributes),
                               .remote_id_attribute = issuer_attribute_};
    try {
        const Issued issued = watched(cloud_, std::move(outcome),
                                      [&](LoginOutcome&) { return log_in(cloud_, login, *wish); });
        keep(key, issued.token);
        return cloud_.authenticator->authenticate(issued.token);
    } catch (const Failure& failure) {
        // No mapping, nobody it means, no role there: whatever it is, nobody calls.
        if (failure.status() >= 500) throw;
        return std::nullopt;
    }
}

std::vector<Option> certificate_options() {
    return {
        {"keystone.tokenless_trusted_issuers", Json::array(),
         "issuers (\"CN=ca,O=Example\") whose client certificates call without a token; empty: "
         "none"},
        {"keystone.tokenless_protocol", "x509",
         "protocol of the identity provider that stands for the issuer (its id is the SHA-256 of "
         "the "
         "issuer's name in hexadecimal digits)"},
        {"keystone.tokenless_issuer_attribute", "SSL_CLIENT_I_DN",
         "attribute of the certificate that names the issuer"},
        {"keystone.oauth2_cert_dn_mapping_id", "oauth2_mapping",
         "mapping that says which user the certificate of an OAuth 2.0 client is; while there is "
         "no "
         "such mapping the subject must say so itself (UID, or CN with DC or O)"},
    };
}

void start_certificate_logins(Cloud& cloud) {
    if (!cloud.config().list("keystone.tokenless_trusted_issuers").empty())
        cloud.add_state<CertificateAuthenticator>(std::make_shared<CertificateLogins>(cloud));
}

} // namespace nephele::keystone
