// SPDX-License-Identifier: Apache-2.0
// Neutron's error body and paging.
#include "services/neutron/api/manners.h"

namespace nephele::neutron {
namespace {
http::Response error(const Failure& failure, const http::RequestHead&, const std::string&) {
    if (failure.kind() == Fault::unauthorized)
        return api::json_response(
            401, Json::object({{"error", Json::object({{"code", 401},
                                                       {"title", "Unauthorized"},
                                                       {"message", failure.what()}})}}));
    std::string type = failure.code();
    if (type == "NotFound") type = "HTTPNotFound";
    return api::json_response(
        failure.status(),
        Json::object(
            {{"NeutronError",
              Json::object({{"type", type}, {"message", failure.what()}, {"detail", ""}})}}));
}
} // namespace

api::Manners manners() {
    api::Manners m;
    m.error = error;
    m.paging.max_limit = 1'000'000;
    m.paging.unknown_query_is_error = true;
    m.paging.show_takes_fields = true;
    m.paging.links = api::Paging::Links::neutron;
    m.lenient = true;
    m.admin_rule = "context_is_admin";
    m.invalid_input_code = "HTTPBadRequest";
    return m;
}

} // namespace nephele::neutron
