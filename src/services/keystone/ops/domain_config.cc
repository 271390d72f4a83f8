// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/domain_config.h"

#include "base/strings.h"
#include "services/keystone/logic/domain_config.h"
#include "services/keystone/store/changes.h"

namespace nephele::keystone {
namespace {

std::vector<DomainOption> options_of(db::Tx& tx, const std::string& domain_id,
                                     const std::string& group, const std::string& option) {
    Where where{"domain_id = ?", {domain_id}};
    if (!group.empty()) {
        where.sql += " AND option_group = ?";
        where.params.push_back(group);
    }
    if (!option.empty()) {
        where.sql += " AND option_name = ?";
        where.params.push_back(option);
    }
    return select(tx, table::domain_options(), Scope::all(), where, "ORDER BY id");
}

} // namespace

Json shown_domain_config(db::Tx& tx, const std::string& domain_id, const std::string& group,
                         const std::string& option) {
    Json config = Json::object();
    for (const auto& one : options_of(tx, domain_id, group, option))
        if (one.sealed_value.empty()) config[one.group][one.option] = one.value;
    return config;
}

Json full_domain_config(State& state, db::Tx& tx, const std::string& domain_id) {
    Json config = Json::object(), sensitive = Json::object();
    const auto options = options_of(tx, domain_id, "", "");
    for (const auto& one : options) {
        if (one.sealed_value.empty()) continue;
        auto opened = state.credential_keys.keys()->decode(one.sealed_value);
        if (!opened) opened = state.credential_keys.reload()->decode(one.sealed_value);
        if (!opened)
            throw Failure(Fault::internal, "CredentialEncryptionError",
                          format("Option {} was sealed with a key that is not in the repository; "
                                 "put the key back.",
                                 one.id));
        sensitive[one.option] = Json::parse(opened->data);
        config[one.group][one.option] = sensitive[one.option];
    }
    for (const auto& one : options)
        if (one.sealed_value.empty())
            config[one.group][one.option] =
                one.value.is_string()
                    ? Json(logic::with_sensitive(one.value.as_string(), sensitive))
                    : one.value;
    return config;
}

bool has_domain_option(db::Tx& tx, const std::string& domain_id, const std::string& group,
                       const std::string& option) {
    return !options_of(tx, domain_id, group, option).empty();
}

void store_domain_config(Context& context, const std::string& domain_id, const Json& config) {
    State& state = context.cloud.state<State>();
    for (const auto& [group, options] : config.as_object())
        for (const auto& [name, value] : options.as_object()) {
            DomainOption option{
                .id = DomainOption::id_of(domain_id, group, name),
                .domain_id = domain_id,
                .group = group,
                .option = name,
            };
            if (logic::find_domain_option(group, name)->sensitive)
                option.sealed_value =
                    state.credential_keys.keys()->encode(value.dump(), context.now);
            else
                option.value = value;
            if (find(context.tx, table::domain_options(), Scope::all(), option.id))
                store::update(context, table::domain_options(), option);
            else
                store::insert(context, table::domain_options(), option);
        }
}

void remove_domain_config(Context& context, const std::string& domain_id, const std::string& group,
                          const std::string& option) {
    for (const auto& one : options_of(context.tx, domain_id, group, option))
        store::erase(context, table::domain_options(), one);
}

} // namespace nephele::keystone
