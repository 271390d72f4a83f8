// SPDX-License-Identifier: Apache-2.0
// The console log, and addresses of remote consoles.
#include "services/nova/ops/consoles.h"
#include "base/strings.h"
#include "services/nova/api/manners.h"
#include "services/nova/api/server_view.h"
#include "services/nova/compute/host.h"
#include "services/nova/ops/guest.h"

namespace nephele::nova {
using namespace api;
namespace {
constexpr std::size_t log_bytes = 100 * 1024;

// What a guest prints is bytes; an answer is text.
std::string as_text(const std::string& bytes) {
    if (is_utf8(bytes)) return bytes;
    std::string out;
    for (char c : bytes)
        if (static_cast<unsigned char>(c) < 0x80) out += c;
    return out;
}

std::string last_lines(const std::string& text, std::int64_t count) {
    if (count < 0) return text;
    if (count == 0) return "";
    std::size_t at = text.size();
    if (at > 0 && text[at - 1] == '\n') --at;
    while (at > 0) {
        auto line_end = text.rfind('\n', at - 1);
        if (line_end == std::string::npos) return text;
        if (--count == 0) return text.substr(line_end + 1);
        at = line_end;
    }
    return text;
}

std::int64_t wanted_lines(const Json& body) {
    if (body.is_null() || (body.is_object() && body.size() == 0)) return -1;
    const Json& length = only_member(body, "length");
    std::optional<std::int64_t> number;
    if (length.is_null()) return -1;
    if (length.is_integer()) number = length.as_int();
    if (length.is_string()) number = to_int(length.as_string());
    if (!number || *number < -1)
        throw bad_request("ValidationError", "Invalid input for field/attribute length. It is a "
                                             "number of lines, or -1 for all.");
    return *number;
}

Reply console_output(FreeCall& free) {
    std::int64_t lines = wanted_lines(free.in.body);
    Server server = free.read([](Call& call) { return server_of(call); });
    if (!server.host)
        throw conflict("InstanceNotReady", format("Instance {} is not ready", server.id));
    auto* hosts = compute::hosts_of(free.cloud);
    auto* host = hosts ? hosts->find(*server.host) : nullptr;
    if (!host)
        throw Failure(Fault::not_implemented, "NotImplemented",
                      format("The console log of servers on host {} cannot be read from this "
                             "control node.",
                             *server.host));
    std::string text = as_text(host->console_log(server.id, log_bytes).value_or(""));
    Reply reply;
    reply.body = Json::object({{"output", last_lines(text, lines)}});
    return reply;
}

std::string console_url(Call& call, const std::string& type) {
    Server server = server_of(call);
    if (!server.host || !server.launched_at)
        throw conflict("InstanceNotReady", format("Instance {} is not yet ready", server.id));
    auto status = guest_status(call.tx, *server.host, server.id);
    bool there = status && ((type == "serial" && !status->serial_socket.empty()) ||
                            (type == "novnc" && !status->vnc_socket.empty()));
    if (!there)
        throw bad_request("ConsoleTypeUnavailable", format("Unavailable console type {}.", type));
    std::string url = call.in.base_url;
    if (url.rfind("http", 0) == 0) url.replace(0, 4, "ws");
    return url + console_proxy_path + "?token=" + issue_console_token(call, server.id, type);
}

Json remote_console(Call& call, const Json& body) {
    const Json& wanted = only_member(body, "remote_console");
    std::string protocol = wanted.text("protocol"), type = wanted.text("type");
    static const std::pair<const char*, const char*> known[] = {{"vnc", "novnc"},
                                                                {"serial", "serial"},
                                                                {"spice", "spice-html5"},
                                                                {"rdp", "rdp-html5"},
                                                                {"mks", "webmks"}};
    bool good = wanted.is_object() && wanted.size() == 2;
    bool match = false;
    for (auto& [p, t] : known) match = match || (protocol == p && type == t);
    if (!good || !match)
        throw bad_request("ValidationError",
                          "Invalid input for field/attribute remote_console. Protocol and type do "
                          "not go together: serial/serial and vnc/novnc are served here.");
    std::string url = console_url(call, type);
    return Json::object(
        {{"remote_console",
          Json::object({{"protocol", protocol}, {"type", type}, {"url", std::move(url)}})}});
}

Json old_console(Call& call, const Json& body) {
    const bool vnc = call.in.route.action == "os-getVNCConsole";
    const Json& type = only_member(body, "type");
    if (type != Json(vnc ? "novnc" : "serial"))
        throw bad_request("ValidationError",
                          format("Invalid input for field/attribute type. Value: {}. It is {}.",
                                 type.dump().substr(0, 100), vnc ? "novnc" : "serial"));
    std::string url = console_url(call, type.as_string());
    return Json::object({{"console", Json::object({{"type", type}, {"url", std::move(url)}})}});
}
} // namespace

Resource consoles_resource() {
    RouteOptions since_2_6, until_2_5;
    since_2_6.since = {2, 6};
    until_2_5.until = {2, 5};
    return Resource()
        .action("POST /v2.1/servers/{server_id}/action", "os-getConsoleOutput",
                rule("os-console-output"), console_output, {.read_only = true})
        .action("POST /v2.1/servers/{server_id}/action", "os-getSerialConsole",
                rule("os-remote-consoles"), old_console, until_2_5)
        .action("POST /v2.1/servers/{server_id}/action", "os-getVNCConsole",
                rule("os-remote-consoles"), old_console, until_2_5)
        .on("POST /v2.1/servers/{server_id}/remote-consoles", rule("os-remote-consoles"),
            remote_console, since_2_6);
}

} // namespace nephele::nova
