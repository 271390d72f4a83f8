// SPDX-License-Identifier: Apache-2.0
#include "platform/node/policy_api.h"

#include "base/strings.h"
#include "platform/auth/people.h"

namespace nephele {
using namespace api;
namespace {

constexpr std::size_t most_people = 10'000;

std::string needed(const Call& call, const char* name) {
    auto value = call.query(name);
    if (!value || value->empty()) throw bad_request("InvalidInput", format("{}= is needed.", name));
    return std::move(*value);
}

policy::Policy& policy_in(Call& call) {
    const std::string service = needed(call, "service");
    for (const auto& name : call.cloud.state<PolicyServices>().names)
        if (name == service) return call.cloud.policy_of(service);
    throw not_found("NoSuchService", format("There is no service {}.", service.substr(0, 64)));
}

ActingOn place_of(const Call& call) {
    return {call.query("project_id").value_or(""), call.query("domain_id").value_or(""),
            call.query("system").has_value()};
}

const People& people(Call& call) {
    if (!call.cloud.has_state<People>())
        throw Failure(Fault::not_implemented, "NoIdentityService",
                      "There is no identity service to ask who has which role.");
    return call.cloud.state<People>();
}

// Whose right is asked for: user_id= with a place, roles= as if the caller held them, else the
// caller.
Principal who_of(Call& call) {
    if (const auto user_id = call.query("user_id")) {
        auto found = people(call).one(call.tx, *user_id, place_of(call));
        if (!found)
            throw not_found("NoRights", format("User {} is not there, is disabled or has no role "
                                               "in the place asked for.",
                                               user_id->substr(0, 64)));
        return std::move(*found);
    }
    Principal who = call.who;
    if (const auto roles = call.query("roles")) who.roles = split(*roles, ',');
    return who;
}

// "target.KEY=value" of the query; without any: a thing of the principal's own.
policy::Target target_of(const Call& call, const Principal& who) {
    policy::Target target = owned_by(call.query("owner_project_id").value_or(who.project_id),
                                     call.query("owner_user_id").value_or(who.user_id));
    for (const auto& [key, value] : call.in.query) {
        if (!key.starts_with("target.")) continue;
        // Rules name some attributes with the word and some without.
        target.set(key, value);
        target.set(std::string_view(key).substr(7), value);
    }
    return target;
}

const policy::Rule& rule_of(Call& call, const policy::Policy& policy) {
    const auto* rule = policy.find(needed(call, "rule"));
    if (!rule)
        throw not_found("NoSuchRule", format("{} has no rule {}.", needed(call, "service"),
                                             needed(call, "rule").substr(0, 200)));
    return *rule;
}

Json shown(const Principal& who) {
    return Json::object({{"user_id", who.user_id},
                         {"user_name", who.user_name},
                         {"project_id", who.project_id},
                         {"domain_id", who.domain_id},
                         {"system", who.system_all},
                         {"roles", who.roles}});
}

Json explain(Call& call) {
    const policy::Policy& policy = policy_in(call);
    const policy::Rule& rule = rule_of(call, policy);
    const Principal who = who_of(call);
    const auto explanation = policy.explain(rule.name, who, target_of(call, who));
    return Json::object({{"service", needed(call, "service")},
                         {"rule", rule.name},
                         {"check", rule.check},
                         {"scope_types", rule.scope_types},
                         {"who", shown(who)},
                         {"allowed", explanation.allowed},
                         {"because", deciding_parts(explanation)},
                         {"explanation", explanation.to_json()}});
}

Json who_may(Call& call) {
    const policy::Policy& policy = policy_in(call);
    const policy::Rule& rule = rule_of(call, policy);
    Json users = Json::array();
    for (const Principal& who : people(call).all(call.tx, place_of(call), most_people))
        if (policy.check(rule.name, who, target_of(call, who))) users.push_back(shown(who));
    return Json::object({{"rule", rule.name}, {"check", rule.check}, {"users", std::move(users)}});
}

Json what_may(Call& call) {
    const policy::Policy& policy = policy_in(call);
    const Principal who = who_of(call);
    const auto target = target_of(call, who);
    Json allowed = Json::array(), denied = Json::array();
    for (const auto& rule : policy.rules()) {
        if (rule.operations.empty()) continue; // only referred to by others
        (policy.check(rule.name, who, target) ? allowed : denied).push_back(rule.name);
    }
    return Json::object(
        {{"who", shown(who)}, {"allowed", std::move(allowed)}, {"denied", std::move(denied)}});
}

} // namespace

std::vector<std::string> deciding_parts(const policy::Explanation& explanation) {
    if (explanation.parts.empty())
        return {explanation.detail.empty() ? explanation.check
                                           : explanation.check + ": " + explanation.detail};
    std::vector<std::string> found;
    const bool negated = explanation.check == "not";
    for (const auto& part : explanation.parts)
        if (negated || part.allowed == explanation.allowed)
            for (auto& text : deciding_parts(part)) found.push_back(std::move(text));
    return found;
}

Resource policy_resource() {
    return Resource()
        .on("GET /v1/policy/explain", "policy:explain", explain)
        .on("GET /v1/policy/who", "policy:explain", who_may)
        .on("GET /v1/policy/may", "policy:explain", what_may);
}

std::vector<policy::Rule> policy_api_rules() {
    return {{"policy:explain",
             "role:admin",
             "Explains policy decisions.",
             {{"GET", "/v1/policy/explain"}, {"GET", "/v1/policy/who"}, {"GET", "/v1/policy/may"}},
             {}}};
}

} // namespace nephele
