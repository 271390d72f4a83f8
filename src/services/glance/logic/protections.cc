// SPDX-License-Identifier: Apache-2.0
#include "services/glance/logic/protections.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <algorithm>
#include <map>
#include <optional>
#include <regex>

namespace nephele::glance::logic {

struct Protections::Section {
    std::regex name;
    std::string text; ///< of the expression
    std::map<PropertyAction, std::vector<std::string>> allowed;
};

namespace {
const std::pair<const char*, PropertyAction> actions[] = {{"create", PropertyAction::create},
                                                          {"read", PropertyAction::read},
                                                          {"update", PropertyAction::update},
                                                          {"delete", PropertyAction::remove}};

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
    throw bad_request(
        "InvalidPropertyProtectionConfiguration",
        format("Invalid configuration in property protection file: {}: {}", where, why));
}

std::regex expression(const std::string& text, const std::string& where) {
    try {
        return std::regex(text);
    } catch (const std::regex_error& error) {
        refuse(where, format("'{}' is no regular expression: {}", text, error.what()));
    }
}

bool lists(const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

std::vector<std::string> names_in(std::string_view value, bool rules, const std::string& where) {
    std::vector<std::string> names;
    for (auto& part : split(std::string(value), ','))
        if (auto name = trim(part); !name.empty()) names.emplace_back(name);
    if (rules && names.size() > 1)
        refuse(where, "one rule is named for an action; combine rules in the policy file");
    if (lists(names, "@") && lists(names, "!")) refuse(where, "'@' and '!' exclude each other");
    return names;
}
} // namespace

Protections::Protections() = default;

Protections Protections::parse(std::string_view text, const std::string& file_name, bool rules) {
    auto sections = std::make_shared<std::vector<Section>>();
    auto complete = [&](const std::string& where) {
        if (sections->empty()) return;
        for (auto& [word, action] : actions)
            if (!sections->back().allowed.count(action))
                refuse(where, format("[{}] says nothing about {}", sections->back().text, word));
    };
    int number = 0;
    for (auto& raw : split(std::string(text), '\n')) {
        std::string where = format("{}:{}", file_name, ++number);
        auto line = trim(raw);
        if (line.empty() || line[0] == '#' || line[0] == ';') continue;
        if (line.front() == '[' && line.back() == ']') {
            complete(where);
            std::string name(line.substr(1, line.size() - 2));
            sections->push_back({expression(name, where), name, {}});
            continue;
        }
        auto mark = line.find_first_of("=:");
        if (mark == std::string_view::npos || sections->empty())
            refuse(where, "a section [expression] or action = names is expected");
        std::string word(trim(line.substr(0, mark)));
        for (auto& [known, action] : actions)
            if (lower(word) == known)
                sections->back().allowed[action] = names_in(line.substr(mark + 1), rules, where);
    }
    complete(file_name);
    Protections out;
    out.sections_ = std::move(sections);
    out.rules_ = rules;
    return out;
}

bool Protections::permits(PropertyAction action, const std::string& property,
                          const std::vector<std::string>& roles,
                          const std::function<bool(const std::string& rule)>& allowed) const {
    if (!sections_) return true;
    for (auto& section : *sections_) {
        if (!std::regex_search(property, section.name)) continue;
        auto& names = section.allowed.at(action);
        if (lists(names, "!")) return false;
        if (lists(names, "@")) return true;
        if (rules_) return !names.empty() && allowed(names.front());
        return std::any_of(roles.begin(), roles.end(), [&](const std::string& role) {
            return std::any_of(names.begin(), names.end(),
                               [&](const std::string& name) { return iequals(name, role); });
        });
    }
    return false;
}

} // namespace nephele::glance::logic
