// SPDX-License-Identifier: Apache-2.0
// Inventories of a resource provider.
#include "base/strings.h"
#include "services/placement/api/manners.h"
#include "services/placement/store/store.h"

namespace nephele::placement {
using namespace api;
namespace {
struct NewInventory {
    std::int64_t total = 0, reserved = 0, min_unit = 1, max_unit = INT32_MAX, step_size = 1;
    double allocation_ratio = 1.0;
    std::optional<std::string> resource_class;
    std::optional<std::int64_t> generation;
    static const Shape<NewInventory>& shape() {
        static const auto s =
            Shape<NewInventory>()
                .field("total", &NewInventory::total, {required, between(1, INT32_MAX)})
                .field("reserved", &NewInventory::reserved, {between(0, INT32_MAX)})
                .field("min_unit", &NewInventory::min_unit, {between(1, INT32_MAX)})
                .field("max_unit", &NewInventory::max_unit, {between(1, INT32_MAX)})
                .field("step_size", &NewInventory::step_size, {between(1, INT32_MAX)})
                .field("allocation_ratio", &NewInventory::allocation_ratio, {between(0, INT32_MAX)})
                .field("resource_class", &NewInventory::resource_class, {max_length(255)})
                .field("resource_provider_generation", &NewInventory::generation);
        return s;
    }
};

Provider need_provider(Call& call) {
    return need(call.tx, providers(), Scope::all(), call.path("uuid"));
}

Json write_inventory(const InventoryRow& row) {
    return Json::object({{"total", row.total},
                         {"reserved", row.reserved},
                         {"min_unit", row.min_unit},
                         {"max_unit", row.max_unit},
                         {"step_size", row.step_size},
                         {"allocation_ratio", row.allocation_ratio}});
}

InventoryRow read_inventory(Call& call, const std::string& resource_class, const Json& body,
                            NewInventory& wanted, const std::string& where) {
    if (!store::has_name(call.tx, "placement_classes", resource_class))
        throw bad_request("placement.undefined_code",
                          nephele::format("Unknown resource class in inventory: {}",
                                          resource_class.substr(0, 255)));
    Reading reading = call.reading;
    reading.mode = Reading::Mode::create;
    NewInventory::shape().read(body, &wanted, reading, where);
    // Upstream lets everything be reserved from 1.26 on.
    if (wanted.reserved >= wanted.total)
        throw bad_request(
            "placement.undefined_code",
            nephele::format("Unable to update inventory for '{}': reserved must be less "
                            "than total.",
                            resource_class));
    if (wanted.allocation_ratio <= 0)
        throw bad_request("placement.undefined_code", "allocation_ratio must be greater than 0.");
    return {"",
            "",
            resource_class,
            wanted.total,
            wanted.reserved,
            wanted.min_unit,
            wanted.max_unit,
            wanted.step_size,
            wanted.allocation_ratio,
            0};
}

Json list_inventories(Call& call) {
    Provider p = need_provider(call);
    Json out = Json::object();
    for (auto& row : store::inventories_of(call.tx, p.uuid))
        out[row.resource_class] = write_inventory(row);
    return Json::object(
        {{"resource_provider_generation", p.generation}, {"inventories", std::move(out)}});
}

Json replace(Call& call, const Json& body) {
    Provider p = need_provider(call);
    if (!body.is_object() || !body.get("inventories").is_object() ||
        !body.get("resource_provider_generation").is_integer() || body.size() != 2)
        throw bad_request(
            "placement.undefined_code",
            "The body is {\"resource_provider_generation\": integer, \"inventories\": "
            "{class: {...}}}.");
    store::check_generation(p, body.integer("resource_provider_generation"));
    std::vector<InventoryRow> rows;
    for (auto& [name, value] : body.at("inventories").as_object()) {
        NewInventory wanted;
        rows.push_back(read_inventory(call, name, value, wanted, "inventories." + name));
    }
    store::set_inventories(call, p, rows);
    store::bump(call, p);
    return list_inventories(call);
}

Json show(Call& call) {
    Provider p = need_provider(call);
    const std::string& name = call.path("resource_class");
    auto row = store::inventory_of(call.tx, p.uuid, name);
    if (!row)
        throw not_found(
            "placement.undefined_code",
            nephele::format("No inventory of class {} for {}", name.substr(0, 255), p.uuid));
    Json out = write_inventory(*row);
    out["resource_provider_generation"] = p.generation;
    return out;
}

// Puts one row among the provider's others.
void put_one(Call& call, Provider& p, const InventoryRow& row, bool must_be_new) {
    auto rows = store::inventories_of(call.tx, p.uuid);
    auto same = std::find_if(rows.begin(), rows.end(),
                             [&](auto& r) { return r.resource_class == row.resource_class; });
    if (same != rows.end() && must_be_new)
        throw conflict("placement.undefined_code",
                       nephele::format("Update conflict: inventory of {} exists already.",
                                       row.resource_class));
    if (same != rows.end())
        *same = row;
    else
        rows.push_back(row);
    store::set_inventories(call, p, rows);
    store::bump(call, p);
}

Json create(Call& call, const Json& body) {
    Provider p = need_provider(call);
    NewInventory wanted;
    if (!body.is_object() || !body.get("resource_class").is_string())
        throw bad_request("placement.undefined_code", "'resource_class' is a required property");
    auto row = read_inventory(call, body.text("resource_class"), body, wanted, "");
    if (wanted.generation) store::check_generation(p, *wanted.generation);
    put_one(call, p, row, true);
    Json out = write_inventory(row);
    out["resource_provider_generation"] = p.generation;
    call.headers.set("Location", call.in.base_url + "/resource_providers/" + p.uuid +
                                     "/inventories/" + row.resource_class);
    return out;
}

Json change(Call& call, const Json& body) {
    Provider p = need_provider(call);
    NewInventory wanted;
    auto row = read_inventory(call, call.path("resource_class"), body, wanted, "");
    if (!wanted.generation)
        throw bad_request("placement.undefined_code",
                          "'resource_provider_generation' is a required property");
    store::check_generation(p, *wanted.generation);
    put_one(call, p, row, false);
    return show(call);
}

void remove_one(Call& call) {
    Provider p = need_provider(call);
    const std::string& name = call.path("resource_class");
    auto rows = store::inventories_of(call.tx, p.uuid);
    auto kept = std::remove_if(rows.begin(), rows.end(),
                               [&](auto& row) { return row.resource_class == name; });
    if (kept == rows.end())
        throw not_found(
            "placement.undefined_code",
            nephele::format("No inventory of class {} found for delete", name.substr(0, 255)));
    rows.erase(kept, rows.end());
    store::set_inventories(call, p, rows);
    store::bump(call, p);
}

void remove_all(Call& call) {
    Provider p = need_provider(call);
    store::set_inventories(call, p, {});
    store::bump(call, p);
}
} // namespace

Resource inventory_resource() {
    return Resource()
        .on("GET /resource_providers/{uuid}/inventories",
            "placement:resource_providers:inventories:list", list_inventories)
        .on("POST /resource_providers/{uuid}/inventories",
            "placement:resource_providers:inventories:create", create, created)
        .on("PUT /resource_providers/{uuid}/inventories",
            "placement:resource_providers:inventories:update", replace)
        .on("DELETE /resource_providers/{uuid}/inventories",
            "placement:resource_providers:inventories:delete", remove_all, {.since = {1, 5}})
        .on("GET /resource_providers/{uuid}/inventories/{resource_class}",
            "placement:resource_providers:inventories:show", show)
        .on("PUT /resource_providers/{uuid}/inventories/{resource_class}",
            "placement:resource_providers:inventories:update", change)
        .on("DELETE /resource_providers/{uuid}/inventories/{resource_class}",
            "placement:resource_providers:inventories:delete", remove_one);
}

} // namespace nephele::placement
