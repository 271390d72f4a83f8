// SPDX-License-Identifier: Apache-2.0
#include "services/swift/api/exchange.h"

#include "base/strings.h"
#include "platform/log/log.h"

#include <algorithm>
#include <cstring>

namespace nephele::swift {
namespace {

struct Words {
    int status;
    const char *title, *text;
};
// What clients show to people, in upstream's words.
constexpr Words words[] = {
    {202, "Accepted", "The request is accepted for processing."},
    {400, "Bad Request",
     "The server could not comply with the request since it is either malformed or otherwise "
     "incorrect."},
    {401, "Unauthorized",
     "This server could not verify that you are authorized to access the document you requested."},
    {403, "Forbidden", "Access was denied to this resource."},
    {404, "Not Found", "The resource could not be found."},
    {405, "Method Not Allowed", "The method is not allowed for this resource."},
    {406, "Not Acceptable",
     "The resource is not available in a format acceptable to your browser."},
    {408, "Request Timeout",
     "The server has waited too long for the request to be sent by the client."},
    {409, "Conflict", "There was a conflict when trying to complete your request."},
    {410, "Gone", "This resource is no longer available."},
    {411, "Length Required", "Content-Length header required."},
    {412, "Precondition Failed", "A precondition for this request was not met."},
    {413, "Request Entity Too Large", "The body of your request was too large for this server."},
    {414, "Request URI Too Long", "The request URI was too long for this server."},
    {416, "Requested Range Not Satisfiable", "The Range requested is not available."},
    {422, "Unprocessable Entity", "Unable to process the contained instructions"},
    {499, "Client Disconnect", "The client was disconnected during request."},
    {500, "Internal Error",
     "The server has either erred or is incapable of performing the requested operation."},
    {501, "Not Implemented", "The requested method is not implemented by this server."},
    {503, "Service Unavailable",
     "The server is currently unavailable. Please try again at a later time."},
    {507, "Insufficient Storage", "There was not enough space to save the resource."},
};

} // namespace

Answer page(int status, std::string text, bool plain) {
    Answer answer;
    answer.status = status;
    answer.headers.set("Content-Type",
                       plain ? "text/plain; charset=UTF-8" : "text/html; charset=UTF-8");
    answer.body = std::move(text);
    if (!answer.body.empty()) return answer;
    for (auto& each : words)
        if (each.status == status)
            answer.body = format("<html><h1>{}</h1><p>{}</p></html>", each.title, each.text);
    return answer;
}

Answer refusal(const Refused& refused) {
    Answer answer = page(refused.status, refused.what(), refused.plain);
    for (auto& [name, value] : refused.headers) answer.headers.set(name, value);
    return answer;
}

const std::string* Request::param(std::string_view name) const {
    for (auto& [key, value] : query)
        if (key == name) return &value;
    return nullptr;
}

void Request::drop_param(std::string_view name) {
    std::erase_if(query, [&](const auto& each) { return each.first == name; });
}

Request Request::ask(std::string wanted, std::string in, std::string named) const {
    Request out{site, head};
    out.method = std::move(wanted);
    out.trans_id = trans_id;
    out.mount = mount;
    out.account = account;
    out.container = std::move(in);
    out.object = std::move(named);
    out.caller = caller;
    out.internal = internal;
    out.length = 0;
    if (auto* referrer = headers.find("Referer")) out.headers.set("Referer", *referrer);
    return out;
}

Answer Next::operator()(Request& request) const {
    if (step_ == end_) throw Refused(500);
    return (*step_)(request, Next(step_ + 1, end_));
}

Answer Next::tried(Request& request) const {
    try {
        return (*this)(request);
    } catch (const Refused& refused) {
        return refusal(refused);
    } catch (const Failure& failure) {
        log::error("a request failed", {{"transaction", request.trans_id},
                                        {"what", failure.what()},
                                        {"internals", failure.internals()}});
        return page(failure.status() < 500 ? 500 : failure.status());
    }
}

std::size_t TextBody::read(char* into, std::size_t size) {
    auto count = std::min(size, text_.size() - at_);
    std::memcpy(into, text_.data() + at_, count);
    at_ += count;
    return count;
}

std::string read_body(Request& request, std::size_t limit) {
    std::string out;
    if (!request.body) return out;
    char piece[16384];
    while (auto count = request.body->read(piece, sizeof piece)) {
        if (out.size() + count > limit) throw Refused(413);
        out.append(piece, count);
    }
    return out;
}

std::string read_content(Answer& answer, std::size_t limit) {
    if (!answer.content) return answer.body;
    auto size = answer.content->size();
    if (size > limit) throw Refused(413);
    std::string out(size, '\0');
    std::size_t at = 0;
    while (at < out.size()) {
        auto count = answer.content->read(at, out.data() + at, out.size() - at);
        if (count == 0) throw Failure(Fault::internal, "ObjectCutShort", "an object ended early");
        at += count;
    }
    return out;
}

} // namespace nephele::swift
