// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/audit.h"

#include "platform/journal/journal.h"
#include "platform/log/log.h"
#include "services/keystone/model/delegation.h"
#include "services/keystone/ops/log_in.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {

// More are counted and not kept: a flood of guesses must not fill the memory.
constexpr std::size_t most_waiting = 50'000;
constexpr std::size_t batch = 1'000;

std::string known_user(db::Tx& tx, const LoginOutcome& outcome) {
    if (!outcome.user_id.empty()) return outcome.user_id;
    const auto& named = outcome.named;
    if (!outcome.application_credential_id.empty()) {
        const auto credential = find(tx, table::application_credentials(), Scope::all(),
                                     outcome.application_credential_id);
        return credential ? credential->user_id : std::string();
    }
    if (!named.id.empty())
        return find(tx, table::users(), Scope::all(), named.id) ? named.id : std::string();
    std::string domain_id = named.domain_id;
    if (domain_id.empty())
        if (const auto domain = store::find_domain_named(tx, named.domain_name))
            domain_id = domain->id;
    const auto user = store::find_user_named(tx, named.name, domain_id);
    return user ? user->id : std::string();
}

Json image_of(db::Tx& tx, const LoginOutcome& outcome) {
    Json image = Json::object({{"outcome", outcome.status == 0 ? "success" : "failure"},
                               {"methods", outcome.methods},
                               {"address", outcome.address},
                               {"agent", outcome.agent}});
    if (const auto user_id = known_user(tx, outcome); !user_id.empty()) image["user_id"] = user_id;
    if (!outcome.project_id.empty()) image["project_id"] = outcome.project_id;
    if (!outcome.domain_id.empty()) image["domain_id"] = outcome.domain_id;
    if (!outcome.identity_provider_id.empty()) {
        image["identity_provider"] = outcome.identity_provider_id;
        image["protocol"] = outcome.protocol_id;
    }
    if (outcome.status != 0)
        image["reason"] =
            Json::object({{"reasonType", "HTTP"}, {"reasonCode", std::to_string(outcome.status)}});
    return image;
}

} // namespace

void LoginAudit::note(LoginOutcome outcome) {
    std::lock_guard lock(mutex_);
    if (outcomes_.size() >= most_waiting)
        ++lost_;
    else
        outcomes_.push_back(std::move(outcome));
}

std::size_t LoginAudit::write(Cloud& cloud) {
    std::vector<LoginOutcome> taken;
    std::size_t lost = 0;
    {
        std::lock_guard lock(mutex_);
        taken.swap(outcomes_);
        lost = std::exchange(lost_, 0);
    }
    if (lost > 0) log::warning("logins are not in the audit: too many at once", {{"count", lost}});
    for (std::size_t at = 0; at < taken.size(); at += batch)
        cloud.db().write([&](db::Tx& tx) {
            for (std::size_t i = at; i < std::min(at + batch, taken.size()); ++i) {
                const LoginOutcome& one = taken[i];
                const Json image = image_of(tx, one);
                journal::append(tx, {one.at, image.text("user_id"), one.request_id, "keystone",
                                     "authentication", image.text("user_id", "unknown"),
                                     one.project_id, "create", image});
            }
        });
    return taken.size();
}

void read_named(const Json& body, LoginOutcome& outcome) {
    const Json& identity = body.get("auth").get("identity");
    outcome.application_credential_id = identity.get("application_credential").text("id");
    for (const char* method : {"password", "totp", "application_credential"}) {
        const Json& user = identity.get(method).get("user");
        if (!user.is_object()) continue;
        outcome.named = {.id = user.text("id"),
                         .name = user.text("name"),
                         .domain_id = user.get("domain").text("id"),
                         .domain_name = user.get("domain").text("name")};
        return;
    }
}

std::vector<std::string> methods_in(const Json& body) {
    std::vector<std::string> methods;
    const Json& list = body.get("auth").get("identity").get("methods");
    if (list.is_array())
        for (const Json& one : list.as_array())
            if (one.is_string() && methods.size() < 8)
                methods.push_back(one.as_string().substr(0, 64));
    return methods;
}

} // namespace nephele::keystone
