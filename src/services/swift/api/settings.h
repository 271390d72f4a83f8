// SPDX-License-Identifier: Apache-2.0
// What the operator chose, read once at start.
#pragma once
#include "platform/config/config.h"
#include "services/swift/logic/acl.h"
#include "services/swift/logic/names.h"

#include <map>

namespace nephele::swift {

struct Settings {
    explicit Settings(const Config& config);

    logic::Limits limits;
    logic::KeystoneRules keystone;
    bool tempauth = false; ///< else keystone's tokens
    struct TempAccount {
        std::string key;
        std::vector<std::string> groups;
    };
    std::map<std::string, TempAccount> temp_users; ///< "test:tester"
    std::int64_t temp_token_seconds = 86400;
    bool account_management = false; ///< PUT and DELETE of accounts, by reseller administrators
    bool read_only = false;
    bool etag_quoted = false;
    std::vector<std::string> policies;      ///< names; the first is the default, its index is 0
    std::vector<std::string> cors_origins;  ///< allowed besides what a container allows
    double account_writes_per_second = 0;   ///< container PUT and DELETE; 0: no limit
    double container_writes_per_second = 0; ///< object writes in one container; 0: no limit
};

const std::vector<Option>& options();

} // namespace nephele::swift
