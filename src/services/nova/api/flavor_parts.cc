// SPDX-License-Identifier: Apache-2.0
// Who may use a private flavor, and a flavor's extra specs.
#include "base/strings.h"
#include "services/nova/api/manners.h"
#include "services/nova/store/tables.h"

namespace nephele::nova {
using namespace api;
namespace {

Flavor flavor_of(Call& call) {
    return store::need_flavor(call.tx, call.path("flavor_id"), call.project(), call.is_admin());
}

// ---- access ----

Json access_list(Call& call, const Flavor& flavor) {
    Json items = Json::array();
    for (auto& access : shape::select(call.tx, flavor_accesses(), Scope::all(),
                                      {"flavor_id = ?", {flavor.id}}, "ORDER BY tenant_id"))
        items.push_back(FlavorAccess::shape().write(&access, call.view()));
    return Json::object({{"flavor_access", std::move(items)}});
}

Json list_access(Call& call) {
    Flavor flavor = flavor_of(call);
    if (flavor.is_public)
        throw not_found("FlavorNotFound", "Access list not available for public flavors.");
    return access_list(call, flavor);
}

std::string tenant_in(const Json& body) {
    const Json& tenant = only_member(body, "tenant");
    if (!tenant.is_string() || tenant.as_string().empty() || tenant.as_string().size() > 255)
        throw bad_request("ValidationError", "Invalid input for field/attribute tenant: a project "
                                             "id of 1 to 255 characters is expected.");
    return tenant.as_string();
}

Json add_access(Call& call, const Json& body) {
    std::string tenant = tenant_in(body);
    Flavor flavor = flavor_of(call);
    if (flavor.is_public && call.version >= Version{2, 7})
        throw conflict("FlavorIsPublic", "Can not add access to a public flavor.");
    std::string id = flavor.id + "/" + tenant;
    if (shape::find(call.tx, flavor_accesses(), Scope::all(), id))
        throw conflict("FlavorAccessExists",
                       format("Flavor access already exists for flavor {} and project {} "
                              "combination.",
                              flavor.id, tenant));
    shape::insert(call, flavor_accesses(), FlavorAccess{id, flavor.id, tenant});
    return access_list(call, flavor);
}

Json remove_access(Call& call, const Json& body) {
    std::string tenant = tenant_in(body);
    Flavor flavor = flavor_of(call);
    auto access = shape::find(call.tx, flavor_accesses(), Scope::all(), flavor.id + "/" + tenant);
    if (!access)
        throw not_found(
            "FlavorAccessNotFound",
            format("Flavor access not found for {} / {} combination.", flavor.id, tenant));
    shape::erase(call, flavor_accesses(), *access);
    return access_list(call, flavor);
}

// ---- extra specs ----

void check_spec(const std::string& key, const Json& value) {
    bool good =
        !key.empty() && key.size() <= 255 &&
        key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                              " _-:.") == std::string::npos;
    if (!good)
        throw bad_request("ValidationError",
                          "Invalid input for field/attribute extra_specs: a key has 1 to 255 "
                          "letters, digits, spaces, '-', '_', ':' or '.'.");
    if (!value.is_string() && !value.is_number())
        throw bad_request("ValidationError",
                          format("Invalid input for field/attribute {}. Value: {}. It is not of "
                                 "type 'string'",
                                 key, value.dump().substr(0, 100)));
    if (value.is_string() && value.as_string().size() > 255)
        throw bad_request("ValidationError",
                          format("Invalid input for field/attribute {}: it is too long", key));
}

std::string text_of_spec(const Json& value) {
    return value.is_string() ? value.as_string() : value.dump();
}

Json list_specs(Call& call) { return Json::object({{"extra_specs", flavor_of(call).extra_specs}}); }

Json create_specs(Call& call, const Json& body) {
    const Json& specs = only_member(body, "extra_specs");
    if (!specs.is_object())
        throw bad_request("ValidationError", "Invalid input for field/attribute extra_specs: an "
                                             "object is expected.");
    Flavor flavor = flavor_of(call);
    for (auto& [key, value] : specs.as_object()) {
        check_spec(key, value);
        flavor.extra_specs[key] = text_of_spec(value);
    }
    shape::update(call, flavors(), flavor);
    return Json::object({{"extra_specs", specs}});
}

const Json& spec_of(Call& call, const Flavor& flavor) {
    const Json* found = flavor.extra_specs.find(call.path("key"));
    if (!found)
        throw not_found(
            "FlavorExtraSpecsNotFound",
            format("Flavor {} has no extra specs with key {}.", flavor.id, call.path("key")));
    return *found;
}

Json show_spec(Call& call) {
    Flavor flavor = flavor_of(call);
    return Json::object({{call.path("key"), spec_of(call, flavor)}});
}

Json update_spec(Call& call, const Json& body) {
    const std::string& key = call.path("key");
    if (!body.is_object() || body.size() != 1 || !body.has(key))
        throw bad_request("ValidationError", "Request body and URI mismatch: the body is an object "
                                             "with the key of the path.");
    check_spec(key, body.at(key));
    Flavor flavor = flavor_of(call);
    flavor.extra_specs[key] = text_of_spec(body.at(key));
    shape::update(call, flavors(), flavor);
    return Json::object({{key, body.at(key)}});
}

void delete_spec(Call& call) {
    Flavor flavor = flavor_of(call);
    spec_of(call, flavor);
    flavor.extra_specs.erase(call.path("key"));
    shape::update(call, flavors(), flavor);
}

} // namespace

Resource flavor_parts_resource() {
    return Resource()
        .on("GET /v2.1/flavors/{flavor_id}/os-flavor-access", rule("os-flavor-access"), list_access)
        .action("POST /v2.1/flavors/{flavor_id}/action", "addTenantAccess",
                rule("os-flavor-access:add_tenant_access"), add_access, {})
        .action("POST /v2.1/flavors/{flavor_id}/action", "removeTenantAccess",
                rule("os-flavor-access:remove_tenant_access"), remove_access, {})
        .on("GET /v2.1/flavors/{flavor_id}/os-extra_specs", rule("os-flavor-extra-specs:index"),
            list_specs)
        .on("POST /v2.1/flavors/{flavor_id}/os-extra_specs", rule("os-flavor-extra-specs:create"),
            create_specs)
        .on("GET /v2.1/flavors/{flavor_id}/os-extra_specs/{key}",
            rule("os-flavor-extra-specs:show"), show_spec)
        .on("PUT /v2.1/flavors/{flavor_id}/os-extra_specs/{key}",
            rule("os-flavor-extra-specs:update"), update_spec)
        .on("DELETE /v2.1/flavors/{flavor_id}/os-extra_specs/{key}",
            rule("os-flavor-extra-specs:delete"), delete_spec, {.status = 200});
}

} // namespace nephele::nova
