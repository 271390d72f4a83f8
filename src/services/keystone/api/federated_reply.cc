// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/api/federated_reply.h"

#include "base/strings.h"
#include "platform/xml/xml.h"
#include "services/keystone/api/token_reply.h"
#include "services/keystone/ops/federated_login.h"
#include "services/keystone/ops/watched_login.h"

namespace nephele::keystone {
namespace {

// A form that posts itself to the dashboard.
Reply form_reply(const std::string& origin, const std::string& token) {
    Reply reply;
    reply.content_type = "text/html; charset=utf-8";
    reply.headers.set("Cache-Control", "no-store");
    reply.headers.set("Referrer-Policy", "no-referrer");
    reply.raw = format("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
                       "<title>Keystone WebSSO redirect</title>\n</head>\n<body>\n"
                       "<form id=\"sso\" name=\"sso\" action=\"{}\" method=\"post\">\n"
                       "Please wait...\n<br/>\n"
                       "<input type=\"hidden\" name=\"token\" id=\"token\" value=\"{}\"/>\n"
                       "<noscript>\n<input type=\"submit\" name=\"submit_no_javascript\" "
                       "id=\"submit_no_javascript\" value=\"If your JavaScript is disabled, please "
                       "click to continue\"/>\n</noscript>\n</form>\n"
                       "<script type=\"text/javascript\">\n"
                       "window.onload = function() {\n"
                       "    document.forms['sso'].submit();\n}\n</script>\n</body>\n</html>\n",
                       xml::escaped(origin), xml::escaped(token));
    return reply;
}

} // namespace

std::string path_of(const FreeCall& call, std::string_view name) {
    for (const auto& [key, value] : call.in.path_values)
        if (key == name) return value;
    return "";
}

std::string query_of(const FreeCall& call, std::string_view name) {
    for (const auto& [key, value] : call.in.query)
        if (key == name) return value;
    return "";
}

Reply reply_of(const Issued& issued, const std::string& origin) {
    return origin.empty() ? token_reply(201, issued.token, issued.facts, nullptr)
                          : form_reply(origin, issued.token);
}

Reply redirect_reply(const std::string& location, const std::string& set_cookie) {
    Reply reply;
    reply.status = 302;
    reply.headers.set("Location", location);
    reply.headers.set("Cache-Control", "no-store");
    reply.headers.set("Set-Cookie", set_cookie);
    reply.raw = "";
    return reply;
}

std::string ticket_cookie(const FreeCall& call, const TicketCookie& cookie,
                          const std::string& ticket) {
    const bool secure = call.in.base_url.starts_with("https:");
    const bool across = std::string_view(cookie.same_site) == "SameSite=None";
    return format("{}={}; Max-Age={}; Path=/; HttpOnly{}{}", cookie.name, ticket,
                  ticket.empty() ? 0 : 600,
                  across && !secure ? std::string() : "; " + std::string(cookie.same_site),
                  secure ? "; Secure" : "");
}

std::string ticket_of(const FreeCall& call, const TicketCookie& cookie) {
    for (const auto& part : split(call.in.head.headers.get("Cookie"), ';')) {
        const std::string_view one = trim(part);
        const auto equals = one.find('=');
        if (equals != one.npos && one.substr(0, equals) == cookie.name)
            return std::string(one.substr(equals + 1));
    }
    return "";
}

Issued watched_federated(FreeCall& call, const Way& way, const std::function<Issued()>& login) {
    LoginOutcome outcome =
        begun_login(call.cloud, call.in.head, call.in.request_id, {federated_method(way.protocol)});
    outcome.identity_provider_id = way.provider;
    outcome.protocol_id = way.protocol;
    return watched(call.cloud, std::move(outcome), [&](LoginOutcome&) { return login(); });
}

} // namespace nephele::keystone
