// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/store/delegations.h"

#include "services/keystone/store/changes.h"

#include <algorithm>

namespace nephele::keystone::store {
namespace {

// Each with what was made from it; those may be among the ones asked for.
void remove_trusts(Context& context, const Where& where) {
    for (const auto& trust : select(context.tx, table::trusts(), Scope::all(), where))
        if (find(context.tx, table::trusts(), Scope::all(), trust.id)) remove_trust(context, trust);
}

} // namespace

void remove_delegations_of_user(Context& context, const std::string& user_id) {
    erase_all(context, table::application_credentials(), {"user_id = ?", {user_id}});
    erase_all(context, table::access_rules(), {"user_id = ?", {user_id}});
    remove_trusts(context, {"trustor_user_id = ? OR trustee_user_id = ?", {user_id, user_id}});
    erase_all(context, table::credentials(), {"user_id = ?", {user_id}});
    erase_all(context, table::access_tokens(), {"authorizing_user_id = ?", {user_id}});
    erase_all(context, table::request_tokens(), {"authorizing_user_id = ?", {user_id}});
}

void remove_delegations_at_project(Context& context, const std::string& project_id) {
    erase_all(context, table::application_credentials(), {"project_id = ?", {project_id}});
    remove_trusts(context, {"project_id = ?", {project_id}});
    erase_all(context, table::credentials(), {"project_id = ?", {project_id}});
    erase_all(context, table::access_tokens(), {"project_id = ?", {project_id}});
    erase_all(context, table::request_tokens(), {"requested_project_id = ?", {project_id}});
}

void remove_credentials_with_role(Context& context, const std::string& user_id,
                                  const std::string& project_id, const std::string& role_id) {
    for (const auto& credential : select(context.tx, table::application_credentials(),
                                         Scope::user(user_id), {"project_id = ?", {project_id}}))
        if (std::find(credential.role_ids.begin(), credential.role_ids.end(), role_id) !=
            credential.role_ids.end())
            remove_application_credential(context, credential);
}

void remove_application_credential(Context& context, const ApplicationCredential& credential) {
    for (const auto& made : select(context.tx, table::application_credentials(), Scope::all(),
                                   {"source_id = ?", {credential.id}}))
        remove_application_credential(context, made);
    // A caller that goes through a list may come to one that went with another.
    if (find(context.tx, table::application_credentials(), Scope::all(), credential.id))
        store::erase(context, table::application_credentials(), credential);
}

void remove_trust(Context& context, const Trust& trust) {
    for (const auto& below : select(context.tx, table::trusts(), Scope::all(),
                                    {"redelegated_trust_id = ?", {trust.id}}))
        remove_trust(context, below);
    store::erase(context, table::trusts(), trust);
}

std::optional<std::vector<Trust>> trust_pedigree(db::Tx& tx, const Trust& trust) {
    // No chain is as long as this: a circle in the table ends here.
    constexpr std::size_t longest = 64;
    std::vector<Trust> chain;
    const Trust* last = &trust;
    while (last->redelegated_trust_id) {
        auto above = find(tx, table::trusts(), Scope::all(), *last->redelegated_trust_id);
        if (!above || chain.size() >= longest) return std::nullopt;
        chain.push_back(std::move(*above));
        last = &chain.back();
    }
    return chain;
}

void remove_consumer(Context& context, const Consumer& consumer) {
    erase_all(context, table::request_tokens(), {"consumer_id = ?", {consumer.id}});
    erase_all(context, table::access_tokens(), {"consumer_id = ?", {consumer.id}});
    store::erase(context, table::consumers(), consumer);
}

AccessRule ensure_access_rule(Context& context, AccessRule rule) {
    auto same =
        select(context.tx, table::access_rules(), Scope::user(rule.user_id),
               {"service = ? AND method = ? AND path = ?", {rule.service, rule.method, rule.path}});
    if (!same.empty()) return std::move(same.front());
    rule.id = context.new_hex();
    store::insert(context, table::access_rules(), rule);
    return rule;
}

} // namespace nephele::keystone::store
