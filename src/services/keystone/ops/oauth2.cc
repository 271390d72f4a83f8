// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/oauth2.h"

#include "base/strings.h"
#include "services/keystone/logic/certificate_attributes.h"
#include "services/keystone/logic/distinguished_name.h"
#include "services/keystone/model/federation.h"
#include "services/keystone/ops/login_attempt.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {

// Without a mapping the subject must say it as upstream's documented mapping has it: UID is the
// user's id, CN its name, emailAddress its address, DC and O the domain's id and name. Whatever of
// it the certificate carries must be right, and the user must be named by id or by name and domain.
bool subject_fits(const std::string& subject, const User& user, const Domain& domain) {
    const auto attributes = logic::parse_distinguished_name(subject);
    if (!attributes) return false;
    bool id = false, name = false, of_domain = false;
    for (const auto& [attribute, value] : *attributes) {
        bool right = true;
        if (attribute == "UID")
            id = right = value == user.id;
        else if (attribute == "CN")
            name = right = value == user.name;
        else if (attribute == "EMAILADDRESS")
            right = value == user.email.value_or("");
        else if (attribute == "DC")
            of_domain = right = value == domain.id;
        else if (attribute == "O")
            of_domain = right = value == domain.name;
        if (!right) return false;
    }
    return id || (name && of_domain);
}

// What the mapping makes of the certificate must be this user. Each part it gives must be right,
// and it must give an id, or a name and a domain.
bool mapping_fits(const Mapping& mapping, const http::RequestHead& head, const User& user,
                  const Domain& domain) {
    logic::MappedIdentity mapped;
    try {
        mapped = logic::apply_mapping(
            Json::object({{"rules", mapping.rules}, {"schema_version", mapping.schema_version}}),
            mapping.id,
            logic::oauth2_attributes(head.client_certificate_subject,
                                     head.client_certificate_issuer));
    } catch (const Failure& failure) {
        if (failure.status() >= 500) throw;
        return false;
    }
    const auto right = [](const std::string& said, const std::string& is) {
        return said.empty() || said == is;
    };
    const bool named =
        !mapped.user_id.empty() || (!mapped.user_name.empty() && mapped.user_domain.given());
    return named && right(mapped.user_id, user.id) && right(mapped.user_name, user.name) &&
           right(mapped.email, user.email.value_or("")) &&
           right(mapped.user_domain.id, domain.id) && right(mapped.user_domain.name, domain.name);
}

bool certificate_fits(Cloud& cloud, db::Tx& tx, const http::RequestHead& head, const User& user,
                      const Domain& domain) {
    const std::string id = cloud.config().text("keystone.oauth2_cert_dn_mapping_id");
    if (!id.empty())
        if (const auto mapping = find(tx, table::mappings(), Scope::all(), id))
            return mapping_fits(*mapping, head, user, domain);
    return subject_fits(head.client_certificate_subject, user, domain);
}

} // namespace

Issued token_for_client(Cloud& cloud, const LoginSource& source, const std::string& client_id,
                        const std::string& secret) {
    logic::AuthRequest request;
    request.methods.emplace_back("application_credential",
                                 Json::object({{"id", client_id}, {"secret", secret}}));
    return log_in(cloud, request, source);
}

Issued token_for_certificate(Cloud& cloud, const LoginSource& source,
                             const std::string& client_id) {
    if (!source.head || source.head->client_certificate_thumbprint.empty()) throw refused_login();
    return cloud.db().read([&](db::Tx& tx) {
        const auto user = find_named_user(tx, {.id = client_id});
        if (!user || logic::is_inactive(cloud.state<State>().rules, *user, cloud.now()))
            throw refused_login();
        const auto domain = store::find_domain(tx, user->domain_id);
        if (!domain || !certificate_fits(cloud, tx, *source.head, *user, *domain))
            throw refused_login();
        Claims claims;
        claims.user_id = user->id;
        claims.methods = {"oauth2_credential"};
        claims.project_id = user->default_project_id.value_or("");
        claims.certificate_thumbprint = source.head->client_certificate_thumbprint;
        return issue(cloud, tx, std::move(claims), nullptr);
    });
}

} // namespace nephele::keystone
