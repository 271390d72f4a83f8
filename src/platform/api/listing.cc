// SPDX-License-Identifier: Apache-2.0
// What can be told from the route tables: the list, the place of a route, the OpenAPI document.
#include "base/strings.h"
#include "platform/api/router.h"

namespace nephele::api {
namespace {
std::string version_text(const Version& version) {
    return version == Version{} || version.major >= 1000 ? "" : version.text();
}

Json schema_of(const ShapeBase& shape, bool request) {
    Json properties = Json::object(), required = Json::array();
    for (auto& f : shape.fields()) {
        if (request ? f.read_only || !f.codec : f.hidden || f.secret) continue;
        Json property = Json::object();
        if (f.codec && f.codec->type != FieldType::free)
            property["type"] = schema_type(f.codec->type);
        if (f.codec && f.codec->nested && f.codec->type == FieldType::object)
            property = schema_of(*f.codec->nested(), request);
        if (f.codec && f.codec->nested && f.codec->type == FieldType::list)
            property["items"] = schema_of(*f.codec->nested(), request);
        if (f.max_length) property["maxLength"] = *f.max_length;
        if (f.at_least) property["minimum"] = *f.at_least;
        if (f.at_most) property["maximum"] = *f.at_most;
        if (!f.one_of.empty()) property["enum"] = f.one_of;
        if (!f.format_name.empty()) property["format"] = f.format_name;
        if (f.since) property["x-since"] = f.since->text();
        if (f.until) property["x-until"] = f.until->text();
        if (!f.help.empty()) property["description"] = f.help;
        if (f.required && request) required.push_back(f.name);
        properties[f.name] = std::move(property);
    }
    Json schema = Json::object({{"type", "object"}, {"properties", std::move(properties)}});
    if (required.size()) schema["required"] = std::move(required);
    if (request && !shape.extras()) schema["additionalProperties"] = false;
    return schema;
}

Json wrapped(const std::string& name, Json schema) {
    if (name.empty()) return schema;
    return Json::object(
        {{"type", "object"}, {"properties", Json::object({{name, std::move(schema)}})}});
}

Json operation_of(const Route& route) {
    const Handler& handler = route.handler;
    int status = route.options.status ? route.options.status : 200;
    Json answer = Json::object({{"description", "success"}});
    if (handler.result_shape) {
        Json schema = schema_of(*handler.result_shape, false);
        if (handler.lists)
            schema = wrapped(handler.result_shape->plural(),
                             Json::object({{"type", "array"}, {"items", std::move(schema)}}));
        else
            schema = wrapped(handler.result_shape->name(), std::move(schema));
        answer["content"] =
            Json::object({{"application/json", Json::object({{"schema", std::move(schema)}})}});
    }
    Json operation =
        Json::object({{"x-policy", route.policy},
                      {"responses", Json::object({{std::to_string(status), std::move(answer)}})}});
    if (!route.action.empty()) operation["x-action"] = route.action;
    if (handler.body_shape)
        operation["requestBody"] = Json::object(
            {{"content",
              Json::object(
                  {{"application/json",
                    Json::object(
                        {{"schema",
                          wrapped(route.action.empty() ? handler.body_shape->name() : route.action,
                                  schema_of(*handler.body_shape, true))}})}})}});
    return operation;
}
} // namespace

std::vector<ListedRoute> all_routes(const std::vector<Service>& services) {
    std::vector<ListedRoute> out;
    for (auto& service : services)
        for (auto& resource : service.resources)
            for (auto& route : resource.routes) out.push_back({&service, &route});
    return out;
}

Json routes_json(const std::vector<Service>& services) {
    Json out = Json::array();
    for (auto& [service, route] : all_routes(services)) {
        Json row = Json::object({{"service", service->name},
                                 {"method", route->method},
                                 {"path", route->path},
                                 {"action", route->action.empty() ? Json() : Json(route->action)},
                                 {"policy", route->policy}});
        if (auto text = version_text(route->options.since); !text.empty())
            row["min_version"] = text;
        if (auto text = version_text(route->options.until); !text.empty())
            row["max_version"] = text;
        out.push_back(std::move(row));
    }
    for (auto& service : services)
        for (auto& each : service.mounted_operations)
            out.push_back(
                Json::object({{"service", service.name},
                              {"method", each.method},
                              {"path", each.path},
                              {"action", each.action.empty() ? Json() : Json(each.action)},
                              {"policy", Json()}}));
    return out;
}

namespace {
// "/v1/{account}/{container}?acl" holds a path of as many segments; the last one may hold slashes.
bool fits(const MountedOperation& operation, std::string_view path) {
    auto wanted = split(operation.path.substr(0, operation.path.find('?')), '/');
    auto given = split(std::string(path.substr(0, path.find('?'))), '/');
    if (given.size() < wanted.size()) return false;
    if (given.size() > wanted.size() && wanted.back() != "{object}") return false;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (wanted[i] != given[i] && (wanted[i].empty() || wanted[i].front() != '{')) return false;
    return true;
}
} // namespace

std::string where(const std::vector<Service>& services, const std::string& method,
                  const std::string& path) {
    std::string out;
    for (auto& service : services) {
        Router router(service);
        for (const std::string& candidate :
             {path,
              path.rfind(service.prefix, 0) == 0 ? path.substr(service.prefix.size()) : path}) {
            auto match = router.match(method, candidate);
            for (auto* route : match.routes)
                out += nephele::format("{} {} {}{}\n  route   {}:{}\n  policy  {}\n  folder  "
                                       "src/services/{}\n",
                                       service.name, route->method, route->path,
                                       route->action.empty() ? "" : " (" + route->action + ")",
                                       route->file, route->line, route->policy, service.name);
            if (!match.routes.empty()) break;
            for (auto& each : service.mounted_operations)
                if (each.method == method && fits(each, candidate))
                    out += nephele::format("{} {} {}\n  file    {}\n  folder  src/services/{}\n",
                                           service.name, each.method, each.path, each.file,
                                           service.name);
        }
    }
    return out;
}

Json openapi(const Service& service) {
    Json paths = Json::object();
    for (auto& resource : service.resources)
        for (auto& route : resource.routes) {
            Json& item = paths[route.path];
            // OpenAPI knows one operation a verb: further actions and versions get a suffixed key.
            std::string verb = lower(route.method);
            std::string key = item.has(verb) ? "x-" + verb + "-" + route.action + "-" +
                                                   std::to_string(item.size())
                                             : verb;
            item[key] = operation_of(route);
        }
    return Json::object({{"openapi", "3.1.0"},
                         {"info", Json::object({{"title", service.name},
                                                {"version", service.manners.versions.max.text()}})},
                         {"paths", std::move(paths)}});
}

} // namespace nephele::api
