// SPDX-License-Identifier: Apache-2.0
// Idempotency-Key: the answer to a mutating call is kept in the same transaction as its effect, and
// given again when the call is repeated with the same key by the same principal (handlers that open
// their own transactions: key_claim.h).
//
// Answers hold secrets (tokens, private keys), bodies hold passwords: the key itself is not stored,
// the answer is sealed with it and the request is kept as a MAC under it.
#pragma once
#include "platform/api/service.h"

namespace nephele::api {

struct KeyedRequest {
    std::string key;         ///< MAC of what the client sent (1..255 visible characters)
    std::string owner;       ///< user and scope; requests without a token are each their own
    std::string fingerprint; ///< of method, target and body; of a streamed body type and length
    std::string seal;        ///< key of the answer's cipher
};

/// Status apart, what is stored of an answer, and back. Throws key_reused() for another's.
std::string sealed(const KeyedRequest& request, const http::Response& answer);
http::Response opened(const KeyedRequest& request, int status, std::string_view text);
Failure key_reused();

/// Nothing when the request carries no key. Throws Failure(bad_request) for a malformed one.
std::optional<KeyedRequest> keyed_request(const Incoming& in);
/// The kept answer; throws Failure(unprocessable, "IdempotencyKeyReused") when the key came with
/// another request.
std::optional<http::Response> kept_answer(db::Tx& tx, const KeyedRequest& request);
void keep_answer(db::Tx& tx, const KeyedRequest& request, const http::Response& answer, Time now);

/// Removes answers older than a day.
task::Task forget_answers();

} // namespace nephele::api
