// SPDX-License-Identifier: Apache-2.0
// Version documents: clients start here.
#include "services/keystone/api/support.h"

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

Reply versions(Call& call) {
    Reply reply;
    reply.status = 300;
    reply.body = Json::object(
        {{"versions", Json::object({{"values", Json::array({version_document(call)})}})}});
    reply.headers.set("Location", call.in.base_url + "/v3/");
    reply.headers.set("Vary", "X-Auth-Token");
    return reply;
}

Json version(Call& call) { return Json::object({{"version", version_document(call)}}); }

} // namespace

Resource discovery_routes() {
    return Resource()
        .on("GET /", "", versions, {.open = true})
        .on("GET /v3", "", version, {.open = true});
}

} // namespace nephele::keystone
