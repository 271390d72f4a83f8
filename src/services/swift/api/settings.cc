// SPDX-License-Identifier: Apache-2.0
#include "services/swift/api/settings.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

namespace nephele::swift {
namespace {

// "test:tester=secret .admin .reseller_admin"
void read_temp_user(Settings& into, const std::string& line) {
    auto equals = line.find('=');
    auto colon = line.find(':');
    if (equals == std::string::npos || colon == std::string::npos || colon > equals)
        throw bad_request("BadConfig",
                          format("swift.tempauth_users: {} is not ACCOUNT:USER=KEY [GROUP]...",
                                 line.substr(0, equals)));
    auto words = split(line.substr(equals + 1), ' ');
    Settings::TempAccount account{words[0], {}};
    for (std::size_t i = 1; i < words.size(); ++i)
        if (!words[i].empty()) account.groups.push_back(words[i]);
    into.temp_users[line.substr(0, equals)] = account;
}

std::string prefix_of(const std::string& configured) {
    if (configured.empty() || configured.back() == '_') return configured;
    return configured + "_";
}

} // namespace

Settings::Settings(const Config& config) {
    keystone.prefix = prefix_of(config.text("swift.reseller_prefix"));
    keystone.operator_roles = config.list("swift.operator_roles");
    keystone.reader_roles = config.list("swift.project_reader_roles");
    keystone.system_reader_roles = config.list("swift.system_reader_roles");
    keystone.service_prefix = prefix_of(config.text("swift.service_prefix"));
    keystone.service_roles = config.list("swift.service_roles");
    keystone.reseller_admin_role = config.text("swift.reseller_admin_role");
    keystone.names_in_acls = config.boolean("swift.allow_names_in_acls");
    tempauth = config.text("swift.auth") == "tempauth";
    for (auto& line : config.list("swift.tempauth_users")) read_temp_user(*this, line);
    temp_token_seconds = config.integer("swift.tempauth_token_seconds");
    account_management = config.boolean("swift.allow_account_management");
    read_only = config.boolean("swift.read_only");
    etag_quoted = config.boolean("swift.quoted_etags");
    policies = config.list("swift.policies");
    if (policies.empty()) policies = {"Policy-0"};
    cors_origins = config.list("swift.cors_allow_origin");
    account_writes_per_second = config.real("swift.account_writes_per_second");
    container_writes_per_second = config.real("swift.container_writes_per_second");
    limits.max_file_size = static_cast<std::uint64_t>(config.integer("swift.max_file_size"));
}

const std::vector<Option>& options() {
    static const std::vector<Option> all{
        {"swift.directory", "", "Where objects are kept; empty: swift in data.directory."},
        {"swift.backend", "device",
         "device: one directory is the whole store; memory: nothing survives the process."},
        {"swift.reserve_mib", 256,
         "Kept free on the device: below it uploads answer 507, deletes go on."},
        {"swift.auth", "keystone", "keystone (tokens of the identity service) or tempauth."},
        {"swift.tempauth_users", Json::array(),
         "Users of tempauth, as \"ACCOUNT:USER=KEY [.admin] [.reseller_admin] [GROUP]...\"."},
        {"swift.tempauth_token_seconds", 86400, "How long tokens of tempauth live."},
        {"swift.reseller_prefix", "AUTH", "Accounts are this, an underscore and the project's id."},
        {"swift.operator_roles", Json::array({"admin", "member", "swiftoperator"}),
         "Roles that may do everything in their project's account."},
        {"swift.project_reader_roles", Json::array(), "Roles that may read their own account."},
        {"swift.system_reader_roles", Json::array(), "Roles that may read every account."},
        {"swift.reseller_admin_role", "ResellerAdmin", "The role that owns every account."},
        {"swift.service_prefix", "",
         "Prefix of accounts that a project reaches only through a service; empty: none."},
        {"swift.service_roles", Json::array({"service"}),
         "Roles of X-Service-Token that open those."},
        {"swift.allow_names_in_acls", true,
         "Access lists may name users and projects of the default domain."},
        {"swift.allow_account_management", false,
         "Reseller administrators may PUT and DELETE accounts."},
        {"swift.read_only", false, "Refuse every change."},
        {"swift.quoted_etags", false, "ETag of objects in quotes, as RFC 9110 has it."},
        {"swift.policies", Json::array({"Policy-0"}), "Names of the storage policies."},
        {"swift.cors_allow_origin", Json::array(), "Origins that may read from any container."},
        {"swift.sync_realms", Json::array(), "Realms of container sync, as \"NAME=KEY\"."},
        {"swift.sync_clusters", Json::array(),
         "Clusters of those realms, as \"REALM/NAME=http://host:8080/v1\"."},
        {"swift.account_writes_per_second", 0.0,
         "Most container PUT and DELETE in one account; 0: no limit."},
        {"swift.container_writes_per_second", 0.0,
         "Most object PUT and DELETE in one container; 0: no limit."},
        {"swift.max_file_size", 5368709122, "Most bytes of one object that is no large object."},
    };
    return all;
}

} // namespace nephele::swift
