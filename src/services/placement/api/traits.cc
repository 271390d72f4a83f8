// SPDX-License-Identifier: Apache-2.0
// Traits, traits of providers, resource classes, and the version document.
#include "base/strings.h"
#include "services/placement/api/manners.h"
#include "services/placement/model/names.h"
#include "services/placement/store/store.h"

namespace nephele::placement {
using namespace api;
namespace {
constexpr const char* traits_table = "placement_traits";
constexpr const char* classes_table = "placement_classes";

Json root(Call& call) {
    auto& versions = call.in.service.manners.versions;
    Json one =
        Json::object({{"id", "v1.0"},
                      {"max_version", versions.max.text()},
                      {"min_version", versions.min.text()},
                      {"status", "CURRENT"},
                      {"links", Json::array({Json::object({{"rel", "self"}, {"href", ""}})})}});
    return Json::object({{"versions", Json::array({one})}});
}

Provider need_provider(Call& call) {
    return need(call.tx, providers(), Scope::all(), call.path("uuid"));
}

void need_custom(const std::string& name, const char* what) {
    if (!is_custom_name(name))
        throw bad_request(
            "placement.undefined_code",
            nephele::format("The {} name '{}' must be CUSTOM_ followed by A-Z, 0-9 or _.", what,
                            name.substr(0, 255)));
}

Json list_traits(Call& call, Page& page) {
    auto names = store::names_in(call.tx, traits_table);
    auto name = page.take("name"), associated = page.take("associated");
    std::set<std::string> used;
    call.tx.each("SELECT DISTINCT trait FROM placement_provider_traits", db::Params{},
                 [&](const db::Row& row) { used.insert(row.str(0)); });
    Json out = Json::array();
    for (auto& trait : names) {
        bool wanted = true;
        if (name && name->rfind("in:", 0) == 0) {
            auto list = split(name->substr(3), ',');
            wanted = std::find(list.begin(), list.end(), trait) != list.end();
        } else if (name && name->rfind("startswith:", 0) == 0) {
            wanted = trait.rfind(name->substr(11), 0) == 0;
        } else if (name) {
            throw bad_request("placement.query.bad_value",
                              "name is 'in:A,B' or 'startswith:PREFIX'.");
        }
        if (associated) wanted = wanted && iequals(*associated, "true") == (used.count(trait) > 0);
        if (wanted) out.push_back(trait);
    }
    return Json::object({{"traits", std::move(out)}});
}

void check_trait(Call& call) {
    const std::string& name = call.path("name");
    if (!store::has_name(call.tx, traits_table, name))
        throw not_found("placement.undefined_code",
                        nephele::format("No such trait(s): {}.", name.substr(0, 255)));
}

void put_trait(Call& call) {
    need_custom(call.path("name"), "trait");
    call.status = store::add_name(call.tx, traits_table, call.path("name")) ? 201 : 204;
    call.headers.set("Location", call.in.base_url + "/traits/" + call.path("name"));
}

void remove_trait(Call& call) {
    const std::string& name = call.path("name");
    check_trait(call);
    need_custom(name, "trait");
    if (call.tx.count("SELECT COUNT(*) FROM placement_provider_traits WHERE trait = ?", {name}))
        throw conflict("placement.undefined_code",
                       nephele::format("The trait {} is in use by a resource provider.", name));
    call.tx.exec("DELETE FROM placement_traits WHERE name = ?", {name});
}

Json show_provider_traits(Call& call) {
    Provider p = need_provider(call);
    return Json::object({{"traits", store::traits_of(call.tx, p.uuid)},
                         {"resource_provider_generation", p.generation}});
}

struct TraitSet {
    std::vector<std::string> traits;
    std::int64_t generation = 0;
    static const Shape<TraitSet>& shape() {
        static const auto s =
            Shape<TraitSet>()
                .field("traits", &TraitSet::traits, {required, max_length(255)})
                .field("resource_provider_generation", &TraitSet::generation, {required});
        return s;
    }
};

Json set_provider_traits(Call& call, const Json& body) {
    Provider p = need_provider(call);
    TraitSet wanted;
    Reading reading = call.reading;
    reading.mode = Reading::Mode::create;
    TraitSet::shape().read(body, &wanted, reading);
    store::check_generation(p, wanted.generation);
    for (auto& trait : wanted.traits)
        if (!store::has_name(call.tx, traits_table, trait))
            throw bad_request("placement.undefined_code",
                              nephele::format("No such trait {}. Create it first.", trait));
    std::sort(wanted.traits.begin(), wanted.traits.end());
    wanted.traits.erase(std::unique(wanted.traits.begin(), wanted.traits.end()),
                        wanted.traits.end());
    store::set_traits(call.tx, p.uuid, wanted.traits);
    store::bump(call, p);
    return show_provider_traits(call);
}

void remove_provider_traits(Call& call) {
    Provider p = need_provider(call);
    store::set_traits(call.tx, p.uuid, {});
    store::bump(call, p);
}

Json write_class(const std::string& name) {
    return Json::object(
        {{"name", name},
         {"links",
          Json::array({Json::object({{"rel", "self"}, {"href", "/resource_classes/" + name}})})}});
}

Json list_classes(Call& call) {
    Json out = Json::array();
    for (auto& name : store::names_in(call.tx, classes_table)) out.push_back(write_class(name));
    return Json::object({{"resource_classes", std::move(out)}});
}

struct NewClass {
    std::string name;
    static const Shape<NewClass>& shape() {
        static const auto s = Shape<NewClass>().field("name", &NewClass::name, {required});
        return s;
    }
};

void create_class(Call& call, const NewClass& wanted) {
    need_custom(wanted.name, "resource class");
    if (!store::add_name(call.tx, classes_table, wanted.name))
        throw conflict(
            "placement.undefined_code",
            nephele::format("Conflicting resource class already exists: {}", wanted.name));
    call.headers.set("Location", call.in.base_url + "/resource_classes/" + wanted.name);
}

void put_class(Call& call) {
    need_custom(call.path("name"), "resource class");
    call.status = store::add_name(call.tx, classes_table, call.path("name")) ? 201 : 204;
    call.headers.set("Location", call.in.base_url + "/resource_classes/" + call.path("name"));
}

Json show_class(Call& call) {
    const std::string& name = call.path("name");
    if (!store::has_name(call.tx, classes_table, name))
        throw not_found("placement.undefined_code",
                        nephele::format("No such resource class {}.", name.substr(0, 255)));
    return write_class(name);
}

void remove_class(Call& call) {
    show_class(call);
    const std::string& name = call.path("name");
    need_custom(name, "resource class");
    if (call.tx.count("SELECT COUNT(*) FROM placement_inventories WHERE resource_class = ?",
                      {name}))
        throw conflict("placement.undefined_code",
                       nephele::format("The resource class {} is in use in inventory.", name));
    call.tx.exec("DELETE FROM placement_classes WHERE name = ?", {name});
}
} // namespace

Resource root_resource() { return Resource().on("GET /", "", root, {.open = true}); }

Resource trait_resource() {
    return Resource()
        .on("GET /traits", "placement:traits:list", list_traits, {.since = {1, 6}})
        .on("GET /traits/{name}", "placement:traits:show", check_trait, {.since = {1, 6}})
        .on("PUT /traits/{name}", "placement:traits:update", put_trait, {.since = {1, 6}})
        .on("DELETE /traits/{name}", "placement:traits:delete", remove_trait, {.since = {1, 6}})
        .on("GET /resource_providers/{uuid}/traits", "placement:resource_providers:traits:list",
            show_provider_traits, {.since = {1, 6}})
        .on("PUT /resource_providers/{uuid}/traits", "placement:resource_providers:traits:update",
            set_provider_traits, {.since = {1, 6}})
        .on("DELETE /resource_providers/{uuid}/traits",
            "placement:resource_providers:traits:delete", remove_provider_traits, {.since = {1, 6}})
        .on("GET /resource_classes", "placement:resource_classes:list", list_classes,
            {.since = {1, 2}})
        .on("POST /resource_classes", "placement:resource_classes:create", create_class,
            {.status = 201, .since = {1, 2}})
        .on("GET /resource_classes/{name}", "placement:resource_classes:show", show_class,
            {.since = {1, 2}})
        .on("PUT /resource_classes/{name}", "placement:resource_classes:update", put_class,
            {.since = {1, 7}})
        .on("DELETE /resource_classes/{name}", "placement:resource_classes:delete", remove_class,
            {.since = {1, 2}});
}

} // namespace nephele::placement
