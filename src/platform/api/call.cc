// SPDX-License-Identifier: Apache-2.0
// A request in the hands of its handler.
#include "platform/api/call.h"

#include "base/check.h"
#include "base/strings.h"
#include "platform/api/answer.h"
#include "platform/api/key_claim.h"

namespace nephele::api {

Call::Call(Cloud& cloud, db::Tx& tx, const Incoming& in)
    : Context{cloud, tx, in.who, in.now, in.request_id}, in(in), version(in.version),
      body(in.body) {
    reading.version = in.version;
    reading.lenient = in.service.manners.lenient;
    reading.mode = in.route.options.update || in.route.method == "PUT" || in.route.method == "PATCH"
                       ? Reading::Mode::update
                       : Reading::Mode::create;
    reading.allowed = [this](const std::string& rule) { return allowed(rule); };
}

const std::string& Call::path(std::string_view name) const {
    for (auto& [key, value] : in.path_values)
        if (key == name) return value;
    NEPHELE_CHECK(!"the route has no such path parameter");
    return in.path_values.front().second;
}

std::optional<std::string> Call::query(std::string_view name) const {
    for (auto& [key, value] : in.query)
        if (key == name) return value;
    return std::nullopt;
}

bool Call::allowed(std::string_view rule, const policy::Target& target) const {
    return who.is_internal || cloud.policy_of(in.service.name).check(rule, who, target);
}

bool Call::allowed(std::string_view rule) const {
    return allowed(rule, owned_by(who.project_id, who.user_id));
}

bool Call::is_admin() const { return allowed(in.service.manners.admin_rule); }

Scope Call::scope() const { return is_admin() ? Scope::all() : who.own_scope(); }

void Call::enforce(std::string_view rule) const {
    enforce(rule, owned_by(who.project_id, who.user_id));
}

void Call::enforce(std::string_view rule, const policy::Target& target) const {
    if (allowed(rule, target)) return;
    throw Failure(Fault::forbidden, "PolicyNotAuthorized",
                  format("You are not authorized to perform the requested action: {}.", rule))
        .with("rule", std::string(rule));
}

View Call::view() const {
    View view;
    view.version = in.version;
    view.base_url = in.base_url;
    // The answer does not depend on the record: asked once a rule, not once a record of a list.
    view.allowed = [this, known = std::vector<std::pair<std::string, bool>>()](
                       const std::string& rule, const void*) mutable {
        for (auto& [name, answer] : known)
            if (name == rule) return answer;
        return known.emplace_back(rule, allowed(rule)).second;
    };
    return view;
}

void FreeCall::keep(db::Tx& tx, const Reply& reply) {
    if (claim) claim->keep(tx, answer_reply(in, reply));
}

policy::Target owned_by(const std::string& project_id, const std::string& user_id) {
    policy::Target target;
    target.set("project_id", project_id);
    target.set("tenant_id", project_id);
    target.set("user_id", user_id);
    return target;
}

} // namespace nephele::api
