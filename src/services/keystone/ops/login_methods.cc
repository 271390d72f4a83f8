// SPDX-License-Identifier: Apache-2.0
// The list of methods, and what all of them share: whose account, from where, how often.
#include "base/strings.h"
#include "services/keystone/ops/log_in.h"
#include "services/keystone/ops/login_attempt.h"
#include "services/keystone/store/identity.h"

#include <algorithm>

namespace nephele::keystone {
namespace {

constexpr LoginMethod methods[] = {{"password", log_in_by_password},
                                   {"token", log_in_by_token},
                                   {"application_credential", log_in_by_application_credential},
                                   {"totp", log_in_by_totp},
                                   {"external", log_in_by_external},
                                   {"oauth1", log_in_by_oauth1},
                                   {"mapped", log_in_by_federated_token},
                                   {"saml2", log_in_by_federated_token},
                                   {"openid", log_in_by_federated_token}};

bool contains(const std::vector<std::string>& list, std::string_view one) {
    return std::find(list.begin(), list.end(), one) != list.end();
}

} // namespace

void Attempt::prove(User user, std::vector<std::string> proved) {
    if (proof.user && proof.user->id != user.id) throw refused_login();
    proof.user = std::move(user);
    for (auto& method : proved)
        if (!contains(proof.methods, method)) proof.methods.push_back(std::move(method));
}

std::string Attempt::from() const {
    return source.head ? source_address(cloud.config(), *source.head) : "";
}

void Attempt::guard(std::string given) {
    account = std::move(given);
    const std::int64_t wait = state.throttle.wait_seconds(account, from(), now);
    if (wait == 0) return;
    throw Failure(Fault::too_many, "TooManyFailedLogins",
                  format("Too many logins failed. Try again in {} seconds.", wait))
        .header("Retry-After", std::to_string(wait));
}

std::string account_of(db::Tx& tx, const logic::Named& named) {
    if (!named.id.empty()) return "id " + named.id;
    std::string domain = named.domain_id;
    if (domain.empty()) {
        const auto found = store::find_domain_named(tx, named.domain_name);
        domain = found ? found->id : "(" + named.domain_name + ")";
    }
    return "name " + domain + "/" + named.name;
}

std::string source_address(const Config& config, const http::RequestHead& head) {
    const auto proxies = config.list("keystone.trusted_proxies");
    if (!contains(proxies, head.peer)) return head.peer;
    const auto* forwarded = head.headers.find("X-Forwarded-For");
    if (!forwarded) return head.peer;
    // The nearest proxies are at the end; what stands before the first stranger is hearsay.
    const auto hops = split(*forwarded, ',');
    for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
        const std::string address(trim(*hop));
        if (!address.empty() && !contains(proxies, address)) return address.substr(0, 64);
    }
    return head.peer;
}

const LoginMethod& login_method(const State& state, const std::string& name) {
    if (contains(state.auth_methods, name))
        for (const auto& method : methods)
            if (name == method.name) return method;
    throw Failure(Fault::unauthorized, "AuthMethodNotSupported",
                  "Attempted to authenticate with an unsupported method.");
}

void counted(Attempt& attempt, const std::function<void()>& prove) {
    attempt.account.clear();
    try {
        prove();
    } catch (const Failure& failure) {
        if (failure.kind() == Fault::unauthorized && !attempt.account.empty())
            attempt.state.throttle.failed(attempt.account, attempt.from(), attempt.now);
        throw;
    }
    if (!attempt.account.empty())
        attempt.state.throttle.succeeded(attempt.account, attempt.from(), attempt.now);
}

void run_method(Attempt& attempt, const std::string& name, const Json& part) {
    const LoginMethod& method = login_method(attempt.state, name);
    counted(attempt, [&] { method.prove(attempt, part); });
}

} // namespace nephele::keystone
