// SPDX-License-Identifier: Apache-2.0
// Requests without a token, by a client certificate of an issuer that is trusted for this (upstream
// calls it tokenless authorization). The issuer is an identity provider, whose mapping says who the
// certificate is; the scope stands in the request's headers. Identity service only, as upstream.
#pragma once
#include "platform/auth/certificate_authenticator.h"
#include "platform/context/context.h"

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace nephele::keystone {

/// The certificate logs in like anybody at an identity provider. The token that comes of it stays
/// here and is looked up again at each request, so that whatever ends tokens ends this.
class CertificateLogins : public CertificateAuthenticator {
  public:
    explicit CertificateLogins(Cloud& cloud);
    std::optional<Principal> authenticate(std::string_view service_type,
                                          const http::RequestHead& head) override;

  private:
    std::string kept(const std::string& key);
    void keep(const std::string& key, const std::string& token);

    Cloud& cloud_;
    std::vector<std::string> issuers_;
    std::string protocol_, issuer_attribute_;
    std::mutex mutex_;
    std::unordered_map<std::string, std::string> tokens_;
};

std::vector<Option> certificate_options();
/// Offers it when issuers are configured.
void start_certificate_logins(Cloud& cloud);

} // namespace nephele::keystone
