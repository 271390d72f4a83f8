// SPDX-License-Identifier: Apache-2.0
// Declaring routes, and the steps all typed handlers share.
#include "platform/api/route.h"

#include "base/check.h"
#include "base/strings.h"
#include "platform/api/service.h"

namespace nephele::api {
namespace {
std::pair<std::string, std::string> method_and_path(std::string_view text) {
    auto space = text.find(' ');
    NEPHELE_CHECK(space != std::string_view::npos && text.size() > space + 1 &&
                  text[space + 1] == '/');
    return {std::string(text.substr(0, space)), std::string(text.substr(space + 1))};
}
} // namespace

void Handler::read_body(Call& call, const ShapeBase& shape, void* into) {
    const Json* body = &call.body;
    bool action = !call.in.route.action.empty();
    if (!shape.name().empty() && !action) {
        if (!body->is_object())
            throw bad_request("InvalidInput", "A JSON object is expected as the request's body.");
        const Json* inner = body->find(shape.name());
        if (!inner)
            throw bad_request("InvalidInput",
                              nephele::format("Unable to find '{}' in request body", shape.name()))
                .with("field", shape.name());
        for (auto& member : body->as_object())
            if (member.first != shape.name())
                throw bad_request("InvalidInput",
                                  nephele::format("Unrecognized attribute(s) '{}' beside '{}'",
                                                  member.first.substr(0, 100), shape.name()));
        body = inner;
    }
    static const Json nothing = Json::object();
    if (action && body->is_null()) body = &nothing;
    shape.read(*body, into, call.reading);
}

Result Handler::write_one(Call& call, const ShapeBase& shape, const void* record) {
    View view = call.view();
    std::vector<std::string> fields;
    if (call.in.route.method == "GET" && call.in.service.manners.paging.show_takes_fields)
        for (auto& [key, value] : call.in.query)
            if (key == "fields")
                for (auto& field : split(value, ',')) fields.push_back(field);
    if (!fields.empty()) view.only = &fields;
    Result result{.wrap = shape.name()};
    if (!result.wrap.empty()) {
        append_json_string(result.text = "{", result.wrap);
        result.text += ':';
    }
    shape.append(result.text, record, view);
    if (!result.wrap.empty()) result.text += '}';
    return result;
}

void Handler::begin_list(Result& into) {
    append_json_string(into.text = "{", into.wrap);
    into.text += ":[";
}

void Handler::write_item(const ShapeBase& shape, const void* record, const View& view,
                         std::size_t expected, Result& into) {
    const std::size_t before = into.text.size();
    if (into.count++) into.text += ',';
    shape.append(into.text, record, view);
    // Items are of about the same size: room for all of them at once.
    if (into.count == 1) into.text.reserve((into.text.size() - before + 32) * expected + 512);
}

// Paging needs the key of the last item even when the view leaves it out.
std::string Handler::paging_key(const ShapeBase& shape, const void* record) {
    static const View bare;
    for (const char* name : {"id", "name"})
        if (auto* field = shape.field_named(name); field && field->codec) {
            Json key = field->codec->to_json(static_cast<const char*>(record) + field->offset,
                                             *field, bare);
            return key.is_string() ? key.as_string() : key.dump();
        }
    return "";
}

Resource& Resource::on(std::string_view text, std::string policy, Handler handler,
                       RouteOptions options, const char* file, int line) {
    auto [method, path] = method_and_path(text);
    routes.push_back({std::move(method), std::move(path), "", std::move(policy), std::move(handler),
                      options, file, line});
    return *this;
}

Resource& Resource::action(std::string_view text, std::string action, std::string policy,
                           Handler handler, RouteOptions options, const char* file, int line) {
    auto [method, path] = method_and_path(text);
    routes.push_back({std::move(method), std::move(path), std::move(action), std::move(policy),
                      std::move(handler), options, file, line});
    return *this;
}

} // namespace nephele::api
