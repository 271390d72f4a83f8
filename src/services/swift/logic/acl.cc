// SPDX-License-Identifier: Apache-2.0
#include "services/swift/logic/acl.h"

#include "base/strings.h"
#include "platform/json/json.h"

#include <algorithm>

namespace nephele::swift::logic {
namespace {

bool reads(const Target& target) { return target.method == "GET" || target.method == "HEAD"; }

bool has(const std::vector<std::string>& list, std::string_view what) {
    return std::any_of(list.begin(), list.end(),
                       [&](const std::string& each) { return iequals(each, what); });
}

bool share(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    return std::any_of(a.begin(), a.end(), [&](const std::string& each) { return has(b, each); });
}

std::string host_of(std::string_view url) {
    auto scheme = url.find("//");
    if (scheme == std::string_view::npos) return "unknown";
    url.remove_prefix(scheme + 2);
    url = url.substr(0, url.find_first_of("/?#"));
    if (auto at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
    url = url.substr(0, url.find(':'));
    return url.empty() ? "unknown" : lower(url);
}

// True or false where the access list of a referrer settles it; nothing where it does not.
std::optional<bool> unconfirmed(const Target& target, const Acl& acl) {
    if (target.synced) return true;
    if (!referrer_allowed(target.referrer, acl.referrers)) return std::nullopt;
    return !target.object.empty() || acl.names(".rlistings");
}

bool names_fit(const KeystoneRules& rules, const Principal& who, const Target& target, bool own) {
    if (!rules.names_in_acls) return false;
    if (!who.user_domain_id.empty() && who.user_domain_id != "default") return false;
    if (!who.project_domain_id.empty() && who.project_domain_id != "default") return false;
    return own || (target.account_exists &&
                   (target.account_domain.empty() || target.account_domain == "default"));
}

bool grants_across(const Acl& acl, const Principal& who, bool names) {
    std::vector<std::string> projects{who.project_id, "*"}, users{who.user_id, "*"};
    if (names) projects.push_back(who.project_name), users.push_back(who.user_name);
    for (auto& project : projects)
        for (auto& user : users)
            if (acl.names(project + ":" + user)) return true;
    return false;
}

std::vector<std::string> members_of(const Json& acl, std::string_view level) {
    std::vector<std::string> out;
    if (const Json* list = acl.find(level); list && list->is_array())
        for (auto& each : list->as_array())
            if (each.is_string()) out.push_back(each.as_string());
    return out;
}

} // namespace

bool Acl::names(std::string_view group) const {
    return std::find(groups.begin(), groups.end(), group) != groups.end();
}

Acl parse_acl(std::string_view text) {
    Acl out;
    if (text.empty()) return out;
    for (auto& each : split(std::string(text), ',')) {
        if (each.rfind(".r:", 0) == 0)
            out.referrers.push_back(each.substr(3));
        else
            out.groups.push_back(percent_decode(each, false).value_or(each));
    }
    return out;
}

std::optional<std::string> clean_acl(std::string_view header, std::string_view text,
                                     std::string& fault) {
    std::vector<std::string> kept;
    for (auto& raw : split(std::string(text), ',')) {
        std::string value(trim(raw));
        if (value.empty()) continue;
        auto colon = value.find(':');
        std::string first(trim(value.substr(0, colon)));
        if (colon == std::string::npos || first.empty() || first[0] != '.') {
            kept.push_back(value);
            continue;
        }
        std::string second(trim(value.substr(colon + 1)));
        if (first != ".r" && first != ".ref" && first != ".referer" && first != ".referrer") {
            fault = format("Unknown designator '{}' in ACL: '{}'", first, value);
            return std::nullopt;
        }
        if (lower(header).find("write") != std::string::npos) {
            fault = format("Referrers not allowed in write ACL: '{}'", value);
            return std::nullopt;
        }
        bool negated = !second.empty() && second[0] == '-';
        if (negated) second = std::string(trim(second.substr(1)));
        if (second.size() > 1 && second[0] == '*') second = std::string(trim(second.substr(1)));
        if (second.empty() || second == ".") {
            fault = format("No host/domain value after referrer designation in ACL: '{}'", value);
            return std::nullopt;
        }
        kept.push_back((negated ? ".r:-" : ".r:") + second);
    }
    return join(kept, ",");
}

bool referrer_allowed(std::string_view referrer, const std::vector<std::string>& allowed) {
    if (allowed.empty()) return false;
    std::string host = host_of(referrer);
    auto fits = [&](std::string_view pattern) {
        return pattern == host ||
               (!pattern.empty() && pattern[0] == '.' && host.size() >= pattern.size() &&
                host.compare(host.size() - pattern.size(), pattern.size(), pattern) == 0);
    };
    bool yes = false;
    for (std::string_view each : allowed) {
        if (!each.empty() && each[0] == '-') {
            if (fits(each.substr(1))) yes = false;
        } else if (each == "*" || fits(each)) {
            yes = true;
        }
    }
    return yes;
}

Access keystone_access(const KeystoneRules& rules, const Principal& who, const Principal* service,
                       const Target& target) {
    if (target.method == "OPTIONS") return Access::allowed;
    if (has(who.roles, rules.reseller_admin_role)) return Access::owner;
    if (reads(target) && share(rules.system_reader_roles, who.roles)) return Access::allowed;
    if (target.container.empty() && target.method == "DELETE") return Access::denied;

    bool plain = !who.project_id.empty() && target.account == rules.prefix + who.project_id;
    bool of_service = !rules.service_prefix.empty() && !who.project_id.empty() &&
                      target.account == rules.service_prefix + who.project_id;
    bool own = plain || of_service;
    Acl acl = parse_acl(target.acl);
    if (!acl.groups.empty() && grants_across(acl, who, names_fit(rules, who, target, own)))
        return Access::allowed;
    auto settled = unconfirmed(target, acl);
    if (settled.value_or(false)) return Access::allowed;
    if (!own) return Access::denied;
    if (share(rules.operator_roles, who.roles) &&
        (plain || (service && share(rules.service_roles, service->roles))))
        return Access::owner;
    if (reads(target) && plain && share(rules.reader_roles, who.roles)) return Access::allowed;
    if (settled) return Access::denied;
    return share(acl.groups, who.roles) ? Access::allowed : Access::denied;
}

Access tempauth_access(const std::string& prefix, const TempUser& who, const Target& target) {
    if (target.account.rfind(prefix, 0) != 0) return Access::denied;
    auto in = [&](std::string_view group) {
        return std::find(who.groups.begin(), who.groups.end(), group) != who.groups.end();
    };
    if (in(".reseller_admin") && target.account != prefix &&
        target.account.compare(prefix.size(), 1, ".") != 0)
        return Access::owner;
    if (in(".reseller_reader") && reads(target)) return Access::allowed;
    bool makes_account =
        target.container.empty() && (target.method == "DELETE" || target.method == "PUT");
    if (in(target.account) && !makes_account) return Access::owner;
    if (target.method == "OPTIONS") return Access::allowed;
    Acl acl = parse_acl(target.acl);
    auto settled = unconfirmed(target, acl);
    if (settled) return *settled ? Access::allowed : Access::denied;
    for (auto& group : who.groups)
        if (acl.names(group)) return Access::allowed;
    if (target.account_acl.empty()) return Access::denied;
    std::string fault;
    auto cleaned = clean_account_acl(target.account_acl, fault);
    if (!cleaned) return Access::denied;
    Json levels = Json::parse(*cleaned);
    auto member_of = [&](std::string_view level) {
        auto members = members_of(levels, level);
        return std::any_of(members.begin(), members.end(), in);
    };
    if (member_of("admin") && !makes_account) return Access::owner;
    if (member_of("read-write") && (reads(target) || !target.container.empty()))
        return Access::allowed;
    return member_of("read-only") && reads(target) ? Access::allowed : Access::denied;
}

Access anonymous_access(const Target& target) {
    if (target.method == "OPTIONS") return Access::allowed;
    return unconfirmed(target, parse_acl(target.acl)).value_or(false) ? Access::allowed
                                                                      : Access::denied;
}

std::optional<std::string> clean_account_acl(std::string_view json, std::string& fault) {
    Json parsed;
    try {
        parsed = Json::parse(json, 8);
    } catch (const JsonError&) {
        fault = "Syntax error in input: it must be a JSON object";
        return std::nullopt;
    }
    if (!parsed.is_object()) {
        fault = "Syntax error in input: it must be a JSON object";
        return std::nullopt;
    }
    for (auto& [level, members] : parsed.as_object()) {
        if (level != "admin" && level != "read-write" && level != "read-only") {
            fault = format("Key '{}' not recognized", level);
            return std::nullopt;
        }
        bool texts = members.is_array();
        if (texts)
            for (auto& each : members.as_array()) texts = texts && each.is_string();
        if (!texts) {
            fault = format("Value for key '{}' must be a list of strings", level);
            return std::nullopt;
        }
    }
    return parsed.dump();
}

} // namespace nephele::swift::logic
