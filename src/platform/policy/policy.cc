// SPDX-License-Identifier: Apache-2.0
// Rules of a service: declaring, overriding, compiling, checking and explaining.
#include "platform/policy/policy.h"

#include "base/check.h"
#include "base/strings.h"
#include "platform/policy/check_tree.h"
#include "platform/yaml/yaml.h"

#include <algorithm>
#include <unordered_map>

namespace nephele::policy {
namespace {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};

struct Compiled {
    Rule rule;
    Check check;
    bool declared = false; ///< by the service, not only by an override
};

// Upstream counts an unscoped token as project-scoped here.
const char* scope_name(const Principal& principal) {
    return principal.system_all ? "system" : !principal.domain_id.empty() ? "domain" : "project";
}

bool scope_fits(const Rule& rule, const Principal& principal) {
    if (rule.scope_types.empty()) return true;
    const std::string_view scope = scope_name(principal);
    return std::find(rule.scope_types.begin(), rule.scope_types.end(), scope) !=
           rule.scope_types.end();
}

std::string_view text_of_attribute(Attribute attribute, const Principal& p) {
    switch (attribute) {
    case Attribute::user_id:
        return p.user_id;
    case Attribute::user_name:
        return p.user_name;
    case Attribute::user_domain_id:
        return p.user_domain_id;
    case Attribute::project_id:
        return p.project_id;
    case Attribute::project_name:
        return p.project_name;
    case Attribute::project_domain_id:
        return p.project_domain_id;
    case Attribute::domain_id:
        return p.domain_id;
    case Attribute::domain_name:
        return p.domain_name;
    case Attribute::system_scope:
        return p.system_all ? "all" : "";
    case Attribute::is_admin:
        return p.has_role("admin") ? "True" : "False";
    case Attribute::is_admin_project:
        return p.is_admin_project ? "True" : "False";
    case Attribute::trust_id:
        return p.trust_id;
    case Attribute::trustor_id:
        return p.trustor_user_id;
    case Attribute::trustee_id:
        return p.trustee_user_id;
    case Attribute::application_credential_id:
        return p.application_credential_id;
    case Attribute::roles:
    case Attribute::group_ids:
    case Attribute::unknown:
        break;
    }
    return "";
}

std::optional<std::string_view> fill(const Template& text, const Target& target,
                                     std::string& storage) {
    if (text.pieces.size() == 1) {
        const auto& piece = text.pieces[0];
        if (!piece.is_key) return piece.text;
        return target.find(piece.text, storage);
    }
    std::string filled, scratch;
    for (const auto& piece : text.pieces) {
        if (!piece.is_key) {
            filled += piece.text;
            continue;
        }
        const auto value = target.find(piece.text, scratch);
        if (!value) return std::nullopt;
        filled += *value;
    }
    storage = std::move(filled);
    return storage;
}

bool holds(const std::vector<std::string>& list, std::string_view wanted) {
    return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool attribute_matches(const Check& check, const Principal& principal, std::string_view wanted) {
    if (check.attribute == Attribute::roles) return holds(principal.roles, wanted);
    if (check.attribute == Attribute::group_ids) return holds(principal.group_ids, wanted);
    const std::string_view actual = text_of_attribute(check.attribute, principal);
    // An attribute the token does not have equals only a None written in the rule itself: a record
    // without an owner belongs to nobody, not to everybody whose token has no project.
    if (actual.empty()) {
        const std::string* fixed = check.right.fixed();
        return check.attribute != Attribute::unknown && fixed && *fixed == "None";
    }
    if (check.attribute == Attribute::is_admin && wanted == "1") return actual == "True";
    return actual == wanted;
}

bool field_matches(const Check& check, const Target& target) {
    std::string storage;
    const auto value = target.find(check.left, storage);
    if (!value || *value == "None") return false;
    if (check.pattern) return matches(*check.pattern, std::string(*value));
    return iequals(*value, *check.right.fixed());
}

bool leaf_holds(const Check& check, const Principal& principal, const Target& target) {
    if (check.kind == Check::Kind::field) return field_matches(check, target);
    std::string storage;
    const auto wanted = fill(check.right, target, storage);
    if (!wanted) return false;
    if (check.kind == Check::Kind::literal) return check.left == *wanted;
    if (check.kind == Check::Kind::attribute) return attribute_matches(check, principal, *wanted);
    for (const auto& role : principal.roles)
        if (iequals(role, *wanted)) return true;
    return false;
}

std::string leaf_detail(const Check& check, const Principal& principal, const Target& target) {
    if (check.kind == Check::Kind::always) return "always allowed";
    if (check.kind == Check::Kind::never) return "never allowed";
    if (check.kind == Check::Kind::role)
        return "the token has the roles: " + join(principal.roles, ", ");
    if (check.kind == Check::Kind::field) {
        std::string storage;
        const auto value = target.find(check.left, storage);
        return "the record's " + check.left + " is " + (value ? std::string(*value) : "absent");
    }
    std::string storage;
    const auto wanted = fill(check.right, target, storage);
    if (!wanted) return "the record has no such attribute";
    if (check.kind == Check::Kind::literal) return "the record says " + std::string(*wanted);
    if (check.attribute == Attribute::unknown) return "no token has an attribute " + check.left;
    std::string actual(text_of_attribute(check.attribute, principal));
    if (check.attribute == Attribute::roles) actual = join(principal.roles, ", ");
    if (check.attribute == Attribute::group_ids) actual = join(principal.group_ids, ", ");
    return "the token says " + (actual.empty() ? "nothing" : actual) + ", wanted is " +
           std::string(*wanted);
}

} // namespace

struct Policy::Impl {
    std::vector<Compiled> rules;
    std::unordered_map<std::string, int, TextHash, std::equal_to<>> index;
    int fallback = -1; ///< index of "default"
    bool scope_enforced = true;
    bool compiled = false;

