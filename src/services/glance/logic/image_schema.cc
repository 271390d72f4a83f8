// SPDX-License-Identifier: Apache-2.0
#include "services/glance/logic/image_schema.h"

#include "base/strings.h"
#include "platform/shape/shape.h"

#include <algorithm>
#include <regex>

namespace nephele::glance::logic {
namespace {
Failure bad_file(const std::string& file_name, const std::string& why) {
    return bad_request("SchemaLoadError", format("Unable to load schema: {}: {}", file_name, why));
}

bool matches(const std::string& pattern, const std::string& value) {
    return std::regex_search(value, std::regex(pattern));
}
} // namespace

Json read_image_schema(const std::string& text, const std::string& file_name) {
    Json schema;
    try {
        schema = Json::parse(text);
        for (auto& [name, rules] : schema.as_object()) {
            if (!rules.is_object()) throw bad_file(file_name, name + " is no object");
            if (auto* pattern = rules.find("pattern")) matches(pattern->as_string(), "");
            if (auto* values = rules.find("enum")) values->as_array();
        }
    } catch (const JsonError& error) {
        throw bad_file(file_name, error.what());
    } catch (const std::regex_error& error) {
        throw bad_file(file_name, error.what());
    }
    return schema;
}

void check_schema(const Json& schema, const Json& properties) {
    if (!schema.is_object()) return;
    for (auto& [name, value] : properties.as_object()) {
        auto* rules = schema.find(name);
        if (!rules || !value.is_string()) continue;
        const std::string& text = value.as_string();
        if (auto* values = rules->find("enum")) {
            auto& all = values->as_array();
            if (std::find(all.begin(), all.end(), value) == all.end())
                throw shape::invalid_input(name, value,
                                           format("it is not one of {}", values->dump()));
        }
        if (auto* pattern = rules->find("pattern"); pattern && !matches(pattern->as_string(), text))
            throw shape::invalid_input(name, value,
                                       format("it does not match '{}'", pattern->as_string()));
        if (auto longest = rules->integer("maxLength", -1);
            longest >= 0 && static_cast<std::int64_t>(utf8_length(text)) > longest)
            throw shape::invalid_input(name, value, format("it is longer than {}", longest));
    }
}

} // namespace nephele::glance::logic
