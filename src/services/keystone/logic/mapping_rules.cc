// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/mapping_rules.h"

#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/pattern/pattern.h"

#include <algorithm>

namespace nephele::keystone::logic {
namespace {

using Values = std::vector<std::string>;

Values texts(const Json& list) {
    Values out;
    for (const Json& one : list.as_array()) out.push_back(one.as_string());
    return out;
}

// Conditions and filters of one remote requirement: with `regex` each value is a pattern that may
// be found anywhere, else it must be equal.
class Matcher {
  public:
    Matcher(const Json& values, bool regex) {
        for (const auto& value : texts(values))
            if (regex)
                add_pattern(value);
            else
                exact_.push_back(value);
    }
    bool matches(const std::string& value) const {
        return std::find(exact_.begin(), exact_.end(), value) != exact_.end() ||
               std::any_of(patterns_.begin(), patterns_.end(),
                           [&](const Pattern& pattern) { return pattern.matches(value); });
    }
    bool matches_any(const Values& values) const {
        return std::any_of(values.begin(), values.end(),
                           [&](const std::string& value) { return matches(value); });
    }

  private:
    void add_pattern(const std::string& expression) {
        std::string why;
        auto pattern = Pattern::parse(expression, &why, Pattern::Syntax::perl);
        if (!pattern)
            throw Failure(Fault::unauthorized, "Unauthorized",
                          format("A mapping's '{}' is no regular expression: {}",
                                 expression.substr(0, 100), why));
        patterns_.push_back(std::move(*pattern));
    }

    Values exact_;
    std::vector<Pattern> patterns_;
};

// The values {0}, {1} ... stand for; nothing when the rule does not apply.
std::optional<std::vector<Values>> direct_maps(const Json& requirements,
                                               const Attributes& attributes) {
    std::vector<Values> maps;
    for (const Json& requirement : requirements.as_array()) {
        const auto found = attributes.find(requirement.text("type"));
        if (found == attributes.end() || found->second.empty()) return std::nullopt;
        Values values = found->second;
        const bool regex = requirement.boolean("regex");
        if (const Json* wanted = requirement.find("any_one_of")) {
            if (!Matcher(*wanted, regex).matches_any(values)) return std::nullopt;
            continue;
        }
        if (const Json* refused = requirement.find("not_any_of")) {
            if (Matcher(*refused, regex).matches_any(values)) return std::nullopt;
            continue;
        }
        if (const Json* black = requirement.find("blacklist")) {
            const Matcher matcher(*black, regex);
            std::erase_if(values, [&](const auto& value) { return matcher.matches(value); });
        } else if (const Json* white = requirement.find("whitelist")) {
            const Matcher matcher(*white, regex);
            std::erase_if(values, [&](const auto& value) { return !matcher.matches(value); });
        }
        maps.push_back(std::move(values));
    }
    return maps;
}

// A Python list as str() writes it, which is what several values look like within other text.
std::string python_list(const Values& values) {
    std::string out = "[";
    for (const auto& value : values) {
        if (out.size() > 1) out += ", ";
        out += "'" + replace_all(replace_all(value, "\\", "\\\\"), "'", "\\'") + "'";
    }
    return out + "]";
}

// Python's list of strings in the text of a rule: "['a', 'b']". Nothing when it is no such list.
std::optional<Values> read_python_list(std::string_view text) {
    text = trim(text);
    if (text.size() < 2 || text.front() != '[' || text.back() != ']') return std::nullopt;
    text = trim(text.substr(1, text.size() - 2));
    Values values;
    while (!text.empty()) {
        const char quote = text.front();
        if (quote != '\'' && quote != '"') return std::nullopt;
        std::string value;
        std::size_t at = 1;
        for (; at < text.size() && text[at] != quote; ++at) {
            if (text[at] == '\\' && at + 1 < text.size()) ++at;
            value += text[at];
        }
        if (at >= text.size()) return std::nullopt;
        values.push_back(std::move(value));
        text = trim(text.substr(at + 1));
        if (text.empty()) break;
        if (text.front() != ',') return std::nullopt;
        text = trim(text.substr(1));
    }
    return values;
}

// Fills one rule's local side with the values its remote side found.
class Filler {
  public:
    Filler(const std::vector<Values>& maps, const std::string& mapping_id)
        : maps_(maps), mapping_id_(mapping_id) {}

    // "{0} of {1}": several values within text are written as Python writes a list.
    std::string text(const std::string& pattern) const {
        std::string out;
        std::size_t next = 0;
        for (std::size_t at = 0; at < pattern.size(); ++at) {
            const char c = pattern[at];
            const bool doubled = at + 1 < pattern.size() && pattern[at + 1] == c;
            if ((c == '{' || c == '}') && doubled) {
                out += c;
                ++at;
            } else if (c == '{') {
                const auto end = pattern.find('}', at);
                if (end == pattern.npos) fail();
                const auto& values = map_at(pattern.substr(at + 1, end - at - 1), next);
                out += values.size() == 1 ? values.front() : python_list(values);
                at = end;
            } else if (c == '}') {
                fail();
            } else {
                out += c;
            }
        }
        return out;
    }

