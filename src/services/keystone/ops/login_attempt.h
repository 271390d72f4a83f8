// SPDX-License-Identifier: Apache-2.0
// One request for a token while its methods are being proved. Each method has a file of its own
// (login_password.cc, login_totp.cc ...) and adds to the proof; login_methods.cc lists them.
#pragma once
#include "platform/http/http.h"
#include "services/keystone/logic/auth_request.h"
#include "services/keystone/model/delegation.h"
#include "services/keystone/model/oauth1.h"
#include "services/keystone/model/token.h"
#include "services/keystone/model/user.h"
#include "services/keystone/ops/state.h"

#include <functional>

namespace nephele::keystone {

/// Where a request for a token comes from.
struct LoginSource {
    const http::RequestHead* head = nullptr; ///< null: not over HTTP
    std::string url;                         ///< as the client called it: what OAuth signs
};

/// What the methods of one request have proved so far.
struct Proof {
    std::optional<User> user;
    std::vector<std::string> methods;
    std::optional<Claims> parent; ///< of the token method
    std::optional<ApplicationCredential> application_credential;
    std::optional<AccessToken> access_token;
};

struct Attempt {
    Cloud& cloud;
    State& state;
    const LoginSource& source;
    Proof& proof;
    Time now;
    std::string account; ///< set by guard()

    template <class F> auto read(F&& body) { return cloud.db().read(std::forward<F>(body)); }
    /// Adds what a method proved. Several methods must name the same user.
    void prove(User user, std::vector<std::string> methods);
    /// Before a secret is looked at: throws Failure(too_many) when this account or this source
    /// failed too often of late. `account` is the name as it was given, whether it exists or not.
    void guard(std::string account);
    /// The address failures count against; empty when it is not over HTTP.
    std::string from() const;
};

/// "id bob" or "name default/bob": the account a client names, the same text whether it is there.
std::string account_of(db::Tx& tx, const logic::Named& named);
/// The address the request comes from; behind one of keystone.trusted_proxies the one it names.
std::string source_address(const Config& config, const http::RequestHead& head);

struct LoginMethod {
    const char* name;
    void (*prove)(Attempt& attempt, const Json& part);
};
/// Throws Failure(unauthorized) for a method that is not there or not enabled.
const LoginMethod& login_method(const State& state, const std::string& name);
/// Runs `prove`, which guards an account; a refusal counts against that account and the source.
void counted(Attempt& attempt, const std::function<void()>& prove);
/// Runs the method, counted.
void run_method(Attempt& attempt, const std::string& name, const Json& part);

void log_in_by_password(Attempt& attempt, const Json& part);
void log_in_by_token(Attempt& attempt, const Json& part);
void log_in_by_application_credential(Attempt& attempt, const Json& part);
void log_in_by_totp(Attempt& attempt, const Json& part);
void log_in_by_external(Attempt& attempt, const Json& part);
void log_in_by_oauth1(Attempt& attempt, const Json& part);
void log_in_by_federated_token(Attempt& attempt, const Json& part);

} // namespace nephele::keystone
