// SPDX-License-Identifier: Apache-2.0
#include "platform/api/answer.h"

#include "base/strings.h"
#include "platform/api/query.h"
#include "platform/log/log.h"

namespace nephele::api {
namespace {
// For requests that reach no service: plain and in nobody's style.
http::Response plain_error(const Failure& failure) {
    return json_response(failure.status(),
                         Json::object({{"error", Json::object({{"code", failure.status()},
                                                               {"type", failure.code()},
                                                               {"message", failure.what()}})}}));
}

std::string body_of(const Incoming& in, const Page& page, Result& result) {
    if (result.text.empty()) return result.value.dump();
    std::string body = std::move(result.text);
    if (!result.is_list) return body;
    body += ']';
    if (Json links = paging_links(in, page, result); links.size()) {
        std::string members = links.dump();
        body.append(",").append(members, 1, members.size() - 2);
    }
    return body += '}';
}

bool has_body(int status) { return status != 204 && status != 304 && status >= 200; }
} // namespace

http::Response json_response(int status, const Json& body) {
    http::Response response;
    response.status = status;
    response.headers.set("Content-Type", "application/json");
    response.body = body.dump();
    return response;
}

http::Response answer_result(const Incoming& in, const Page& page, Result& result,
                             const http::Headers& headers, int status) {
    if (result.reply) {
        http::Response response = answer_reply(in, std::move(*result.reply));
        for (auto& [name, value] : headers.all()) response.headers.set(name, value);
        return response;
    }
    http::Response response;
    int fallback = in.route.options.status ? in.route.options.status : result.none ? 204 : 200;
    response.status = status ? status : fallback;
    if (!result.none && has_body(response.status)) {
        response.headers.set("Content-Type", "application/json");
        response.body = body_of(in, page, result);
    }
    for (auto& [name, value] : headers.all()) response.headers.set(name, value);
    return response;
}

http::Response answer_reply(const Incoming&, Reply reply) {
    http::Response response;
    response.status = reply.status;
    response.headers = std::move(reply.headers);
    response.file = std::move(reply.file);
    response.stream = std::move(reply.stream);
    response.upgrade = std::move(reply.upgrade);
    response.websocket_protocol = std::move(reply.websocket_protocol);
    bool typed = response.file || response.stream || reply.raw || !reply.body.is_null();
    if (typed && !response.headers.find("Content-Type"))
        response.headers.set("Content-Type", reply.content_type);
    if (reply.raw)
        response.body = std::move(*reply.raw);
    else if (!reply.body.is_null())
        response.body = reply.body.dump();
    return response;
}

http::Response answer_failure(const Service* service, const http::RequestHead& head,
                              const std::string& request_id, const Failure& failure) {
    http::Response response;
    if (service && service->manners.error) {
        bool invalid =
            failure.code() == "InvalidInput" && !service->manners.invalid_input_code.empty();
        if (invalid) {
            Failure renamed(failure.kind(), service->manners.invalid_input_code, failure.what());
            response = service->manners.error(renamed, head, request_id);
        } else {
            response = service->manners.error(failure, head, request_id);
        }
    } else {
        response = plain_error(failure);
    }
    for (auto& [name, value] : failure.headers()) response.headers.set(name, value);
    if (failure.kind() == Fault::unauthorized && !response.headers.find("WWW-Authenticate"))
        response.headers.set("WWW-Authenticate", "Keystone uri=\"/identity\"");
    if (failure.kind() == Fault::unavailable && !response.headers.find("Retry-After"))
        response.headers.set("Retry-After", "1");
    return response;
}

void add_common_headers(const Service& service, const Version& version,
                        const std::string& request_id, http::Response& response) {
    const Manners& manners = service.manners;
    response.headers.set("x-openstack-request-id", request_id);
    if (manners.request_id_header != "x-openstack-request-id")
        response.headers.set(manners.request_id_header, request_id);
    if (!manners.versions.negotiated) return;
    response.headers.set("OpenStack-API-Version",
                         manners.versions.service_type + " " + version.text());
    std::string vary = "OpenStack-API-Version";
    if (!manners.versions.legacy_header.empty()) {
        response.headers.set(manners.versions.legacy_header, version.text());
        vary += ", " + manners.versions.legacy_header;
    }
    response.headers.set("Vary", vary);
}

Failure failure_of(const std::exception& error) {
    if (auto* failure = dynamic_cast<const Failure*>(&error)) {
        if (failure->status() >= 500)
            log::error("request failed", {{"code", failure->code()},
                                          {"message", failure->what()},
                                          {"internals", failure->internals()}});
        return *failure;
    }
    if (auto* constraint = dynamic_cast<const db::ConstraintError*>(&error)) {
        log::warning("constraint refused a change", {{"what", constraint->what()}});
        return Failure(
            Fault::conflict, "Conflict",
            "The change conflicts with a record that is there already or is still in use. "
            "Read the current state and repeat the request.");
    }
    if (dynamic_cast<const db::Unavailable*>(&error)) {
        log::error("database unavailable", {{"what", error.what()}});
        return Failure(Fault::unavailable, "DatabaseUnavailable",
                       "The database is not available for the moment. Repeat the request.");
    }
    if (auto* engine = dynamic_cast<const EngineFailure*>(&error)) {
        log::error("engine failed in a request", {{"what", engine->what()}});
        return Failure(Fault::unavailable, "EngineUnavailable",
                       "A part of the cloud that this request needs did not answer. Repeat it.");
    }
    log::error("unexpected exception in a request", {{"what", error.what()}});
    return Failure(
        Fault::internal, "InternalError",
        "An unexpected error prevented the server from fulfilling your request. Report the "
        "request id to the operator.");
}

} // namespace nephele::api
