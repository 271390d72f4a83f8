// SPDX-License-Identifier: Apache-2.0
#include "services/glance/api/protected_properties.h"

#include "base/strings.h"
#include "services/glance/logic/image_schema.h"
#include "services/glance/ops/catalogue.h"

#include <map>

namespace nephele::glance {
using namespace api;
using logic::PropertyAction;
namespace {
const Catalogue& catalogue(const Call& call) { return call.cloud.state<Catalogue>(); }

bool permits(Call& call, PropertyAction action, const std::string& name) {
    return permits_property(call.cloud, call.who, action, name);
}

void demand(Call& call, PropertyAction action, const std::string& name) {
    if (!permits(call, action, name))
        throw forbidden("PropertyProtected", format("Property '{}' is protected", name));
}
} // namespace

bool may_read_property(Call& call, const std::string& name) {
    return permits(call, PropertyAction::read, name);
}

void check_new_properties(Call& call, const Image& image) {
    logic::check_schema(catalogue(call).image_schema, image.properties);
    if (!catalogue(call).protections.enforced()) return;
    for (auto& [name, value] : image.properties.as_object())
        demand(call, PropertyAction::create, name);
}

void check_changes(Call& call, const Image& image, const std::vector<logic::Change>& changes) {
    Json values = Json::object();
    for (auto& change : changes)
        if (change.op != logic::Change::Op::remove && !change.of_locations())
            values[change.name] = change.value;
    logic::check_schema(catalogue(call).image_schema, values);
    if (!catalogue(call).protections.enforced()) return;
    const ShapeBase& base = image_edit();
    for (auto& change : changes) {
        auto* field = base.field_named(change.name);
        if (change.of_locations() || (field && field != base.extras())) continue;
        bool there = image.properties.has(change.name);
        demand(call,
               change.op == logic::Change::Op::remove ? PropertyAction::remove
               : there                                ? PropertyAction::update
                                                      : PropertyAction::create,
               change.name);
    }
}

void hide_properties(Call& call, std::vector<Image>& images) {
    if (!catalogue(call).protections.enforced()) return;
    std::map<std::string, bool> readable;
    for (auto& image : images) {
        Json kept = Json::object();
        for (auto& [name, value] : image.properties.as_object()) {
            auto known = readable.find(name);
            if (known == readable.end())
                known = readable.emplace(name, may_read_property(call, name)).first;
            if (known->second) kept[name] = value;
        }
        image.properties = std::move(kept);
    }
}

void hide_properties(Call& call, Image& image) {
    std::vector<Image> one{std::move(image)};
    hide_properties(call, one);
    image = std::move(one.front());
}

} // namespace nephele::glance
