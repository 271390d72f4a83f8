// SPDX-License-Identifier: Apache-2.0
// Version discovery: /, /v2.1, and the legacy list of extensions.
#include "services/nova/api/manners.h"

namespace nephele::nova {
using namespace api;
namespace {
constexpr const char* updated = "2013-07-23T11:33:21Z";

Json version_entry(const Call& call, bool whole) {
    auto& versions = call.in.service.manners.versions;
    Json links =
        Json::array({Json::object({{"rel", "self"}, {"href", call.in.base_url + "/v2.1/"}})});
    Json entry = Json::object({{"id", "v2.1"},
                               {"status", "CURRENT"},
                               {"version", versions.max.text()},
                               {"min_version", versions.min.text()},
                               {"updated", updated}});
    if (whole) {
        links.push_back(Json::object({{"rel", "describedby"},
                                      {"type", "text/html"},
                                      {"href", "http://docs.openstack.org/"}}));
        entry["media-types"] = Json::array(
            {Json::object({{"base", "application/json"},
                           {"type", "application/vnd.openstack.compute+json;version=2.1"}})});
    }
    entry["links"] = std::move(links);
    return entry;
}

Json root(Call& call) {
    return Json::object({{"versions", Json::array({version_entry(call, false)})}});
}

Json version(Call& call) { return Json::object({{"version", version_entry(call, true)}}); }

Json extensions(Call&) { return Json::object({{"extensions", Json::array()}}); }

Json extension(Call& call) {
    throw not_found("ExtensionNotFound", "There is no extension " + call.path("alias") +
                                             ": what they added is part of the API.");
}
} // namespace

Resource discovery_resource() {
    return Resource()
        .on("GET /", "", root, {.open = true})
        .on("GET /v2.1", "", version, {.open = true})
        .on("GET /v2.1/extensions", rule("extensions"), extensions)
        .on("GET /v2.1/extensions/{alias}", rule("extensions"), extension);
}

} // namespace nephele::nova