    int find(std::string_view name) const {
        const auto found = index.find(name);
        return found == index.end() ? fallback : found->second;
    }

    bool holds(const Check& check, const Principal& principal, const Target& target) const {
        switch (check.kind) {
        case Check::Kind::always:
            return true;
        case Check::Kind::never:
            return false;
        case Check::Kind::all_of:
            for (const auto& part : check.parts)
                if (!holds(part, principal, target)) return false;
            return true;
        case Check::Kind::any_of:
            for (const auto& part : check.parts)
                if (holds(part, principal, target)) return true;
            return false;
        case Check::Kind::negation:
            return !holds(check.parts[0], principal, target);
        case Check::Kind::rule:
            return check.rule >= 0 && holds(rules[check.rule].check, principal, target);
        default:
            return leaf_holds(check, principal, target);
        }
    }

    Explanation explain(const Check& check, const Principal& principal,
                        const Target& target) const {
        Explanation answer;
        answer.check = check.text;
        answer.allowed = holds(check, principal, target);
        for (const auto& part : check.parts)
            answer.parts.push_back(explain(part, principal, target));
        if (check.kind == Check::Kind::rule) {
            if (check.rule >= 0)
                answer.parts.push_back(explain(rules[check.rule].check, principal, target));
            else
                answer.detail = "there is no such rule";
        } else if (check.parts.empty()) {
            answer.detail = leaf_detail(check, principal, target);
        }
        return answer;
    }

    void resolve(Check& check, const std::string& where, std::vector<std::string>& warnings) {
        for (auto& part : check.parts) resolve(part, where, warnings);
        if (check.kind == Check::Kind::rule) {
            check.rule = find(check.left);
            if (index.find(check.left) == index.end())
                warnings.push_back("rule " + where + " refers to the missing rule " + check.left);
        }
        if (check.kind == Check::Kind::attribute && check.attribute == Attribute::unknown)
            warnings.push_back("rule " + where + ": no token has an attribute " + check.left);
    }

