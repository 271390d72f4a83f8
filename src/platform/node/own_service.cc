// SPDX-License-Identifier: Apache-2.0
#include "platform/node/own_service.h"

#include "base/strings.h"
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

// Why a rule allows or denies the caller (or, with roles=, somebody holding them).
Json explain(Call& call) {
    auto service = call.query("service"), rule = call.query("rule");
    if (!service || !rule) throw bad_request("InvalidInput", "service= and rule= are needed.");
    Principal who = call.who;
    if (auto roles = call.query("roles")) who.roles = split(*roles, ',');
    auto target = owned_by(call.query("project_id").value_or(who.project_id), who.user_id);
    auto explanation = call.cloud.policy_of(*service).explain(*rule, who, target);
    return Json::object({{"explanation", explanation.to_json()}});
}

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
            {"policy:explain",
             "role:admin",
             "Explains a policy decision.",
             {{"GET", "/v1/policy/explain"}},
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
    service.resources = {Resource()
                             .on("GET /v1", "", version, {.open = true})
                             .on("GET /v1/operations", "operation:list", operations)
                             .on("POST /v1/operations/{id}/resume", "operation:resume", resume)
                             .on("GET /v1/policy/explain", "policy:explain", explain)
                             .on("GET /v1/journal", "journal:watch", watch_journal)};
    return service;
}

} // namespace nephele
