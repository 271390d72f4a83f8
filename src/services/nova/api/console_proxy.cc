// SPDX-License-Identifier: Apache-2.0
// Where the URLs of POST /servers/{id}/remote-consoles lead: GET /console?token=... becomes a
// WebSocket with the guest's serial port or screen.

#include "base/strings.h"
#include "platform/log/log.h"
#include "services/nova/api/manners.h"
#include "services/nova/compute/console_pump.h"
#include "services/nova/compute/host.h"
#include "services/nova/ops/consoles.h"

namespace nephele::nova {
namespace {

using api::FreeCall;
using api::Reply;

/// "cloud.example" of "https://cloud.example:8443/x" and of "cloud.example:8443".
std::string host_name(std::string_view text) {
    if (auto scheme = text.find("://"); scheme != std::string_view::npos)
        text.remove_prefix(scheme + 3);
    text = text.substr(0, text.find('/'));
    if (auto colon = text.rfind(':'); colon != std::string_view::npos && text.back() != ']')
        text = text.substr(0, colon);
    return lower(text);
}

/// A page of another site must not use a token it got hold of.
void check_origin(const http::RequestHead& head) {
    const std::string origin = head.headers.get("Origin");
    if (!origin.empty() && host_name(origin) != host_name(head.headers.get("Host")))
        throw forbidden("Forbidden", "Origin header does not match this host.");
}

bool offers(const http::RequestHead& head, std::string_view protocol) {
    for (const auto& one : split(head.headers.get("Sec-WebSocket-Protocol"), ','))
        if (trim(one) == protocol) return true;
    return false;
}

compute::ConsoleConnection connect(Cloud& cloud, const ConsoleTarget& target) {
    auto* hosts = compute::hosts_of(cloud);
    if (!hosts || !hosts->find(target.host))
        throw Failure(Fault::unavailable, "ConsoleTypeUnavailable",
                      format("Host {} is not reached from this node. Ask the node it is "
                             "connected to.",
                             target.host));
    try {
        return compute::connect_console(target.socket);
    } catch (const EngineFailure& e) {
        throw conflict("InstanceNotReady", "Instance not ready. Is it running? Try again.")
            .inside(e.what());
    }
}

Reply open_console(FreeCall& call) {
    check_origin(call.in.head);
    std::string token;
    for (const auto& [name, value] : call.in.query)
        if (name == "token") token = value;
    auto target = call.cloud.db().read(
        [&](db::Tx& tx) { return console_of_token(tx, token, call.cloud.now()); });
    if (!target)
        throw not_found("InvalidToken",
                        "The token is unknown or has expired. Ask for a new console.");
    auto console = connect(call.cloud, *target);
    Reply reply;
    const bool binary = target->type != "serial" || offers(call.in.head, "binary");
    if (offers(call.in.head, "binary")) reply.websocket_protocol = "binary";
    reply.upgrade = [console, binary, server = target->server_id](http::WebSocket& browser) {
        log::info("console opened", {{"server", server}});
        compute::pump_console(browser, console, !binary);
        log::info("console closed", {{"server", server}});
    };
    return reply;
}

} // namespace

api::Resource console_proxy_resource() {
    return api::Resource().on(std::string("GET ") + console_proxy_path, "", open_console,
                              {.open = true, .tolerant_query = true});
}

} // namespace nephele::nova