    // Depth-first search; `path` is the chain of rules being entered.
    void refuse_circles(int rule, std::vector<int>& state, std::vector<std::string>& path) const {
        if (state[rule] == 2) return;
        path.push_back(rules[rule].rule.name);
        if (state[rule] == 1) throw PolicyError("rules in a circle: " + join(path, " -> "));
        state[rule] = 1;
        follow(rules[rule].check, state, path);
        state[rule] = 2;
        path.pop_back();
    }
    void follow(const Check& check, std::vector<int>& state, std::vector<std::string>& path) const {
        for (const auto& part : check.parts) follow(part, state, path);
        if (check.rule >= 0) refuse_circles(check.rule, state, path);
    }
};

Policy::Policy() : impl_(std::make_unique<Impl>()) {}
Policy::~Policy() = default;
Policy::Policy(Policy&&) noexcept = default;
Policy& Policy::operator=(Policy&&) noexcept = default;

void Policy::add(const std::vector<Rule>& rules) {
    for (const Rule& rule : rules) {
        Compiled entry{rule, {}, true};
        try {
            entry.check = parse_check(rule.check);
        } catch (const PolicyError& error) {
            throw PolicyError("rule " + rule.name + ": " + error.what());
        }
        const int place = static_cast<int>(impl_->rules.size());
        if (!impl_->index.emplace(rule.name, place).second)
            throw PolicyError("rule " + rule.name + " is declared twice");
        impl_->rules.push_back(std::move(entry));
    }
    impl_->compiled = false;
}

void Policy::load_overrides(std::string_view yaml_text, const std::string& file_name) {
    yaml::Document document;
    try {
        document = yaml::parse(yaml_text, file_name);
    } catch (const yaml::YamlError& error) {
        throw PolicyError(error.what());
    }
    if (document.value.is_null()) return;
    if (!document.value.is_object())
        throw PolicyError(file_name + ":1: expected a mapping from rule names to checks");
    for (const auto& [name, value] : document.value.as_object()) {
        const std::string where = format("{}:{}: ", file_name, document.line_of("/" + name));
        Check check;
        try {
            check = value.is_array() ? parse_check_list(value) : parse_check(value.as_string());
        } catch (const PolicyError& error) {
            throw PolicyError(where + error.what());
        } catch (const JsonError& error) {
            throw PolicyError(where + error.what());
        }
        auto [at, added] = impl_->index.emplace(name, static_cast<int>(impl_->rules.size()));
        if (added) impl_->rules.push_back({Rule{.name = name}, {}, false});
        Compiled& entry = impl_->rules[at->second];
        entry.rule.check = value.is_string() ? value.as_string() : value.dump();
        entry.check = std::move(check);
    }
    impl_->compiled = false;
}

void Policy::enforce_scope(bool on) { impl_->scope_enforced = on; }

std::vector<std::string> Policy::compile() {
    std::vector<std::string> warnings;
    const auto fallback = impl_->index.find(std::string_view("default"));
    impl_->fallback = fallback == impl_->index.end() ? -1 : fallback->second;
    for (auto& entry : impl_->rules) impl_->resolve(entry.check, entry.rule.name, warnings);
    std::vector<int> state(impl_->rules.size(), 0);
    std::vector<std::string> path;
    for (std::size_t i = 0; i < impl_->rules.size(); ++i)
        impl_->refuse_circles(static_cast<int>(i), state, path);
    impl_->compiled = true;
    return warnings;
}

bool Policy::check(std::string_view name, const Principal& principal, const Target& target) const {
    NEPHELE_CHECK(impl_->compiled);
    if (principal.is_internal) return true;
    const int place = impl_->find(name);
    if (place < 0) return false;
    const Compiled& entry = impl_->rules[place];
    if (impl_->scope_enforced && !scope_fits(entry.rule, principal)) return false;
    return impl_->holds(entry.check, principal, target);
}

Explanation Policy::explain(std::string_view name, const Principal& principal,
                            const Target& target) const {
    NEPHELE_CHECK(impl_->compiled);
    Explanation answer;
    answer.check = name;
    answer.allowed = check(name, principal, target);
    const int place = impl_->find(name);
    if (principal.is_internal) {
        answer.detail = "the control plane itself may do everything";
    } else if (place < 0) {
        answer.detail = "there is no such rule and no default";
    } else {
        const Compiled& entry = impl_->rules[place];
        if (impl_->scope_enforced && !scope_fits(entry.rule, principal))
            answer.parts.push_back({false,
                                    "scope: " + join(entry.rule.scope_types, " or "),
                                    format("the token's scope is {}", scope_name(principal)),
                                    {}});
        answer.parts.push_back(impl_->explain(entry.check, principal, target));
    }
    return answer;
}

bool Policy::has(std::string_view name) const { return impl_->index.count(name) > 0; }

const Rule* Policy::find(std::string_view name) const {
    const auto found = impl_->index.find(name);
    return found == impl_->index.end() ? nullptr : &impl_->rules[found->second].rule;
}

std::vector<Rule> Policy::rules() const {
    std::vector<Rule> all;
    for (const auto& entry : impl_->rules) all.push_back(entry.rule);
    return all;
}

Json Explanation::to_json() const {
    Json answer = Json::object({{"check", check}, {"allowed", allowed}});
    if (!detail.empty()) answer["detail"] = detail;
    for (const auto& part : parts) answer["parts"].push_back(part.to_json());
    return answer;
}

} // namespace nephele::policy
