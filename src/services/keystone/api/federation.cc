// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/api/federation.h"

#include "services/keystone/api/federated_reply.h"
#include "services/keystone/ops/certificate_login.h"
#include "services/keystone/store/federation.h"

namespace nephele::keystone {
namespace {

template <class T> void append(std::vector<T>& all, std::vector<T> more) {
    for (T& one : more) all.push_back(std::move(one));
}

std::vector<Option> federation_options() {
    return {
        {"keystone.trusted_dashboards", Json::array(),
         "addresses that browsers may carry a token to after a federated login, as "
         "\"https://host/auth/websso/\""},
        {"keystone.remote_id_attribute", "",
         "attribute that names the identity provider, where a protocol does not say which"},
        {"keystone.assertion_prefix", "",
         "only headers whose CGI name (HTTP_...) begins so are read as attributes"},
        {"keystone.default_authorization_ttl", 0,
         "minutes that groups of a federated user last for what logs in without it"},
        {"keystone.federation_front_secret", "",
         "what a web server in front that does the federated logins proves itself by, in the "
         "header X-Federation-Secret; empty: nobody does"},
        {"keystone.federation_front_addresses", Json::array(),
         "addresses such a web server connects from; empty: any, if it knows the secret"},
        {"keystone.federation_providers_file", "",
         "YAML file of the identity providers this program talks to itself (OpenID Connect, SAML)"},
        {"keystone.relay_state_prefix",
         "ss:mem:", "beginning of the relay state of assertions for other clouds"},
    };
}

void forget_memberships(Cloud& cloud) {
    write_as_cloud(cloud, "", [](Context& context) {
        store::forget_expired_memberships(context);
        store::forget_used_assertions(context);
    });
}

template <std::vector<std::string> (*find)(db::Tx&)>
std::vector<std::string> check(Cloud&, db::Tx& tx) {
    return find(tx);
}

} // namespace

void add_federation(Service& service) {
    append(service.resources, {identity_provider_routes(), federation_protocol_routes(),
                               mapping_routes(), service_provider_routes(), federated_auth_routes(),
                               saml_routes(), saml_service_routes()});
    append(service.policies, federation_policies());
    append(service.options, federation_options());
    append(service.options, saml_options());
    append(service.options, certificate_options());
    append(service.migrations, store::federation_migrations());
    service.tasks.push_back(
        {.name = "keystone.forget_memberships", .every_ms = 3'600'000, .run = forget_memberships});
    append<const TableBase*>(service.tables,
                             {&table::identity_providers(), &table::federation_protocols(),
                              &table::mappings(), &table::service_providers(),
                              &table::federated_identities(), &table::expiring_memberships()});
    append<Check>(
        service.checks,
        {{"federated identities have a protocol", check<store::federated_identities_of_nobody>},
         {"identity providers have a domain", check<store::identity_providers_of_no_domain>}});
}

} // namespace nephele::keystone
