// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/oauth1.h"

#include "base/strings.h"
#include "services/keystone/ops/log_in.h"
#include "services/keystone/store/identity.h"

#include <cstdlib>

namespace nephele::keystone {
namespace {

constexpr std::int64_t timestamp_seconds = 600; ///< how far a clock may be off
constexpr std::size_t most_nonces = 100'000;

Failure missing(const char* attribute) {
    return bad_request("ValidationError",
                       format("Expecting to find {} in request. The server could not comply with "
                              "the request since it is either malformed or otherwise incorrect. "
                              "The client is assumed to be in error.",
                              attribute));
}

} // namespace

bool OauthNonces::take(const std::string& nonce, Time now) {
    std::lock_guard lock(mutex_);
    const Time gone = now.plus_seconds(-2 * timestamp_seconds);
    while (!order_.empty() && (order_.front().first < gone || order_.size() >= most_nonces)) {
        seen_.erase(order_.front().second);
        order_.pop_front();
    }
    if (!seen_.insert(nonce).second) return false;
    order_.emplace_back(now, nonce);
    return true;
}

logic::OauthHeader need_oauth_header(const http::RequestHead& head) {
    const auto* given = head.headers.find("Authorization");
    auto header = given ? logic::read_oauth_header(*given) : std::nullopt;
    if (!header) throw bad_request("OAuthHeadersMissingError", "Error parsing Oauth headers.");
    if (header->consumer_key.empty()) throw missing("oauth_consumer_key");
    return std::move(*header);
}

void check_oauth_request(Cloud& cloud, const logic::OauthHeader& header, const LoginSource& source,
                         const Consumer& consumer, std::string_view token_secret, Time now) {
    const bool fresh = header.timestamp &&
                       std::abs(now.seconds() - header.timestamp->seconds()) <= timestamp_seconds;
    const bool usual = header.version.empty() || header.version == "1.0";
    if (!fresh || !usual || header.nonce.empty() || header.nonce.size() > 255)
        throw unauthorized("The OAuth timestamp, nonce or version is missing or not valid.");
    if (!logic::oauth_signature_fits(header, "POST", source.url,
                                     http::parse_query(source.head->query), consumer.secret,
                                     token_secret))
        throw refused_login();
    const std::string use = header.consumer_key + "\n" + header.token + "\n" +
                            std::to_string(header.timestamp->seconds()) + "\n" + header.nonce;
    if (!cloud.state<OauthNonces>().take(use, now))
        throw unauthorized("The signed request was used before.");
}

void log_in_by_oauth1(Attempt& attempt, const Json&) {
    if (!attempt.source.head) throw refused_login();
    const auto header = need_oauth_header(*attempt.source.head);
    if (header.token.empty()) throw missing("oauth_token");
    attempt.guard("access token " + header.token);
    std::optional<Consumer> consumer;
    std::optional<User> user;
    auto token = attempt.read([&](db::Tx& tx) {
        auto found = find(tx, table::access_tokens(), Scope::all(), header.token);
        if (found) {
            consumer = find(tx, table::consumers(), Scope::all(), found->consumer_id);
            user = find_named_user(tx, {.id = found->authorizing_user_id});
        }
        return found;
    });
    const bool known = token && consumer && consumer->id == header.consumer_key;
    // What is not there is refused like a wrong signature, and after the same work.
    Consumer nobody;
    nobody.secret = std::string(32, '0');
    check_oauth_request(attempt.cloud, header, attempt.source, known ? *consumer : nobody,
                        known ? token->secret : nobody.secret, attempt.now);
    if (!known || !user || (token->expires_at && *token->expires_at <= attempt.now))
        throw refused_login();
    attempt.proof.access_token = std::move(token);
    attempt.prove(std::move(*user), {"oauth1"});
}

} // namespace nephele::keystone
