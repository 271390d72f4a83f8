// SPDX-License-Identifier: Apache-2.0
// What POST /v3/auth/tokens asks for, read strictly.
#pragma once
#include "base/secret.h"
#include "platform/json/json.h"

#include <optional>
#include <string>
#include <vector>

namespace nephele::keystone::logic {

/// A user, project or domain as a client names it: by id, or by name with a domain.
struct Named {
    std::string id, name;
    std::string domain_id, domain_name;
};

struct ScopeWish {
    enum class Kind { none, unscoped, project, domain, system, trust } kind = Kind::none;
    Named named; ///< of project and domain
    std::string trust_id;
};

struct AuthRequest {
    /// Each method once, with its part of the body.
    std::vector<std::pair<std::string, Json>> methods;
    ScopeWish scope;
};

/// `body` is the whole request. Throws Failure(bad_request) naming what is missing or wrong.
AuthRequest read_auth_request(const Json& body);

struct PasswordLogin {
    Named user;
    Secret<std::string> password;
};
PasswordLogin read_password_login(const Json& part);

struct TotpLogin {
    Named user;
    Secret<std::string> passcode;
};
TotpLogin read_totp_login(const Json& part);

/// {"id": ..} or {"name": .., "domain": {..}}; `where` for messages.
Named read_named(const Json& value, const std::string& where, bool domain_itself = false);

} // namespace nephele::keystone::logic
