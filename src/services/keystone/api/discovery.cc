// SPDX-License-Identifier: Apache-2.0
// Version documents: clients start here.
#include "services/keystone/api/support.h"
#include "services/keystone/logic/json_home.h"

namespace nephele::keystone {
namespace {

Json version_document(const Call& call) {
    return Json::object(
        {{"id", "v3.14"},
         {"status", "stable"},
         {"updated", "2020-04-07T00:00:00Z"},
         {"links",
          Json::array({Json::object({{"rel", "self"}, {"href", call.in.base_url + "/v3/"}})})},
         {"media-types",
          Json::array({Json::object({{"base", "application/json"},
                                     {"type", "application/vnd.openstack.identity-v3+json"}})})}});
}

bool wants_json_home(const Call& call) {
    const auto* accept = call.in.head.headers.find("Accept");
    return accept && accept->find("application/json-home") != std::string::npos;
}

// Each path once, without "/v3", in the order the routes are declared.
std::vector<std::string> resource_paths(const Service& service) {
    std::vector<std::string> paths;
    for (const auto& resource : service.resources)
        for (const auto& route : resource.routes) {
            if (!route.path.starts_with("/v3/")) continue;
            std::string path = route.path.substr(3);
            if (std::find(paths.begin(), paths.end(), path) == paths.end())
                paths.push_back(std::move(path));
        }
    return paths;
}

Reply json_home(const Call& call, const std::string& prefix) {
    Reply reply;
    reply.content_type = "application/json-home";
    reply.headers.set("Vary", "Accept");
    reply.body = logic::json_home(resource_paths(call.in.service), prefix);
    return reply;
}

Reply versions(Call& call) {
    if (wants_json_home(call)) return json_home(call, "/v3");
    Reply reply;
    reply.status = 300;
    reply.body = Json::object(
        {{"versions", Json::object({{"values", Json::array({version_document(call)})}})}});
    reply.headers.set("Location", call.in.base_url + "/v3/");
    reply.headers.set("Vary", "X-Auth-Token");
    return reply;
}

Reply version(Call& call) {
    if (wants_json_home(call)) return json_home(call, "");
    Reply reply;
    reply.body = Json::object({{"version", version_document(call)}});
    return reply;
}

} // namespace

Resource discovery_routes() {
    return Resource()
        .on("GET /", "", versions, {.open = true})
        .on("GET /v3", "", version, {.open = true});
}

} // namespace nephele::keystone
