// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/domain_config.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

namespace nephele::keystone::logic {
namespace {

Failure invalid(const std::string& reason) {
    return forbidden("InvalidDomainConfig",
                     format("Invalid domain specific configuration: {}.", reason));
}

bool is_known_group(std::string_view group) { return group == "identity" || group == "ldap"; }

Json value_like(const KnownDomainOption& option, const std::string& text, const std::string& at) {
    const Json standard = Json::parse(option.default_json);
    if (standard.is_bool()) {
        if (iequals(text, "true") || text == "1" || iequals(text, "yes") || iequals(text, "on"))
            return true;
        if (iequals(text, "false") || text == "0" || iequals(text, "no") || iequals(text, "off"))
            return false;
        throw bad_request("InvalidDomainConfig", format("{}: '{}' is not a boolean.", at, text));
    }
    if (standard.is_number()) {
        if (const auto number = to_int(text)) return *number;
        if (const auto real = to_double(text)) return *real;
        throw bad_request("InvalidDomainConfig", format("{}: '{}' is not a number.", at, text));
    }
    if (standard.is_array()) {
        Json list = Json::array();
        for (const auto& part : split(text, ','))
            if (const auto trimmed = trim(part); !trimmed.empty()) list.push_back(trimmed);
        return list;
    }
    return text;
}

} // namespace

const std::vector<KnownDomainOption>& known_domain_options() {
    static const std::vector<KnownDomainOption> options{
        {"identity", "driver", "\"sql\""},
        {"identity", "list_limit", "null"},
        {"ldap", "url", "\"ldap://localhost\""},
        {"ldap", "user", "null"},
        {"ldap", "suffix", "\"cn=example,cn=com\""},
        {"ldap", "query_scope", "\"one\""},
        {"ldap", "page_size", "0"},
        {"ldap", "alias_dereferencing", "\"default\""},
        {"ldap", "debug_level", "null"},
        {"ldap", "chase_referrals", "null"},
        {"ldap", "user_tree_dn", "null"},
        {"ldap", "user_filter", "null"},
        {"ldap", "user_objectclass", "\"inetOrgPerson\""},
        {"ldap", "user_id_attribute", "\"cn\""},
        {"ldap", "user_name_attribute", "\"sn\""},
        {"ldap", "user_mail_attribute", "\"mail\""},
        {"ldap", "user_description_attribute", "\"description\""},
        {"ldap", "user_pass_attribute", "\"userPassword\""},
        {"ldap", "user_enabled_attribute", "\"enabled\""},
        {"ldap", "user_enabled_invert", "false"},
        {"ldap", "user_enabled_mask", "0"},
        {"ldap", "user_enabled_default", "\"True\""},
        {"ldap", "user_attribute_ignore", "[\"default_project_id\"]"},
        {"ldap", "user_default_project_id_attribute", "null"},
        {"ldap", "user_enabled_emulation", "false"},
        {"ldap", "user_enabled_emulation_dn", "null"},
        {"ldap", "user_enabled_emulation_use_group_config", "false"},
        {"ldap", "user_additional_attribute_mapping", "[]"},
        {"ldap", "group_tree_dn", "null"},
        {"ldap", "group_filter", "null"},
        {"ldap", "group_objectclass", "\"groupOfNames\""},
        {"ldap", "group_id_attribute", "\"cn\""},
        {"ldap", "group_name_attribute", "\"ou\""},
        {"ldap", "group_members_are_ids", "false"},
        {"ldap", "group_member_attribute", "\"member\""},
        {"ldap", "group_desc_attribute", "\"description\""},
        {"ldap", "group_attribute_ignore", "[]"},
        {"ldap", "group_additional_attribute_mapping", "[]"},
        {"ldap", "tls_cacertfile", "null"},
        {"ldap", "tls_cacertdir", "null"},
        {"ldap", "use_tls", "false"},
        {"ldap", "tls_req_cert", "\"demand\""},
        {"ldap", "use_pool", "true"},
        {"ldap", "pool_size", "10"},
        {"ldap", "pool_retry_max", "3"},
        {"ldap", "pool_retry_delay", "0.1"},
        {"ldap", "pool_connection_timeout", "-1"},
        {"ldap", "pool_connection_lifetime", "600"},
        {"ldap", "use_auth_pool", "true"},
        {"ldap", "auth_pool_size", "100"},
        {"ldap", "auth_pool_connection_lifetime", "60"},
        {"ldap", "password", "null", true},
        {"ldap", "connection_timeout", "-1", false, true},
        {"ldap", "group_ad_nesting", "false", false, true},
        // Ours: groups within groups found by asking again, for servers without AD's rule.
        {"ldap", "group_nesting", "false", false, true},
        // Former upstream's: without them the directory is read only.
        {"ldap", "user_allow_create", "false", false, true},
        {"ldap", "user_allow_update", "false", false, true},
        {"ldap", "user_allow_delete", "false", false, true},
        {"ldap", "group_allow_create", "false", false, true},
        {"ldap", "group_allow_update", "false", false, true},
        {"ldap", "group_allow_delete", "false", false, true},
    };
    return options;
}

const KnownDomainOption* find_domain_option(std::string_view group, std::string_view name) {
    for (const auto& option : known_domain_options())
        if (group == option.group && name == option.name) return &option;
    return nullptr;
}

void check_domain_option(const std::string& group, const std::string& option) {
    if (group.empty()) return;
    if (!is_known_group(group))
        throw invalid(format("Group {} is not supported for domain specific configurations",
                             group.substr(0, 100)));
    if (option.empty()) return;
    const auto* known = find_domain_option(group, option);
    if (!known || known->by_file)
        throw invalid(format("Option {} in group {} is not supported for domain specific "
                             "configurations",
                             option.substr(0, 100), group));
}

void check_domain_config(const Json& config) {
    if (!config.is_object() || config.size() == 0) throw invalid("No options specified");
    for (const auto& [group, options] : config.as_object()) {
        if (!options.is_object() || options.size() == 0)
            throw invalid(format("The value of group {} specified in the config should be a "
                                 "dictionary of options",
                                 group.substr(0, 100)));
        for (const auto& [option, value] : options.as_object()) {
            if (group.empty() || option.empty()) throw invalid("A name is empty");
            check_domain_option(group, option);
        }
    }
}

void check_domain_update(const Json& config, const std::string& group, const std::string& option) {
    check_domain_config(config);
    check_domain_option(group, option);
    if (group.empty()) return;
    const auto& [first_group, options] = config.as_object().front();
    if (config.size() != 1 || (!option.empty() && options.size() != 1))
        throw invalid(option.empty()
                          ? format("Trying to update group {}, so that, and only that, group must "
                                   "be specified in the config",
                                   group)
                          : format("Trying to update option {} in group {}, so that, and only "
                                   "that, option must be specified  in the config",
                                   option, group));
    if (first_group != group)
        throw invalid(format("request to update group {}, but config provided contains group {} "
                             "instead",
                             group, first_group));
    if (!option.empty() && !options.has(option))
        throw invalid(format("Trying to update option {} in group {}, but config provided contains "
                             "option {} instead",
                             option, group, options.as_object().front().first));
}

Json default_domain_config(const std::string& group, const std::string& option) {
    check_domain_option(group, option);
    if (!option.empty()) {
        const auto* known = find_domain_option(group, option);
        if (known->sensitive)
            throw invalid(format("Reading the default for option {} in group {} is not supported",
                                 option, group));
        return Json::object({{option, Json::parse(known->default_json)}});
    }
    Json config = Json::object();
    for (const auto& known : known_domain_options())
        if (!known.sensitive && !known.by_file && (group.empty() || group == known.group))
            config[known.group][known.name] = Json::parse(known.default_json);
    return config;
}

std::string with_sensitive(std::string_view text, const Json& sensitive) {
    std::string out;
    while (!text.empty()) {
        const auto open = text.find("%(");
        const auto close = open == text.npos ? text.npos : text.find(")s", open);
        if (close == text.npos) break;
        const auto* value = sensitive.find(text.substr(open + 2, close - open - 2));
        out += text.substr(0, open);
        // What has no value is left as it is, as upstream does.
        out += value && value->is_string() ? std::string_view(value->as_string())
                                           : text.substr(open, close + 2 - open);
        text.remove_prefix(close + 2);
    }
    return out + std::string(text);
}

Json read_domain_file(std::string_view text, const std::string& file) {
    Json config = Json::object();
    std::string group;
    int number = 0;
    for (const auto& raw : split(text, '\n')) {
        const std::string line(trim(raw));
        const std::string at = format("{}:{}", file, ++number);
        if (line.empty() || line[0] == '#' || line[0] == ';') continue;
        if (line.front() == '[' && line.back() == ']') {
            group = line.substr(1, line.size() - 2);
            continue;
        }
        const auto equals = line.find('=');
        if (equals == line.npos || group.empty())
            throw bad_request("InvalidDomainConfig",
                              format("{}: expected [group] or name = value.", at));
        const std::string name(trim(line.substr(0, equals)));
        const auto* known = find_domain_option(group, name);
        // Files of upstream may hold what has no meaning here.
        if (known)
            config[group][name] =
                value_like(*known, std::string(trim(line.substr(equals + 1))), at);
    }
    return config;
}

} // namespace nephele::keystone::logic
