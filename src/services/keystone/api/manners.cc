// SPDX-License-Identifier: Apache-2.0
// How keystone behaves around every handler: its error body and its lists.
#include "services/keystone/api/support.h"

#include "base/strings.h"

namespace nephele::keystone {
namespace {

http::Response error_body(const Failure& failure, const http::RequestHead& head,
                          const std::string&) {
    http::Response response = json_response(
        failure.status(),
        Json::object(
            {{"error", Json::object({{"code", failure.status()},
                                     {"message", failure.what()},
                                     {"title", http::reason_phrase(failure.status())}})}}));
    if (failure.kind() == Fault::unauthorized)
        response.headers.set("WWW-Authenticate",
                             format("Keystone uri=\"{}://{}\"", head.tls ? "https" : "http",
                                    head.headers.get("Host", "localhost")));
    response.headers.set("Vary", "X-Auth-Token");
    return response;
}

} // namespace

Manners manners() {
    Manners manners;
    manners.error = error_body;
    manners.paging.links = Paging::Links::keystone;
    manners.paging.max_limit = 10'000;
    manners.lenient = false;
    manners.admin_rule = "admin_required";
    manners.middleware_401 = false;
    return manners;
}

} // namespace nephele::keystone
