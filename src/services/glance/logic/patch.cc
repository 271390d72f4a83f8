// SPDX-License-Identifier: Apache-2.0
#include "services/glance/logic/patch.h"

#include "base/strings.h"
#include "services/glance/logic/rules.h"

#include <utility>

namespace nephele::glance::logic {
namespace {
using Op = Change::Op;
const std::pair<const char*, Op> operations[] = {
    {"add", Op::add}, {"replace", Op::replace}, {"remove", Op::remove}};

Failure refused(const std::string& why) { return bad_request("InvalidInput", why); }

std::string shown(const std::string& text) { return text.substr(0, 255); }

// The tokens of "/name/position", with ~1 for '/' and ~0 for '~'.
std::vector<std::string> tokens_of(const std::string& path) {
    if (path.empty() || path[0] != '/')
        throw refused(format("Pointer `{}` does not start with \"/\".", shown(path)));
    if (path.find("//") != std::string::npos)
        throw refused(format("Pointer `{}` contains adjacent \"/\".", shown(path)));
    if (path.size() > 1 && path.back() == '/')
        throw refused(format("Pointer `{}` ends with \"/\".", shown(path)));
    std::vector<std::string> tokens;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '/') {
            tokens.emplace_back();
            continue;
        }
        if (path[i] != '~') {
            tokens.back() += path[i];
            continue;
        }
        char code = i + 1 < path.size() ? path[++i] : '\0';
        if (code != '0' && code != '1')
            throw refused(format("Pointer `{}` contains \"~\" not part of a recognized escape "
                                 "sequence.",
                                 shown(path)));
        tokens.back() += code == '0' ? '~' : '/';
    }
    if (tokens.front().empty())
        throw refused("A JSON pointer must name an attribute of the image.");
    return tokens;
}

// Locations are added and removed one by one, and replaced as a whole.
Change change_at(Op op, const std::string& path) {
    auto tokens = tokens_of(path);
    Change change{op, tokens.front(), {}, ""};
    if (!change.of_locations()) check_settable_name(change.name);
    std::size_t depth = change.of_locations() && op != Op::replace ? 2 : 1;
    if (tokens.size() != depth)
        throw refused(format("Invalid JSON pointer for this resource: '{}'", shown(path)));
    if (depth == 2) change.position = tokens[1];
    return change;
}

const Json& text_member(const Json& operation, const char* key) {
    const Json* found = operation.find(key);
    if (!found || !found->is_string())
        throw refused(format("Unable to find '{}' in JSON Schema change", key));
    return *found;
}

Change read_v2_1(const Json& operation) {
    const std::string& word = text_member(operation, "op").as_string();
    for (auto& [name, op] : operations)
        if (word == name) return change_at(op, text_member(operation, "path").as_string());
    throw refused(format("Operations must be one of add, replace, remove, not '{}'.", shown(word)));
}

Change read_v2_0(const Json& operation) {
    const Json* path = nullptr;
    Op chosen{};
    for (auto& [name, op] : operations) {
        const Json* found = operation.find(name);
        if (!found) continue;
        if (path)
            throw refused("Operation objects must contain only one member named \"add\", "
                          "\"remove\", or \"replace\".");
        path = found;
        chosen = op;
    }
    if (!path || !path->is_string())
        throw refused("Operation objects must contain exactly one member named \"add\", "
                      "\"remove\", or \"replace\".");
    return change_at(chosen, path->as_string());
}

Change read_operation(const Json& operation, bool old_form) {
    if (!operation.is_object()) throw refused("Operations must be JSON objects.");
    Change change = old_form ? read_v2_0(operation) : read_v2_1(operation);
    if (change.op == Op::remove) return change;
    const Json* value = operation.find("value");
    if (!value) throw refused("Operation \"add\" and \"replace\" need a member named \"value\".");
    change.value = *value;
    return change;
}

const FieldInfo* base_field(const std::string& name) {
    const ShapeBase& shape = image_edit();
    auto* field = shape.field_named(name);
    return field == shape.extras() ? nullptr : field;
}

void check_format_change(const Image& image, const Change& change) {
    if (change.name != "container_format" && change.name != "disk_format") return;
    auto& now = change.name == "disk_format" ? image.disk_format : image.container_format;
    if (image.status == Status::queued || (now && change.value == Json(*now))) return;
    throw forbidden("Forbidden",
                    format("Attribute {} can be only replaced for a queued image.", change.name));
}

void set_base(Image& image, const Change& change, const PatchRights& rights) {
    if (change.op == Op::remove)
        throw forbidden("Forbidden", format("Property {} may not be removed.", change.name));
    if (change.name == "owner" && !rights.admin)
        throw forbidden("Forbidden", "Owner can't be updated by non admin.");
    check_format_change(image, change);
    Reading reading;
    reading.mode = Reading::Mode::update;
    image_edit().read(Json::object({{change.name, change.value}}), &image, reading);
}

void set_property(Image& image, const Change& change) {
    bool there = image.properties.has(change.name);
    if (change.op != Op::add && !there)
        throw conflict("Conflict", format("Property {} does not exist.", shown(change.name)));
    if (change.op == Op::remove)
        image.properties.erase(change.name);
    else
        image.properties[change.name] = change.value;
}

void change_locations(Image& image, const Change& change, LocationRights& rights) {
    if (change.op == Op::remove) return remove_location(image, change.position, rights);
    if (change.op == Op::replace)
        return replace_locations(image, read_locations(change.value), rights);
    add_location(image, change.position, read_location(change.value), rights);
}
} // namespace

std::vector<Change> read_patch(std::string_view content_type, const Json& body) {
    std::string type = lower(trim(content_type.substr(0, content_type.find(';'))));
    if (type != patch_type_2_1 && type != patch_type_2_0)
        throw Failure(Fault::unsupported_media_type, "UnsupportedMediaType",
                      format("Send the patch as {}.", patch_type_2_1))
            .header("Accept-Patch", format("{}, {}", patch_type_2_1, patch_type_2_0));
    if (!body.is_array()) throw refused("Request body must be a JSON array of operation objects.");
    std::vector<Change> changes;
    for (auto& operation : body.as_array())
        changes.push_back(read_operation(operation, type == patch_type_2_0));
    return changes;
}

void apply(Image& image, const std::vector<Change>& changes, const PatchRights& rights) {
    LocationRights none;
    for (auto& change : changes)
        if (change.of_locations())
            change_locations(image, change, rights.locations ? *rights.locations : none);
        else if (base_field(change.name))
            set_base(image, change, rights);
        else
            set_property(image, change);
}

} // namespace nephele::glance::logic
