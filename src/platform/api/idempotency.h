// SPDX-License-Identifier: Apache-2.0
// Idempotency-Key: the answer to a mutating call is kept in the same transaction as its effect, and
// given again when the call is repeated with the same key by the same principal.
#pragma once
#include "platform/api/service.h"

namespace nephele::api {

struct KeyedRequest {
    std::string key;         ///< as the client sent it (1..255 visible characters)
    std::string owner;       ///< user and scope
    std::string fingerprint; ///< of method, target and body
};

/// Nothing when the request carries no key. Throws Failure(bad_request) for a malformed one.
std::optional<KeyedRequest> keyed_request(const Incoming& in);
/// The kept answer; throws Failure(unprocessable, "IdempotencyKeyReused") when the key came with
/// another request.
std::optional<http::Response> kept_answer(db::Tx& tx, const KeyedRequest& request);
void keep_answer(db::Tx& tx, const KeyedRequest& request, const http::Response& answer, Time now);
/// Removes answers older than a day.
task::Task forget_answers();

} // namespace nephele::api
