// SPDX-License-Identifier: Apache-2.0
// The identity configuration of single domains: which driver, which LDAP server. Changes are of
// everything, one group or one option: the path says which.
#include "services/keystone/logic/domain_config.h"
#include "base/strings.h"
#include "services/keystone/api/directory.h"
#include "services/keystone/ops/domain_config.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {

std::string group_of(const Call& call) { return path_value(call, "group").value_or(""); }
std::string option_of(const Call& call) { return path_value(call, "option").value_or(""); }

Json wrapped(Json config) { return Json::object({{"config", std::move(config)}}); }

Failure absent(const std::string& domain_id, const std::string& group, const std::string& option) {
    const std::string what = !option.empty()  ? format("option {} in group {}", option, group)
                             : !group.empty() ? format("group {}", group)
                                              : std::string("any options");
    return not_found(
        "DomainConfigNotFound",
        format("Could not find {} in domain configuration for domain {}.", what, domain_id));
}

// What everybody may know of the passwords asked for: of the default domain only.
Json security_compliance(Call& call, const std::string& option) {
    call.enforce("identity:get_security_compliance_domain_config");
    if (store::need_domain(call.tx, call.path("domain_id")).id != "default")
        throw forbidden("InvalidDomainConfig",
                        "Invalid domain specific configuration: Reading security compliance "
                        "information for any domain other than the default domain is not allowed "
                        "or supported..");
    Json config = Json::object();
    for (const char* name : {"password_regex", "password_regex_description"}) {
        if (!option.empty() && option != name) continue;
        const std::string value = call.cloud.config().text(std::string("keystone.") + name);
        config[name] = value.empty() ? Json() : Json(value);
    }
    if (config.size() == 0)
        throw forbidden("InvalidDomainConfig",
                        "Invalid domain specific configuration: Reading security compliance values "
                        "other than password_regex and password_regex_description is not "
                        "allowed..");
    return wrapped(option.empty() ? Json::object({{"security_compliance", config}}) : config);
}

Json show(Call& call) {
    const std::string group = group_of(call), option = option_of(call);
    if (group == "security_compliance") return security_compliance(call, option);
    call.enforce("identity:get_domain_config");
    const Domain domain = store::need_domain(call.tx, call.path("domain_id"));
    logic::check_domain_option(group, option);
    Json config = shown_domain_config(call.tx, domain.id, group, option);
    if (config.size() == 0) throw absent(domain.id, group, option);
    return wrapped(option.empty() ? std::move(config) : config.at(group));
}

const Json& config_in(const Json& body) { return body.get("config"); }

Reply create(Call& call, const Json& body) {
    const Domain domain = store::need_domain(call.tx, call.path("domain_id"));
    logic::check_domain_config(config_in(body));
    Reply reply;
    reply.status = has_domain_option(call.tx, domain.id) ? 200 : 201;
    remove_domain_config(call, domain.id);
    store_domain_config(call, domain.id, config_in(body));
    reply.body = wrapped(shown_domain_config(call.tx, domain.id));
    return reply;
}

Json update(Call& call, const Json& body) {
    const Domain domain = store::need_domain(call.tx, call.path("domain_id"));
    const std::string group = group_of(call), option = option_of(call);
    const Json config = option.empty() ? config_in(body) : Json::object({{group, config_in(body)}});
    logic::check_domain_update(config, group, option);
    if (!group.empty() && !has_domain_option(call.tx, domain.id, group, option))
        throw absent(domain.id, group, option);
    store_domain_config(call, domain.id, config);
    return wrapped(shown_domain_config(call.tx, domain.id));
}

void remove(Call& call) {
    const Domain domain = store::need_domain(call.tx, call.path("domain_id"));
    const std::string group = group_of(call), option = option_of(call);
    logic::check_domain_option(group, option);
    if (!group.empty() && !has_domain_option(call.tx, domain.id, group, option))
        throw absent(domain.id, group, option);
    remove_domain_config(call, domain.id, group, option);
}

Json defaults(Call& call) {
    return wrapped(logic::default_domain_config(group_of(call), option_of(call)));
}

} // namespace

Resource domain_config_routes() {
    const std::string all = "/v3/domains/{domain_id}/config", group = all + "/{group}",
                      option = group + "/{option}", standard = "/v3/domains/config";
    Resource resource;
    resource.on("PUT " + all, "identity:create_domain_config", create);
    for (const std::string& path : {all, group, option})
        resource.on("GET " + path, enforced_by_handler, show)
            .on("PATCH " + path, "identity:update_domain_config", update)
            .on("DELETE " + path, "identity:delete_domain_config", remove);
    for (const char* path : {"/default", "/{group}/default", "/{group}/{option}/default"})
        resource.on("GET " + standard + path, "identity:get_domain_config_default", defaults);
    return resource;
}

} // namespace nephele::keystone
