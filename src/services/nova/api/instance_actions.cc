// SPDX-License-Identifier: Apache-2.0
// What was done with a server, also after it is gone (2.21).
#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/nova/api/manners.h"
#include "services/nova/api/server_view.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
using namespace api;
namespace {

std::vector<store::Action> actions(Call& call) {
    auto all = store::actions_of(call.tx, call.path("server_id"));
    bool own = !all.empty() && call.scope().sees_project(all.front().project_id);
    if (call.version < Version{2, 21} || !own) server_of(call); // throws when it is not there
    return own ? all : std::vector<store::Action>();
}

std::string text_of(Time t) { return iso_time(t, 6, ""); }

Json action_json(const Call& call, const store::Action& a) {
    Json out = Json::object({{"action", a.action},
                             {"instance_uuid", a.server_id},
                             {"request_id", a.request_id},
                             {"user_id", a.user_id},
                             {"project_id", a.project_id},
                             {"start_time", text_of(a.started_at)},
                             {"message", Json(a.message)}});
    if (call.version >= Version{2, 58}) out["updated_at"] = text_of(a.updated_at);
    return out;
}

Json event_json(const Call& call, const store::Action& a, bool whole) {
    Json out =
        Json::object({{"event", a.event},
                      {"start_time", text_of(a.started_at)},
                      {"finish_time", a.finished_at ? Json(text_of(*a.finished_at)) : Json()},
                      {"result", Json(a.result)}});
    if (whole) out["traceback"] = Json(a.details);
    if (call.version >= Version{2, 62}) {
        out["hostId"] =
            a.host.empty()
                ? std::string()
                : hex_encode(crypto::digest(crypto::Digest::sha224, a.project_id + a.host));
        if (call.allowed(rule("os-instance-actions:events"))) out["host"] = a.host;
    }
    if (call.version >= Version{2, 84} && call.allowed(rule("os-instance-actions:events:details")))
        out["details"] = Json(a.details);
    return out;
}

Json list(Call& call, Page& page) {
    auto all = actions(call);
    Json out = Json::array();
    bool paged = call.version >= Version{2, 58};
    std::optional<Time> since, before;
    auto time_in = [&](const char* name) {
        std::optional<Time> time;
        if (auto text = page.take(name)) {
            time = parse_time(*text);
            if (!time) throw bad_request("ValidationError", format("Invalid value for {}", name));
        }
        return time;
    };
    if (paged) since = time_in("changes-since");
    if (call.version >= Version{2, 66}) before = time_in("changes-before");
    bool started = !paged || page.marker.empty();
    std::string last;
    for (auto& a : all) {
        bool here =
            started && (!since || a.updated_at >= *since) && (!before || a.updated_at <= *before);
        if (here && paged && page.limit && static_cast<std::int64_t>(out.size()) == *page.limit)
            return Json::object(
                {{"instanceActions", std::move(out)}, {"links", next_link(call, last)}});
        if (here) {
            out.push_back(action_json(call, a));
            last = a.request_id;
        }
        started = started || a.request_id == page.marker;
    }
    if (!started) throw bad_request("MarkerNotFound", format("marker [{}] not found", page.marker));
    return Json::object({{"instanceActions", std::move(out)}});
}

Json show(Call& call) {
    for (auto& a : actions(call)) {
        if (a.request_id != call.path("request_id")) continue;
        Json out = action_json(call, a);
        bool whole = call.allowed(rule("os-instance-actions:events"));
        if (whole || call.version >= Version{2, 51})
            out["events"] = Json::array({event_json(call, a, whole)});
        return Json::object({{"instanceAction", std::move(out)}});
    }
    throw not_found("InstanceActionNotFound",
                    format("Action for request_id {} on instance {} not found",
                           call.path("request_id"), call.path("server_id")));
}
} // namespace

Resource instance_actions_resource() {
    return Resource()
        .on("GET /v2.1/servers/{server_id}/os-instance-actions", rule("os-instance-actions:list"),
            list)
        .on("GET /v2.1/servers/{server_id}/os-instance-actions/{request_id}",
            rule("os-instance-actions:show"), show);
}

} // namespace nephele::nova
