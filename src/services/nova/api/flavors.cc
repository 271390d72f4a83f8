// SPDX-License-Identifier: Apache-2.0
// Flavors: list, show, create, describe, delete.
#include "base/strings.h"
#include "services/nova/api/manners.h"
#include "services/nova/store/tables.h"

namespace nephele::nova {
using namespace api;
namespace {

Flavor show(Call& call) {
    return store::need_flavor(call.tx, call.path("flavor_id"), call.project(), call.is_admin());
}

std::int64_t minimum(Page& page, const std::string& name) {
    auto text = page.take(name);
    if (!text) return 0;
    auto number = to_int(*text);
    if (!number)
        throw bad_request("ValidationError", format("Invalid {} filter [{}]", name, *text));
    return *number;
}

// is_public=None means all, for administrators; others see what they may use.
Where wanted(Call& call, Page& page) {
    auto is_public = page.take("is_public");
    if (!call.is_admin() || !is_public) return store::visible_flavors(call.project(), false);
    std::string word = lower(*is_public);
    if (word == "none") return {};
    for (auto yes : {"1", "t", "true", "on", "y", "yes"})
        if (word == yes) return store::visible_flavors(call.project(), false);
    for (auto no : {"0", "f", "false", "off", "n", "no"})
        if (word == no) return {"is_public = 0", {}};
    throw bad_request("ValidationError", format("Invalid is_public filter [{}]", *is_public));
}

const char* sort_name(const std::string& key) {
    static const std::pair<const char*, const char*> names[] = {
        {"flavorid", "id"},
        {"memory_mb", "ram"},
        {"root_gb", "disk"},
        {"ephemeral_gb", "OS-FLV-EXT-DATA:ephemeral"},
        {"swap", "swap_mb"},
        {"is_public", "os-flavor-access:is_public"},
        {"name", "name"},
        {"vcpus", "vcpus"},
        {"rxtx_factor", "rxtx_factor"},
        {"description", "description"},
        {"created_at", "created_at"},
        {"id", "id"}};
    for (auto& [upstream, ours] : names)
        if (key == upstream) return ours;
    throw bad_request("ValidationError",
                      format("Invalid input for field/attribute sort_key. Value: {}.", key));
}

Listed<Flavor> list(Call& call, Page& page) {
    Where where = wanted(call, page);
    if (!where.sql.empty()) where.sql = "(" + where.sql + ")";
    auto at_least = [&](const char* column, std::int64_t least) {
        if (least <= 0) return;
        where.sql += (where.sql.empty() ? "" : " AND ") + std::string(column) + " >= ?";
        where.params.emplace_back(least);
    };
    at_least("memory_mb", minimum(page, "minRam"));
    at_least("root_gb", minimum(page, "minDisk"));
    for (auto& sort : page.sort) sort.field = sort_name(sort.field);
    if (page.sort.empty()) page.sort.push_back({"id", false});
    return shape::list(call.tx, flavors(), Scope::all(), page, where);
}

void check_free(Call& call, const Flavor& flavor) {
    if (store::flavor_named(call.tx, flavor.name))
        throw conflict("FlavorExists", format("Flavor with name {} already exists.", flavor.name));
    if (shape::find(call.tx, flavors(), Scope::all(), flavor.id))
        throw conflict("FlavorIdExists", format("Flavor with ID {} already exists.", flavor.id));
}

// Clients may give a number as the id; it is kept as its text.
std::string asked_id(Call& call, const Json& id) {
    if (id.is_null() || (id.is_string() && id.as_string() == "auto")) return call.new_uuid();
    std::string text = id.is_integer() ? id.dump() : id.is_string() ? id.as_string() : "";
    if (trim(text).empty() || trim(text) != text || utf8_length(text) > 255)
        throw bad_request("ValidationError",
                          "Invalid input for field/attribute id: a number, or text of 1 to 255 "
                          "characters without white space at its ends, is expected.");
    return text;
}

Flavor create(Call& call, const NewFlavor& wanted) {
    Flavor flavor{.id = asked_id(call, wanted.id),
                  .name = std::string(trim(wanted.name)),
                  .description = wanted.description,
                  .ram = wanted.ram,
                  .vcpus = wanted.vcpus,
                  .disk = wanted.disk,
                  .ephemeral = wanted.ephemeral,
                  .swap = wanted.swap,
                  .rxtx_factor = wanted.rxtx_factor,
                  .is_public = wanted.is_public,
                  .created_at = call.now};
    if (flavor.rxtx_factor <= 0)
        throw bad_request("ValidationError",
                          "Invalid input for field/attribute rxtx_factor: it must be above 0.");
    check_free(call, flavor);
    shape::insert(call, flavors(), flavor);
    return flavor;
}

Flavor update(Call& call, const FlavorEdit& edit) {
    if (!call.given("description"))
        throw bad_request("ValidationError", "Invalid input for field/attribute flavor. "
                                             "'description' is a required property");
    Flavor flavor = show(call);
    flavor.description = edit.description;
    shape::update(call, flavors(), flavor);
    return flavor;
}

void remove(Call& call) {
    Flavor flavor = show(call);
    for (auto& access :
         shape::select(call.tx, flavor_accesses(), Scope::all(), {"flavor_id = ?", {flavor.id}}))
        shape::erase(call, flavor_accesses(), access);
    shape::erase(call, flavors(), flavor);
}

} // namespace

Resource flavors_resource() {
    RouteOptions since_2_55;
    since_2_55.since = {2, 55};
    return Resource()
        .on("GET /v2.1/flavors", rule("flavors"), list, {.brief = true})
        .on("GET /v2.1/flavors/detail", rule("flavors"), list)
        .on("POST /v2.1/flavors", rule("os-flavor-manage:create"), create)
        .on("GET /v2.1/flavors/{flavor_id}", rule("flavors"), show)
        .on("PUT /v2.1/flavors/{flavor_id}", rule("os-flavor-manage:update"), update, since_2_55)
        .on("DELETE /v2.1/flavors/{flavor_id}", rule("os-flavor-manage:delete"), remove, accepted);
}

} // namespace nephele::nova
