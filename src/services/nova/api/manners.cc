// SPDX-License-Identifier: Apache-2.0
#include "services/nova/api/manners.h"

#include "base/strings.h"

#include <algorithm>

namespace nephele::nova {
using namespace api;
namespace {
const char* error_key(int status) {
    switch (status) {
    case 400:
        return "badRequest";
    case 401:
        return "unauthorized";
    case 403:
        return "forbidden";
    case 404:
        return "itemNotFound";
    case 405:
        return "badMethod";
    case 409:
        return "conflictingRequest";
    case 413:
    case 429:
        return "overLimit";
    case 415:
        return "badMediaType";
    case 501:
        return "notImplemented";
    case 503:
        return "serviceUnavailable";
    default:
        return "computeFault";
    }
}

http::Response error(const Failure& failure, const http::RequestHead&, const std::string&) {
    std::string message = failure.what();
    // Upstream's clients and tests look for this wording.
    if (failure.code() == "PolicyNotAuthorized")
        message =
            format("Policy doesn't allow {} to be performed.", failure.details().text("rule"));
    Json body = Json::object({{"code", failure.status()}, {"message", message}});
    return json_response(failure.status(),
                         Json::object({{error_key(failure.status()), std::move(body)}}));
}
} // namespace

Manners manners() {
    Manners m;
    m.error = error;
    m.request_id_header = "x-compute-request-id";
    m.versions.negotiated = true;
    m.versions.service_type = "compute";
    m.versions.legacy_header = "X-OpenStack-Nova-API-Version";
    m.versions.min = {2, 1};
    // 2.97 adds shares of servers, which are not built; the README says what else counts.
    m.versions.max = {2, 96};
    m.paging.default_limit = 1000;
    m.paging.max_limit = 1000;
    m.paging.links = Paging::Links::nova;
    return m;
}

Json next_link(const Call& call, const std::string& marker) {
    std::string url = call.in.base_url + call.in.service_path;
    char glue = '?';
    for (auto& [key, value] : call.in.query) {
        if (key == "marker") continue;
        url += glue + percent_encode(key) + "=" + percent_encode(value);
        glue = '&';
    }
    url += glue + std::string("marker=") + percent_encode(marker);
    return Json::array({Json::object({{"rel", "next"}, {"href", url}})});
}

const Json& only_member(const Json& body, const std::string& name) {
    const Json* inner = body.find(name);
    if (!inner || body.size() != 1)
        throw bad_request("ValidationError",
                          format("Invalid input for field/attribute body. '{}' is a required "
                                 "property and nothing else is allowed beside it.",
                                 name));
    return *inner;
}

void check_members(const Json& body, std::initializer_list<const char*> known) {
    if (!body.is_object())
        throw bad_request("ValidationError", "Invalid input for field/attribute body. An object is "
                                             "expected.");
    for (auto& [key, value] : body.as_object())
        if (std::find(known.begin(), known.end(), key) == known.end())
            throw bad_request("ValidationError",
                              format("Additional properties are not allowed ('{}' was unexpected)",
                                     key.substr(0, 100)));
}

std::string name_member(const Json& body, const char* member) {
    const Json& name = body.get(member);
    if (!name.is_string() || trim(name.as_string()).empty() || utf8_length(name.as_string()) > 255)
        throw bad_request(
            "ValidationError",
            format("Invalid input for field/attribute {}: 1 to 255 characters.", member));
    return name.as_string();
}

} // namespace nephele::nova