    // For groups: a pattern that is one placeholder gives its values one by one. A list written out
    // is read as one in the rule's own text only: a value from outside is a value, whatever it
    // looks like.
    Values list(const std::string& pattern) const {
        std::size_t next = 0;
        const bool bare = pattern.size() > 2 && pattern.front() == '{' && pattern.back() == '}' &&
                          pattern.find('{', 1) == pattern.npos &&
                          pattern.find('}') == pattern.size() - 1;
        if (bare) return map_at(pattern.substr(1, pattern.size() - 2), next);
        if (pattern.find('{') == pattern.npos)
            if (auto values = read_python_list(pattern)) return std::move(*values);
        return {text(pattern)};
    }

    MappedDomain domain(const Json& local) const {
        return {text(local.text("id")), text(local.text("name"))};
    }

  private:
    [[noreturn]] void fail() const {
        throw Failure(Fault::internal, "DirectMappingError",
                      format("Local section in mapping {} refers to a remote match that doesn't "
                             "exist (e.g. {0} in a local section).",
                             mapping_id_));
    }
    const Values& map_at(const std::string& name, std::size_t& next) const {
        const auto number = name.empty() ? std::optional<std::int64_t>(next++) : to_int(name);
        if (!number || *number < 0 || static_cast<std::size_t>(*number) >= maps_.size()) fail();
        return maps_[static_cast<std::size_t>(*number)];
    }

    const std::vector<Values>& maps_;
    const std::string& mapping_id_;
};

template <class T> void add_new(std::vector<T>& list, T value) {
    if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(std::move(value));
}

std::vector<MappedProject> projects_of(const Json& local, const Filler& fill,
                                       const MappedDomain& by_default) {
    std::vector<MappedProject> projects;
    for (const Json& one : local.as_array()) {
        MappedProject project;
        project.name = fill.text(one.text("name"));
        project.domain = fill.domain(one.get("domain"));
        if (!project.domain.given()) project.domain = by_default;
        for (const Json& role : one.at("roles").as_array())
            project.roles.push_back(
                {fill.text(role.text("name")), fill.domain(role.get("domain"))});
        projects.push_back(std::move(project));
    }
    return projects;
}

struct Collected {
    MappedIdentity identity;
    bool has_user = false, any = false;
};

// Version 2.0 takes the domain beside a user or projects as theirs when they name none.
void collect(const Json& local, const Filler& fill, bool honors_domains, Collected& into) {
    MappedIdentity& identity = into.identity;
    into.any = true;
    const MappedDomain domain = fill.domain(local.get("domain"));
    // The first user counts.
    if (const Json* user = local.find("user"); user && !into.has_user && user->size() > 0) {
        into.has_user = true;
        identity.local = user->text("type") == "local";
        identity.user_id = fill.text(user->text("id"));
        identity.user_name = fill.text(user->text("name"));
        identity.email = fill.text(user->text("email"));
        identity.user_domain = fill.domain(user->get("domain"));
        if (honors_domains && !identity.user_domain.given()) identity.user_domain = domain;
    }
    if (const Json* group = local.find("group")) {
        if (group->has("id"))
            add_new(identity.group_ids, fill.text(group->text("id")));
        else
            add_new(identity.groups,
                    {fill.text(group->text("name")), fill.domain(group->get("domain"))});
    }
    if (local.has("groups"))
        for (auto& name : fill.list(local.text("groups")))
            add_new(identity.groups, {std::move(name), domain});
    if (local.has("group_ids"))
        for (auto& id : fill.list(local.text("group_ids")))
            add_new(identity.group_ids, std::move(id));
    if (const Json* projects = local.find("projects"))
        identity.projects = projects_of(*projects, fill, honors_domains ? domain : MappedDomain());
}

} // namespace

std::vector<std::string> split_values(const std::string& text) { return split(text, ';'); }

MappedIdentity apply_mapping(const Json& mapping, const std::string& mapping_id,
                             const Attributes& attributes) {
    Collected collected;
    const bool honors_domains = mapping.text("schema_version") == "2.0";
    for (const Json& rule : mapping.at("rules").as_array()) {
        const auto maps = direct_maps(rule.at("remote"), attributes);
        if (!maps) continue;
        const Filler fill(*maps, mapping_id);
        for (const Json& local : rule.at("local").as_array())
            collect(local, fill, honors_domains, collected);
    }
    if (!collected.any)
        throw bad_request("ValidationError",
                          "Could not map any federated user properties to identity values. Check "
                          "debug logs or the mapping used for additional details.");
    return std::move(collected.identity);
}

} // namespace nephele::keystone::logic
