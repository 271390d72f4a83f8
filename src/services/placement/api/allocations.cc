// SPDX-License-Identifier: Apache-2.0
// Allocations by consumer, usages of projects.
#include "base/strings.h"
#include "services/placement/api/manners.h"
#include "services/placement/store/store.h"

namespace nephele::placement {
using namespace api;
namespace {
struct Wanted {
    std::map<std::string, Resources> by_provider;
    std::string project_id, user_id;
};

[[noreturn]] void malformed(const std::string& why) {
    throw bad_request("placement.undefined_code", "JSON does not validate: " + why);
}

Resources read_resources(const Json& json, const std::string& where) {
    if (!json.is_object() || json.size() == 0)
        malformed(where + ".resources is a non-empty object");
    Resources out;
    for (auto& [name, amount] : json.as_object()) {
        if (!amount.is_integer() || amount.as_double() < 1 || amount.as_double() > INT32_MAX)
            malformed(where + "." + name + " is an integer from 1 on");
        out[name] = amount.as_int();
    }
    return out;
}

void read_provider(Call& call, Wanted& wanted, const std::string& provider, const Json& resources) {
    if (!find(call.tx, providers(), Scope::all(), provider))
        throw bad_request(
            "placement.undefined_code",
            nephele::format("Allocation for resource provider '{}' that does not exist.",
                            provider.substr(0, 100)));
    wanted.by_provider[provider] = read_resources(resources, "allocations." + provider);
    for (auto& [name, amount] : wanted.by_provider[provider])
        if (!store::has_name(call.tx, "placement_classes", name))
            throw bad_request("placement.undefined_code",
                              nephele::format("Unable to allocate: no such resource class {}.",
                                              name.substr(0, 255)));
}

// Lists of {resource_provider: {uuid}, resources} before 1.12, objects by provider since.
Wanted read_wanted(Call& call, const Json& body, bool empty_ok) {
    if (!body.is_object()) malformed("the body is an object");
    Wanted wanted;
    for (auto& [key, value] : body.as_object())
        if (key != "allocations" && key != "project_id" && key != "user_id")
            malformed("Additional properties are not allowed ('" + key.substr(0, 100) + "')");
    const Json& list = body.get("allocations");
    if (call.version < Version{1, 12}) {
        if (!list.is_array()) malformed("'allocations' is an array");
        for (auto& item : list.as_array()) {
            const Json& provider = item.get("resource_provider");
            read_provider(call, wanted, provider.text("uuid"), item.get("resources"));
        }
    } else {
        if (!list.is_object()) malformed("'allocations' is an object");
        for (auto& [provider, item] : list.as_object())
            read_provider(call, wanted, provider, item.get("resources"));
    }
    if (wanted.by_provider.empty() && !empty_ok) malformed("'allocations' must not be empty");
    bool owners = call.version >= Version{1, 8};
    if (owners && (!body.get("project_id").is_string() || !body.get("user_id").is_string()))
        malformed("'project_id' and 'user_id' are required");
    wanted.project_id = body.text("project_id", "00000000-0000-0000-0000-000000000000");
    wanted.user_id = body.text("user_id", "00000000-0000-0000-0000-000000000000");
    if (wanted.project_id.size() > 255 || wanted.user_id.size() > 255)
        malformed("'project_id' and 'user_id' have at most 255 characters");
    return wanted;
}

Json show(Call& call) {
    const std::string& consumer = call.path("consumer_uuid");
    Json list = Json::object();
    for (auto& a : store::allocations_by(call.tx, consumer)) {
        if (!list.has(a.provider))
            list[a.provider]["generation"] =
                need(call.tx, providers(), Scope::all(), a.provider).generation;
        list[a.provider]["resources"][a.resource_class] = a.amount;
    }
    Json out = Json::object({{"allocations", list}});
    auto record = find(call.tx, consumers(), Scope::all(), consumer);
    if (record && call.version >= Version{1, 12}) {
        out["project_id"] = record->project_id;
        out["user_id"] = record->user_id;
    }
    return out;
}

void need_consumer_uuid(const std::string& consumer) {
    if (!is_uuid_like(consumer))
        throw bad_request("placement.undefined_code",
                          nephele::format("Malformed consumer uuid: {}", consumer.substr(0, 100)));
}

void replace(Call& call, const Json& body) {
    const std::string& consumer = call.path("consumer_uuid");
    need_consumer_uuid(consumer);
    Wanted wanted = read_wanted(call, body, false);
    store::set_allocations(call, consumer, wanted.by_provider, wanted.project_id, wanted.user_id);
}

void manage(Call& call, const Json& body) {
    if (!body.is_object() || body.size() == 0) malformed("the body is an object of consumers");
    for (auto& [consumer, value] : body.as_object()) {
        need_consumer_uuid(consumer);
        Wanted wanted = read_wanted(call, value, true);
        store::set_allocations(call, consumer, wanted.by_provider, wanted.project_id,
                               wanted.user_id);
    }
}

void remove(Call& call) {
    const std::string& consumer = call.path("consumer_uuid");
    if (store::allocations_by(call.tx, consumer).empty())
        throw not_found(
            "placement.undefined_code",
            nephele::format("No allocations for consumer '{}'", consumer.substr(0, 100)));
    store::set_allocations(call, consumer, {}, "", "");
}

Json usages(Call& call) {
    auto project = call.query("project_id"), user = call.query("user_id");
    if (!project)
        throw bad_request("placement.query.missing_value", "'project_id' is a required property");
    call.enforce("placement:usages", owned_by(*project));
    Json out = Json::object();
    call.tx.each(
        "SELECT a.resource_class, SUM(a.amount) FROM placement_allocations a JOIN "
        "placement_consumers c ON c.uuid = a.consumer WHERE c.project_id = ? AND (c.user_id = "
        "? OR ? = '') GROUP BY a.resource_class ORDER BY a.resource_class",
        db::Params{*project, user.value_or(""), user.value_or("")},
        [&](const db::Row& row) { out[row.text(0)] = row.integer(1); });
    return Json::object({{"usages", std::move(out)}});
}
} // namespace

Resource allocation_resource() {
    return Resource()
        .on("GET /allocations/{consumer_uuid}", "placement:allocations:list", show)
        .on("PUT /allocations/{consumer_uuid}", "placement:allocations:update", replace)
        .on("POST /allocations", "placement:allocations:manage", manage,
            {.status = 204, .since = {1, 13}})
        .on("DELETE /allocations/{consumer_uuid}", "placement:allocations:delete", remove)
        .on("GET /usages", enforced_by_handler, usages, {.since = {1, 9}});
}

} // namespace nephele::placement
