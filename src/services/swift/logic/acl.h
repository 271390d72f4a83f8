// SPDX-License-Identifier: Apache-2.0
// Who may do what: access lists of containers and accounts, and the decision of the two ways to log
// in, keystone's and TempAuth's. Pure.
#pragma once
#include "platform/auth/principal.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::swift::logic {

struct Acl {
    std::vector<std::string> referrers; ///< what stands behind ".r:"
    std::vector<std::string> groups;    ///< all the rest, ".rlistings" too
    bool names(std::string_view group) const;
};
Acl parse_acl(std::string_view text);
/// As it is kept. Nothing, and why in `fault`, when it is no access list.
std::optional<std::string> clean_acl(std::string_view header, std::string_view text,
                                     std::string& fault);
bool referrer_allowed(std::string_view referrer, const std::vector<std::string>& allowed);

/// What is asked for; container and object empty where the path ends before.
struct Target {
    std::string method, account, container, object, referrer;
    std::string acl;            ///< of the container, for this method
    std::string account_acl;    ///< JSON, of the account
    std::string account_domain; ///< of the account's project; "?" unknown, empty: not noted
    bool account_exists = false;
    bool synced = false; ///< signed by the container's sync key
};

enum class Access { denied, allowed, owner };

struct KeystoneRules {
    std::string prefix = "AUTH_";
    std::vector<std::string> operator_roles, reader_roles, system_reader_roles;
    std::string
        service_prefix; ///< accounts that only a service may touch for its user; may be empty
    std::vector<std::string> service_roles;
    std::string reseller_admin_role = "ResellerAdmin";
    bool names_in_acls = true;
};
/// `service`: who the X-Service-Token says is speaking for the user.
Access keystone_access(const KeystoneRules& rules, const Principal& who, const Principal* service,
                       const Target& target);

struct TempUser {
    std::string account, user;       ///< "test", "tester"
    std::vector<std::string> groups; ///< "test:tester", "test", further ones, "AUTH_test" of admins
};
Access tempauth_access(const std::string& prefix, const TempUser& who, const Target& target);
/// Without a login, or with a bad one.
Access anonymous_access(const Target& target);

/// {"admin": [...], "read-write": [...], "read-only": [...]}; nothing when it is not of that form.
std::optional<std::string> clean_account_acl(std::string_view json, std::string& fault);

} // namespace nephele::swift::logic
