// SPDX-License-Identifier: Apache-2.0
// Federation as a part of the service: its resources, options, tables, tasks and checks.
#pragma once
#include "services/keystone/api/support.h"

namespace nephele::keystone {

void add_federation(Service& service);

Resource identity_provider_routes();
Resource federation_protocol_routes();
Resource mapping_routes();
Resource service_provider_routes();
Resource federated_auth_routes();
Resource saml_routes();
std::vector<Option> saml_options();
std::vector<policy::Rule> federation_policies();

/// Throws Failure(bad_request) for an id that is longer than 64 characters.
void check_federation_id(const std::string& id);
/// The record in a body that makes it under `id`.
template <class T> T read_new(Call& call, const Json& body, const std::string& id) {
    check_federation_id(id);
    T record;
    call.reading.mode = Reading::Mode::create;
    T::shape().read(without_own_id(T::shape(), body, id), &record, call.reading);
    record.id = id;
    return record;
}
/// 201 with the record in its wrapper.
template <class T> Reply created_reply(Call& call, const T& record) {
    Reply reply;
    reply.status = 201;
    reply.body = Json::object({{T::shape().name(), T::shape().write(&record, call.view())}});
    return reply;
}

} // namespace nephele::keystone
