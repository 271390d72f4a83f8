// SPDX-License-Identifier: Apache-2.0
// The method "application_credential": by id, or by name and user.
#include "services/keystone/ops/log_in.h"
#include "services/keystone/ops/login_attempt.h"

namespace nephele::keystone {
namespace {

std::optional<ApplicationCredential> find_source(db::Tx& tx, const Json& part,
                                                 std::string& account) {
    if (part.get("id").is_string()) {
        account = "application credential " + part.text("id");
        return find(tx, table::application_credentials(), Scope::all(), part.text("id"));
    }
    const Json* owner = part.find("user");
    if (!owner || !part.get("name").is_string())
        throw bad_request("ValidationError",
                          "Expecting to find id, or name and user, in application_credential.");
    const auto named = logic::read_named(*owner, "application_credential.user");
    account = account_of(tx, named) + " application credential " + part.text("name");
    const auto user = find_named_user(tx, named);
    if (!user) return std::nullopt;
    auto found = select(tx, table::application_credentials(), Scope::user(user->id),
                        {"name = ?", {part.text("name")}});
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

} // namespace

void log_in_by_application_credential(Attempt& attempt, const Json& part) {
    if (!part.is_object() || !part.get("secret").is_string())
        throw bad_request("ValidationError", "Expecting to find secret in application_credential.");
    const password::Password secret(part.text("secret"));
    std::optional<User> user;
    std::string account;
    auto source = attempt.read([&](db::Tx& tx) {
        auto found = find_source(tx, part, account);
        if (found) user = find_named_user(tx, {.id = found->user_id});
        return found;
    });
    attempt.guard(account);
    if (!source || !user || (source->expires_at && *source->expires_at <= attempt.now) ||
        logic::is_inactive(attempt.state.rules, *user, attempt.now)) {
        attempt.state.passwords.verify_nobody(secret);
        throw refused_login();
    }
    if (!attempt.state.passwords.verify(secret, source->secret_hash)) throw refused_login();
    attempt.proof.application_credential = std::move(source);
    attempt.prove(std::move(*user), {"application_credential"});
}

} // namespace nephele::keystone
