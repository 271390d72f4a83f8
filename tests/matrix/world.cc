// SPDX-License-Identifier: Apache-2.0
#include "tests/matrix/world.h"

#include "base/strings.h"
#include "main/services.h"
#include "platform/journal/journal.h"
#include "services/keystone/client.h"

namespace nephele::test {
namespace {
constexpr const char* nobody = "0e0e0e0e-0e0e-40e0-8e0e-0e0e0e0e0e0e";

bool is_parameter(const std::string& segment) {
    return segment.size() > 2 && segment.front() == '{';
}

std::string parameter_name(const std::string& segment) {
    std::string name = segment.substr(1, segment.size() - 2);
    if (name.size() > 3 && name.substr(name.size() - 3) == "...") name.resize(name.size() - 3);
    return name;
}

std::vector<std::string> settings(const std::string& directory) {
    std::vector<std::string> all{"data.directory=\"" + directory + "\"", "log.level=\"error\"",
                                 "keystone.password_hash_rounds=4",
                                 "keystone.admin_password=\"matrix\""};
    // No engines: these services keep records only.
    for (auto& service : all_services())
        for (auto& option : service.options) {
            if (option.name == "nova.driver") all.push_back("nova.driver=\"none\"");
            if (option.name == "neutron.driver") all.push_back("neutron.driver=\"fake\"");
        }
    return all;
}

std::string id_in(const Answer& answer) {
    if (answer.status >= 300 || !answer.json.is_object()) return "";
    const Json* made = &answer.json;
    for (const char* key : {"id", "uuid", "name", "member_id", "namespace"}) {
        if (made->size() == 1 && made->as_object().front().second.is_object())
            made = &made->as_object().front().second;
        // Several made at once: the first of them.
        if (made->size() == 1 && made->as_object().front().second.is_array() &&
            made->as_object().front().second.size() > 0 &&
            made->as_object().front().second.as_array()[0].is_object())
            made = &made->as_object().front().second.as_array()[0];
        if (made->has(key) && made->at(key).is_string()) return made->text(key);
    }
    return "";
}

const Recipe* recipe_named(const std::string& name) {
    for (auto& recipe : recipes())
        if (recipe.name == name) return &recipe;
    return nullptr;
}

// A text member that changes nothing of weight.
Json small_edit(const shape::ShapeBase& shape) {
    for (const char* name : {"description", "name"})
        if (auto* field = shape.field_named(name); field && field->codec && !field->read_only &&
                                                   field->codec->type == shape::FieldType::text)
            return Json::object({{name, "changed"}});
    return Json::object();
}
} // namespace

std::string Probe::path(const Ids& ids) const {
    std::vector<std::string> out;
    for (auto& segment : split(route->path, '/'))
        out.push_back(is_parameter(segment) ? percent_encode(ids.at(parameter_name(segment)))
                                            : segment);
    return service->prefix + join(out, "/");
}

std::string Probe::label() const {
    return service->name + " " + route->method + " " + route->path +
           (route->action.empty() ? "" : " " + route->action) +
           (route->options.since == shape::Version{} ? "" : " >=" + route->options.since.text()) +
           (route->options.until.major >= 1000 ? "" : " <=" + route->options.until.text());
}

bool Probe::endless() const { return route->path == "/v1/journal"; }

bool Probe::takes_body() const {
    return !reads() && (route->handler.body_shape || route->handler.raw_body ||
                        route->handler.free || !route->action.empty());
}

std::string Probe::content_type(const std::string& body) const {
    if (body.empty()) return "";
    return service->name == "glance" && route->method == "PATCH"
               ? "application/openstack-images-v2.1-json-patch"
               : "application/json";
}

Json Probe::wrapped(Json inner) const {
    if (!route->action.empty()) return Json::object({{route->action, std::move(inner)}});
    auto* shape = route->handler.body_shape;
    if (shape && !shape->name().empty()) return Json::object({{shape->name(), std::move(inner)}});
    return inner;
}

World::World()
    : directory_("matrix"),
      cloud(all_services(), settings(directory_.path()), false, keystone::client::bootstrap_node) {
    cloud.use_made_up_tokens();
    for (auto& listed : api::all_routes(cloud.node().services()))
        probes.push_back({listed.service, listed.route});
    member_ = cloud.token("own");
    admin_ = cloud.token("own", {"admin"});
    renew();
}

bool World::served(const Recipe& recipe) {
    for (auto& service : cloud.node().services())
        if (recipe.path.rfind(service.prefix + "/", 0) == 0)
            return !api::where(cloud.node().services(), recipe.method,
                               recipe.path.substr(service.prefix.size()))
                        .empty();
    return false;
}

void World::renew() {
    ++serial_;
    refused.clear();
    for (auto& [name, id] : standing_ids()) own[name] = id;
    for (auto& recipe : recipes()) {
        if (!served(recipe)) continue;
        auto answer = cook(recipe);
        if (answer.status >= 300)
            refused.push_back(recipe.method + " " + recipe.path + ": " +
                              std::to_string(answer.status) + " " + answer.text.substr(0, 300));
        else if (auto id = id_in(answer); !id.empty() && !recipe.name.empty())
            own[recipe.name] = id;
    }
}

Answer World::cook(const Recipe& recipe) {
    http::Headers headers;
    for (auto& service : cloud.node().services())
        if (recipe.path.rfind(service.prefix + "/", 0) == 0)
            headers = newest(service, service.manners.versions.max);
    std::string body = recipe.raw;
    if (!recipe.raw.empty()) {
        headers.set("Content-Type", "application/octet-stream");
    } else if (!recipe.body.is_null()) {
        headers.set("Content-Type", "application/json");
        body = filled(recipe.body, own, serial_).dump();
    }
    return cloud.raw(recipe.method, filled(recipe.path, own, serial_),
                     recipe.by_admin ? admin_ : member_, body, headers);
}

Ids World::absent_ids(const Probe& probe) const {
    Ids ids;
    std::string before;
    for (auto& segment : split(probe.route->path, '/')) {
        // Neutron's tags of any kind of thing: "/v2.0/{resource}/{resource_id}/tags".
        bool kind = before == "v2.0" && is_parameter(segment);
        if (is_parameter(segment)) ids[parameter_name(segment)] = kind ? "networks" : nobody;
        before = segment;
    }
    return ids;
}

Ids World::unmade_ids(const Probe& probe) const {
    Ids ids = absent_ids(probe);
    for (auto& [name, id] : own_ids(probe))
        for (auto& [collection, standing] : standing_ids())
            if (id == standing) ids[name] = id;
    return ids;
}

Ids World::own_ids(const Probe& probe) const {
    Ids ids = absent_ids(probe);
    std::string before;
    for (auto& segment : split(probe.route->path, '/')) {
        std::string value = segment;
        if (is_parameter(segment)) {
            auto& id = ids[parameter_name(segment)];
            if (auto found = own.find(before); found != own.end()) id = found->second;
            value = id;
        }
        before = value;
    }
    return ids;
}

bool World::has_own(const Probe& probe) const { return own_ids(probe) != absent_ids(probe); }

std::string World::accepted_body(const Probe& probe) const {
    auto& route = *probe.route;
    if (probe.reads()) return "";
    std::string key =
        route.method + " " + route.path + (route.action.empty() ? "" : " " + route.action);
    if (auto found = accepted_bodies().find(key); found != accepted_bodies().end()) {
        Json body = filled(found->second, own, serial_ + 1'000'000);
        if (body.is_null()) return "";
        return (route.action.empty() ? body : probe.wrapped(body)).dump();
    }
    auto segments = split(route.path, '/');
    if (auto* recipe = recipe_named(segments.back());
        recipe && recipe->method == route.method &&
        recipe->path == probe.service->prefix + route.path)
        return filled(recipe->body, own, serial_ + 1'000'000).dump();
    if (auto* shape = route.handler.body_shape) return probe.wrapped(small_edit(*shape)).dump();
    auto* recipe = segments.size() > 2 ? recipe_named(segments[segments.size() - 2]) : nullptr;
    if (recipe && probe.takes_body() && route.action.empty() && recipe->body.size() == 1 &&
        recipe->body.as_object().front().second.is_object())
        return Json::object({{recipe->body.as_object().front().first,
                              Json::object({{"description", "changed"}})}})
            .dump();
    if (!route.action.empty()) return Json::object({{route.action, nullptr}}).dump();
    return route.method == "DELETE" || !probe.takes_body() ? "" : "{}";
}

http::Headers World::newest(const api::Service& service, shape::Version until) const {
    http::Headers out;
    auto& versions = service.manners.versions;
    if (versions.negotiated)
        out.set("OpenStack-API-Version",
                versions.service_type + " " + std::min(versions.max, until).text());
    return out;
}

http::Headers World::headers(const Probe& probe) const {
    return newest(*probe.service, probe.route->options.until);
}

Answer World::ask(const Probe& probe, const Ids& ids, const std::string& token,
                  const std::string& body, const std::string& type) {
    http::Headers all = headers(probe);
    if (!type.empty()) all.set("Content-Type", type);
    return cloud.raw(probe.route->method, probe.path(ids), token, body, all);
}

std::string World::journal_end() {
    return cloud.cloud().db().read([](db::Tx& tx) { return journal::end(tx); });
}

} // namespace nephele::test
