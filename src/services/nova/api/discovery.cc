// SPDX-License-Identifier: Apache-2.0
// Version discovery: /, /v2.1, and the legacy list of extensions.
#include "services/nova/api/manners.h"

namespace nephele::nova {
using namespace api;
namespace {
constexpr const char* updated = "2013-07-23T11:33:21Z";
constexpr const char* updated_legacy = "2011-01-21T11:33:21Z";

Json version_entry(const Call& call, bool legacy, bool whole) {
    auto& versions = call.in.service.manners.versions;
    const char* id = legacy ? "v2.0" : "v2.1";
    Json links = Json::array({Json::object(
        {{"rel", "self"}, {"href", call.in.base_url + (legacy ? "/v2/" : "/v2.1/")}})});
    Json entry = Json::object({{"id", id},
                               {"status", legacy ? "SUPPORTED" : "CURRENT"},
                               {"version", legacy ? std::string() : versions.max.text()},
                               {"min_version", legacy ? std::string() : versions.min.text()},
                               {"updated", legacy ? updated_legacy : updated}});
    if (whole) {
        links.push_back(Json::object({{"rel", "describedby"},
                                      {"type", "text/html"},
                                      {"href", "http://docs.openstack.org/"}}));
        std::string type =
            std::string("application/vnd.openstack.compute+json;version=") + (legacy ? "2" : "2.1");
        entry["media-types"] =
            Json::array({Json::object({{"base", "application/json"}, {"type", std::move(type)}})});
    }
    entry["links"] = std::move(links);
    return entry;
}

Json root(Call& call) {
    return Json::object({{"versions", Json::array({version_entry(call, true, false),
                                                   version_entry(call, false, false)})}});
}

Json version(Call& call) {
    bool legacy = call.in.head.path.find("/v2.1") == std::string::npos;
    return Json::object({{"version", version_entry(call, legacy, true)}});
}
} // namespace

Resource discovery_resource() {
    return Resource()
        .on("GET /", "", root, {.open = true})
        .on("GET /v2.1", "", version, {.open = true});
}

} // namespace nephele::nova
