// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/model/delegation.h"

#include "services/keystone/model/project.h"

namespace nephele::keystone {

const Shape<ApplicationCredential>& ApplicationCredential::shape() {
    using Self = ApplicationCredential;
    static const auto made = Shape<Self>("application_credential", "application_credentials")
                                 .field("id", &Self::id)
                                 .field("name", &Self::name)
                                 .field("user_id", &Self::user_id)
                                 .field("project_id", &Self::project_id)
                                 .field("description", &Self::description)
                                 .field("role_ids", &Self::role_ids)
                                 .field("access_rule_ids", &Self::access_rule_ids)
                                 .field("unrestricted", &Self::unrestricted)
                                 .field("expires_at", &Self::expires_at, {time_format(6, "")})
                                 .field("secret_hash", &Self::secret_hash, {secret})
                                 .field("source_id", &Self::source_id, {hidden});
    return made;
}

const Shape<AccessRule>& AccessRule::shape() {
    static const auto made =
        Shape<AccessRule>("access_rule", "access_rules")
            .field("id", &AccessRule::id)
            .field("user_id", &AccessRule::user_id, {hidden})
            .field("service", &AccessRule::service, {required, max_length(255)})
            .field("method", &AccessRule::method,
                   {required, one_of({"POST", "GET", "HEAD", "PATCH", "PUT", "DELETE"})})
            .field("path", &AccessRule::path, {required, max_length(225)});
    return made;
}

const Shape<Trust>& Trust::shape() {
    static const auto made =
        Shape<Trust>("trust", "trusts")
            .field("id", &Trust::id)
            .field("trustor_user_id", &Trust::trustor_user_id)
            .field("trustee_user_id", &Trust::trustee_user_id)
            .field("project_id", &Trust::project_id)
            .field("impersonation", &Trust::impersonation)
            .field("role_ids", &Trust::role_ids, {hidden})
            .field("expires_at", &Trust::expires_at, {time_format(6, "Z")})
            .field("remaining_uses", &Trust::remaining_uses)
            .field("allow_redelegation", &Trust::allow_redelegation, {hidden})
            .field("redelegation_count", &Trust::redelegation_count)
            .field("redelegated_trust_id", &Trust::redelegated_trust_id)
            .computed("deleted_at", [](const Trust&, const View&) { return Json(); })
            .computed("links", [](const Trust& trust, const View& view) {
                return self_link(view, "/v3/OS-TRUST/trusts/", trust.id);
            });
    return made;
}

const Shape<Credential>& Credential::shape() {
    static const auto made =
        Shape<Credential>("credential", "credentials")
            .field("id", &Credential::id, {read_only})
            .field("user_id", &Credential::user_id, {required, max_length(255)})
            .field("project_id", &Credential::project_id, {max_length(64)})
            .field("type", &Credential::type, {required, min_length(1), max_length(255)})
            .field("blob", &Credential::blob, {required, not_stored, max_length(65536)})
            .field("sealed_blob", &Credential::sealed_blob, {secret, read_only})
            .computed("links",
                      [](const Credential& credential, const View& view) {
                          return self_link(view, "/v3/credentials/", credential.id);
                      })
            .extras("extra", &Credential::extra, {read_only});
    return made;
}

const Table<ApplicationCredential>& table::application_credentials() {
    static const Table<ApplicationCredential> made(
        {.name = "keystone_application_credentials",
         .service = "keystone",
         .kind = "application_credential",
         .user_column = "user_id",
         .not_found_code = "ApplicationCredentialNotFound",
         .not_found_message = "Could not find Application Credential: {}."});
    return made;
}
const Table<AccessRule>& table::access_rules() {
    static const Table<AccessRule> made({.name = "keystone_access_rules",
                                         .service = "keystone",
                                         .kind = "access_rule",
                                         .user_column = "user_id",
                                         .not_found_code = "AccessRuleNotFound",
                                         .not_found_message = "Could not find Access Rule: {}."});
    return made;
}
const Table<Trust>& table::trusts() {
    static const Table<Trust> made({.name = "keystone_trusts",
                                    .service = "keystone",
                                    .kind = "trust",
                                    .not_found_code = "TrustNotFound",
                                    .not_found_message = "Could not find trust: {}."});
    return made;
}
const Table<Credential>& table::credentials() {
    static const Table<Credential> made({.name = "keystone_credentials",
                                         .service = "keystone",
                                         .kind = "credential",
                                         .user_column = "user_id",
                                         .not_found_code = "CredentialNotFound",
                                         .not_found_message = "Could not find credential: {}."});
    return made;
}

} // namespace nephele::keystone
