// SPDX-License-Identifier: Apache-2.0
// From what a handler gave, or how it failed, to the HTTP answer.
#pragma once
#include "platform/api/service.h"

namespace nephele::api {

http::Response answer_result(const Incoming& in, const Page& page, Result& result,
                             const http::Headers& headers, int status);
http::Response answer_reply(const Incoming& in, Reply reply);
/// The service's error body for any failure; `service` null: a request no service matched.
http::Response answer_failure(const Service* service, const http::RequestHead& head,
                              const std::string& request_id, const Failure& failure);
/// Headers every answer of a service carries: request id, version, Vary.
void add_common_headers(const Service& service, const Version& version,
                        const std::string& request_id, http::Response& response);
/// Any exception a handler may throw as a Failure; logs what is our bug.
Failure failure_of(const std::exception& error);

} // namespace nephele::api
