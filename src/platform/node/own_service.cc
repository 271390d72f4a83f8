// SPDX-License-Identifier: Apache-2.0
#include "platform/node/own_service.h"

#include "base/strings.h"
#include "platform/node/agents_api.h"
#include "platform/node/audit.h"
#include "platform/node/policy_api.h"
#include "platform/node/watch.h"

namespace nephele {
using namespace api;
namespace {
http::Response own_error(const Failure& failure, const http::RequestHead&,
                         const std::string& request_id) {
    Json error = Json::object({{"code", failure.code()},
                               {"status", failure.status()},
                               {"message", failure.what()},
                               {"request_id", request_id}});
    if (failure.details().size()) error["details"] = failure.details();
    return json_response(failure.status(), Json::object({{"error", std::move(error)}}));
}

Json version(Call&) {
    return Json::object({{"version", Json::object({{"id", "v1"}, {"status", "CURRENT"}})}});
}

// Unfinished operations, or (resource_kind, resource_id) all of one resource.
Json operations(Call& call) {
    auto kind = call.query("resource_kind"), id = call.query("resource_id");
    auto records =
        kind && id ? ops::of_resource(call.tx, *kind, *id) : ops::unfinished(call.tx, 1000);
    Json list = Json::array();
    for (auto& record : records) list.push_back(ops::Record::shape().write(&record, call.view()));
    return Json::object({{"operations", std::move(list)}});
}

void resume(Call& call) { ops::resume_parked(call, call.path("id")); }

std::vector<policy::Rule> rules() {
    return {{"context_is_admin", "role:admin", "Sees everything.", {}, {}},
            {"operation:list",
             "role:admin",
             "Lists durable operations.",
             {{"GET", "/v1/operations"}},
             {}},
            {"operation:resume",
             "role:admin",
             "Puts a parked operation back to work.",
             {{"POST", "/v1/operations/{id}/resume"}},
             {}},
            {"journal:watch",
             "role:reader",
             "Follows changes; of the own project unless administrator.",
             {{"GET", "/v1/journal"}},
             {}},
            {"audit:list",
             "role:admin or (role:reader and system_scope:all)",
             "Reads what happened, as CADF events.",
             {{"GET", "/v1/audit"}},
             {}}};
}
} // namespace

Service own_service() {
    Service service;
    service.name = "nephele";
    service.type = "cloud";
    service.description = "Nephele's own API: operations, journal, policy";
    service.prefix = "/nephele";
    service.catalog_path = "/v1";
    service.manners.error = own_error;
    service.policies = rules();
    for (auto& rule : policy_api_rules()) service.policies.push_back(std::move(rule));
    for (auto& rule : agents_rules()) service.policies.push_back(std::move(rule));
    service.resources = {Resource()
                             .on("GET /v1", "", version, {.open = true})
                             .on("GET /v1/operations", "operation:list", operations)
                             .on("POST /v1/operations/{id}/resume", "operation:resume", resume)
                             .on("GET /v1/audit", "audit:list", audit_events)
                             .on("GET /v1/journal", "journal:watch", watch_journal),
                         policy_resource(), agents_resource()};
    return service;
}

} // namespace nephele
