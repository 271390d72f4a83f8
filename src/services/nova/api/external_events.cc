// SPDX-License-Identifier: Apache-2.0
// POST /os-server-external-events: what happened elsewhere to what servers use. Ports of this cloud
// need no such word (operations wait on the journal); it is for services beside it.
#include "base/strings.h"
#include "services/nova/api/manners.h"
#include "services/nova/ops/guest.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
using namespace api;
namespace {

struct KnownEvent {
    const char* name;
    int since; ///< minor version
};
constexpr KnownEvent known_events[] = {{"network-changed", 1},
                                       {"network-vif-plugged", 1},
                                       {"network-vif-unplugged", 1},
                                       {"network-vif-deleted", 1},
                                       {"volume-extended", 51},
                                       {"power-update", 76},
                                       {"accelerator-request-bound", 82},
                                       {"volume-reimaged", 93}};

Failure invalid(const std::string& what) {
    return bad_request("ValidationError", "Invalid input for field/attribute events: " + what);
}

void check(const Call& call, const Json& event) {
    if (!event.is_object()) throw invalid("a list of objects.");
    for (auto& [key, value] : event.as_object())
        if (!value.is_string() ||
            (key != "name" && key != "server_uuid" && key != "status" && key != "tag"))
            throw invalid(format("'{}' is not expected or no text.", key.substr(0, 100)));
    bool named = false;
    for (auto& known : known_events)
        named = named || (event.text("name") == known.name && call.version.minor >= known.since);
    if (!named) throw invalid("there is no such name of an event in this version.");
    if (!is_uuid(event.text("server_uuid"))) throw invalid("server_uuid is a server's id.");
    std::string status = event.text("status", "completed");
    if (status != "completed" && status != "failed" && status != "in-progress")
        throw invalid("status is completed, failed or in-progress.");
    if (event.text("tag").size() > 255) throw invalid("tag is too long.");
}

std::int64_t take(Call& call, const Json& event) {
    auto server = store::find_server(call.tx, event.text("server_uuid"));
    if (!server) return 404;
    if (!server->host) return 422;
    std::string name = event.text("name"), tag = event.text("tag");
    if (name == "power-update" && tag != "POWER_ON" && tag != "POWER_OFF") return 400;
    if (name.rfind("network-", 0) == 0) refresh_documents(call, *server);
    return 200;
}

Json create(Call& call, const Json& body) {
    const Json& events = only_member(body, "events");
    if (!events.is_array() || events.size() == 0) throw invalid("a list of at least one.");
    for (auto& event : events.as_array()) check(call, event);
    Json out = Json::array();
    std::size_t good = 0, absent = 0;
    for (auto& event : events.as_array()) {
        Json answer = event;
        std::int64_t code = take(call, event);
        good += code == 200;
        absent += code == 404;
        answer["status"] = code == 200 ? event.text("status", "completed") : "failed";
        answer["code"] = code;
        out.push_back(std::move(answer));
    }
    if (absent == events.size())
        throw not_found("HTTPNotFound", "No instances found for any event");
    if (good < events.size()) call.status = 207;
    return Json::object({{"events", std::move(out)}});
}
} // namespace

Resource external_events_resource() {
    return Resource().on("POST /v2.1/os-server-external-events",
                         rule("os-server-external-events:create"), create, {.status = 200});
}

} // namespace nephele::nova
