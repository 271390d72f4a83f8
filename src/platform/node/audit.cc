// SPDX-License-Identifier: Apache-2.0
#include "platform/node/audit.h"

#include "base/strings.h"

namespace nephele {
using namespace api;
namespace {

constexpr const char* user_type = "service/security/account/user";

// CADF's taxonomy has words for what identity keeps; the rest is data of its service.
std::string type_of(const journal::Record& record) {
    static const std::pair<const char*, const char*> known[] = {
        {"user", "data/security/account/user"},
        {"group", "data/security/group"},
        {"project", "data/security/project"},
        {"domain", "data/security/domain"},
        {"role", "data/security/role"},
        {"role_assignment", "data/security/account/user/privilege"},
        {"trust", "data/security/trust"},
        {"region", "data/security/region"},
        {"service", "data/security/service"},
        {"endpoint", "data/security/endpoint"},
        {"policy", "data/security/policy"},
        {"credential", "data/security/credential"},
        {"application_credential", "data/security/credential"},
        {"access_rule", "data/security/policy"}};
    if (record.service == "keystone")
        for (const auto& [kind, type] : known)
            if (record.kind == kind) return type;
    return "data/" + record.service + "/" + record.kind;
}

void describe_login(const Json& image, Json& event) {
    Json& initiator = event["initiator"];
    const std::string user_id = image.text("user_id", "unknown");
    initiator["id"] = user_id;
    initiator["host"] =
        Json::object({{"address", image.text("address")}, {"agent", image.text("agent")}});
    for (const char* place : {"project_id", "domain_id"})
        if (const auto id = image.text(place); !id.empty()) initiator[place] = id;
    event["action"] = "authenticate";
    event["outcome"] = image.text("outcome", "unknown");
    event["target"] = Json::object({{"typeURI", user_type}, {"id", user_id}});
    if (image.has("reason")) event["reason"] = image.at("reason");
    event["attachments"] = Json::array(
        {Json::object({{"typeURI", "mime:text/plain"},
                       {"name", "methods"},
                       {"content", join(
                                       [&] {
                                           std::vector<std::string> names;
                                           for (const Json& one : image.get("methods").as_array())
                                               names.push_back(one.as_string());
                                           return names;
                                       }(),
                                       ",")}})});
    for (const char* name : {"identity_provider", "protocol"})
        if (image.has(name))
            event["attachments"].push_back(Json::object(
                {{"typeURI", "mime:text/plain"}, {"name", name}, {"content", image.text(name)}}));
}

} // namespace

Json cadf_event(const journal::Record& record) {
    const Json image = Json::parse(record.image);
    const std::string actor = record.actor.empty() ? "nephele" : record.actor;
    Json event = Json::object(
        {{"typeURI", "http://schemas.dmtf.org/cloud/audit/1.0/event"},
         {"eventType", "activity"},
         {"id", "nephele:" + record.cursor},
         {"eventTime", iso_time(record.at, 6, "+0000")},
         {"action", record.change},
         {"outcome", "success"},
         {"initiator",
          Json::object({{"typeURI", record.actor.empty() ? "service/compute" : user_type},
                        {"id", actor},
                        {"request_id", record.request_id}})},
         {"target", Json::object({{"typeURI", type_of(record)}, {"id", record.id}})},
         {"observer",
          Json::object({{"typeURI", record.service == "keystone" ? "service/security" : "service"},
                        {"id", record.service}})}});
    if (!record.project_id.empty()) event["target"]["project_id"] = record.project_id;
    if (record.service == "keystone" && record.kind == "authentication")
        describe_login(image, event);
    return event;
}

Json audit_events(Call& call) {
    std::string cursor;
    journal::Filter filter;
    std::string initiator, outcome;
    std::int64_t limit = 100;
    const std::pair<const char*, std::string*> texts[] = {
        {"cursor", &cursor},  {"service", &filter.service},       {"kind", &filter.kind},
        {"id", &filter.id},   {"project_id", &filter.project_id}, {"initiator", &initiator},
        {"outcome", &outcome}};
    for (const auto& [key, value] : call.in.query) {
        bool known = false;
        for (const auto& [name, into] : texts)
            if (key == name) *into = value, known = true;
        if (key == "limit") {
            const auto number = to_int(value);
            if (!number || *number < 1 || *number > 1000)
                throw bad_request("InvalidInput", "limit is a number from 1 to 1000.");
            limit = *number;
        } else if (!known) {
            throw bad_request("InvalidInput",
                              format("'{}' is none of cursor, limit, service, kind, id, "
                                     "project_id, initiator, outcome.",
                                     key.substr(0, 50)));
        }
    }
    journal::Page page;
    try {
        page = journal::read(call.tx, cursor, static_cast<int>(limit), filter);
    } catch (const journal::BadCursor&) {
        throw bad_request("InvalidInput", "The cursor is not one this API gave.");
    }
    Json events = Json::array();
    for (const auto& record : page.records) {
        Json event = cadf_event(record);
        if (!initiator.empty() && event.at("initiator").text("id") != initiator) continue;
        if (!outcome.empty() && event.text("outcome") != outcome) continue;
        events.push_back(std::move(event));
    }
    return Json::object({{"events", std::move(events)},
                         {"cursor", page.cursor},
                         {"more", page.more},
                         {"lost", page.lost}});
}

} // namespace nephele
