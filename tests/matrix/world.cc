// SPDX-License-Identifier: Apache-2.0
#include "tests/matrix/world.h"

#include "base/strings.h"
#include "main/services.h"
#include "platform/journal/journal.h"

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

Json named(const char* wrap, Json body) { return Json::object({{wrap, std::move(body)}}); }

struct Recipe {
    const char* collection; ///< where its id stands in paths
    const char* path;
    Json body;
    bool by_admin = false;
};

// One of every thing of the project "own"; later ones may need earlier ones, as $collection.
std::vector<Recipe> recipes() {
    auto obj = [](std::initializer_list<Json::Member> members) { return Json::object(members); };
    return {
        {"networks", "/network/v2.0/networks", named("network", obj({{"name", "n"}}))},
        {"subnets", "/network/v2.0/subnets",
         named("subnet",
               obj({{"network_id", "$networks"}, {"ip_version", 4}, {"cidr", "10.1.0.0/24"}}))},
        {"ports", "/network/v2.0/ports", named("port", obj({{"network_id", "$networks"}}))},
        {"routers", "/network/v2.0/routers", named("router", obj({{"name", "r"}}))},
        {"security-groups", "/network/v2.0/security-groups",
         named("security_group", obj({{"name", "g"}}))},
        {"security-group-rules", "/network/v2.0/security-group-rules",
         named("security_group_rule",
               obj({{"security_group_id", "$security-groups"}, {"direction", "ingress"}}))},
        {"images", "/image/v2/images",
         obj({{"name", "i"},
              {"disk_format", "raw"},
              {"container_format", "bare"},
              {"visibility", "private"}})},
        {"flavors", "/compute/v2.1/flavors",
         named("flavor", obj({{"name", "f"}, {"ram", 64}, {"vcpus", 1}, {"disk", 0}})), true},
        {"os-keypairs", "/compute/v2.1/os-keypairs", named("keypair", obj({{"name", "key"}}))},
    };
}

// Simulated drivers, for the services that have one.
std::vector<std::string> settings() {
    std::vector<std::string> out{"log.level=\"error\""};
    for (auto& service : all_services())
        for (auto& option : service.options)
            if (option.name == service.name + ".driver")
                out.push_back(option.name + (service.name == "nova" ? "=\"none\"" : "=\"fake\""));
    return out;
}

// Replaces "$collection" by the id made for it.
void resolve(Json& json, const std::map<std::string, std::string>& ids) {
    if (json.is_string() && json.as_string().rfind('$', 0) == 0) {
        auto found = ids.find(json.as_string().substr(1));
        if (found != ids.end()) json = found->second;
    } else if (json.is_object()) {
        for (auto& member : json.as_object()) resolve(member.second, ids);
    }
}
} // namespace

std::string Probe::path(const std::map<std::string, std::string>& ids) const {
    std::vector<std::string> out;
    for (auto& segment : split(route->path, '/'))
        out.push_back(is_parameter(segment) ? percent_encode(ids.at(parameter_name(segment)))
                                            : segment);
    // An endless answer otherwise.
    bool watch = route->path == "/v1/journal";
    return service->prefix + join(out, "/") + (watch ? "?follow=false" : "");
}

std::string Probe::label() const {
    return service->name + " " + route->method + " " + route->path +
           (route->action.empty() ? "" : " " + route->action) +
           (route->options.since == shape::Version{} ? "" : " >=" + route->options.since.text()) +
           (route->options.until.major >= 1000 ? "" : " <=" + route->options.until.text());
}

World::World() : cloud(all_services(), settings()) {
    cloud.use_made_up_tokens();
    for (auto& listed : api::all_routes(cloud.node().services()))
        probes.push_back({listed.service, listed.route});
    std::string member = cloud.token("own"), admin = cloud.token("own", {"admin"});
    for (auto& recipe : recipes()) {
        Json body = recipe.body;
        resolve(body, own);
        auto answer = cloud.post(recipe.path, recipe.by_admin ? admin : member, body);
        if (answer.status >= 300 || !answer.json.is_object()) continue;
        const Json* made = &answer.json;
        if (!made->has("id") && made->size() == 1) made = &made->as_object().front().second;
        own[recipe.collection] = made->has("id") ? made->text("id") : made->text("name");
    }
}

std::map<std::string, std::string> World::absent_ids(const Probe& probe) const {
    std::map<std::string, std::string> ids;
    for (auto& segment : split(probe.route->path, '/'))
        if (is_parameter(segment)) ids[parameter_name(segment)] = nobody;
    return ids;
}

std::map<std::string, std::string> World::own_ids(const Probe& probe) const {
    auto ids = absent_ids(probe);
    auto segments = split(probe.route->path, '/');
    for (std::size_t i = 1; i < segments.size(); ++i)
        if (is_parameter(segments[i]))
            if (auto found = own.find(segments[i - 1]); found != own.end())
                ids[parameter_name(segments[i])] = found->second;
    return ids;
}

bool World::has_own(const Probe& probe) const { return own_ids(probe) != absent_ids(probe); }

http::Headers World::headers(const Probe& probe) const {
    http::Headers out;
    auto& versions = probe.service->manners.versions;
    if (!versions.negotiated) return out;
    auto newest = std::min(versions.max, probe.route->options.until);
    out.set("OpenStack-API-Version", versions.service_type + " " + newest.text());
    return out;
}

Answer World::ask(const Probe& probe, const std::map<std::string, std::string>& ids,
                  const std::string& token, const std::string& body, const std::string& type) {
    http::Headers all = headers(probe);
    if (!type.empty()) all.set("Content-Type", type);
    return cloud.raw(probe.route->method, probe.path(ids), token, body, all);
}

std::string World::journal_end() {
    return cloud.cloud().db().read([](db::Tx& tx) { return journal::end(tx); });
}

} // namespace nephele::test
