// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/receipts.h"

#include "services/keystone/logic/multi_factor.h"
#include "services/keystone/ops/log_in.h"
#include "services/keystone/store/identity.h"
#include "services/keystone/store/revocations.h"

namespace nephele::keystone {
namespace {

std::optional<logic::Receipt> read_receipt(State& state, const std::string& text) {
    if (text.empty() || text.size() > 1024) return std::nullopt;
    auto payload = state.receipt_keys.keys()->decode(text);
    if (!payload) payload = state.receipt_keys.reload()->decode(text);
    if (!payload) return std::nullopt;
    return logic::decode_receipt(payload->data, payload->created);
}

// What ends the user's tokens ends its receipts: a changed password, a logout of everything.
bool is_revoked(db::Tx& tx, const logic::Receipt& receipt) {
    Claims claims;
    claims.user_id = receipt.user_id;
    claims.issued_at = receipt.issued_at;
    for (const auto& revocation : store::revocations(tx))
        if (revocation.matches(claims)) return true;
    return false;
}

Json body_of(Attempt& attempt, const logic::Receipt& receipt,
             const std::vector<std::vector<std::string>>& rules) {
    const User& user = *attempt.proof.user;
    const auto domain =
        attempt.read([&](db::Tx& tx) { return store::find_domain(tx, user.domain_id); });
    Json required = Json::array();
    for (const auto& rule : rules) required.push_back(Json(rule));
    return Json::object(
        {{"receipt",
          Json::object(
              {{"methods", Json(receipt.methods)},
               {"user",
                Json::object({{"id", user.id},
                              {"name", user.name},
                              {"domain", Json::object({{"id", user.domain_id},
                                                       {"name", domain ? domain->name : ""}})}})},
               {"expires_at", token_time(receipt.expires_at)},
               {"issued_at", token_time(receipt.issued_at)}})},
         {"required_auth_methods", std::move(required)}});
}

} // namespace

MoreMethodsNeeded::MoreMethodsNeeded(std::string given_receipt, Json given_body)
    : Failure(Fault::unauthorized, "InsufficientAuthMethods",
              "More authentication methods are needed for this user."),
      receipt(std::move(given_receipt)), body(std::move(given_body)) {}

void join_receipt(Attempt& attempt) {
    const auto* text =
        attempt.source.head ? attempt.source.head->headers.find("Openstack-Auth-Receipt") : nullptr;
    if (!text || text->empty()) return;
    const auto receipt = read_receipt(attempt.state, *text);
    if (!receipt || receipt->expires_at <= attempt.now ||
        receipt->user_id != attempt.proof.user->id ||
        attempt.read([&](db::Tx& tx) { return is_revoked(tx, *receipt); }))
        throw refused_login();
    attempt.prove(*attempt.proof.user, receipt->methods);
}

void check_multi_factor(Attempt& attempt) {
    const auto rules = logic::multi_factor_rules(attempt.proof.user->options);
    if (logic::meets_rules(rules, attempt.proof.methods, attempt.state.auth_methods)) return;
    // A receipt would outlive the token, or forget the limits of the credential, it was got with.
    const Proof& proof = attempt.proof;
    if (proof.parent || proof.application_credential || proof.access_token) throw refused_login();
    logic::Receipt receipt{attempt.proof.user->id, attempt.proof.methods, attempt.now,
                           attempt.now.plus_seconds(attempt.state.receipt_seconds)};
    receipt.expires_at.us -= receipt.expires_at.us % 1'000'000;
    std::string text =
        attempt.state.receipt_keys.reload()->encode(logic::encode_receipt(receipt), attempt.now);
    throw MoreMethodsNeeded(std::move(text), body_of(attempt, receipt, rules));
}

} // namespace nephele::keystone
