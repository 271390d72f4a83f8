// SPDX-License-Identifier: Apache-2.0
// Checking signed OAuth 1 requests against the consumers and tokens that are there.
#pragma once
#include "services/keystone/logic/oauth1_signature.h"
#include "services/keystone/model/oauth1.h"
#include "services/keystone/ops/login_attempt.h"

#include <deque>
#include <mutex>
#include <set>

namespace nephele::keystone {

/// Nonces of the last minutes, so that a signed request is taken once. Bounded: only requests with
/// a right signature get in.
class OauthNonces {
  public:
    /// False when it was seen before.
    bool take(const std::string& nonce, Time now);

  private:
    std::mutex mutex_;
    std::set<std::string> seen_;
    std::deque<std::pair<Time, std::string>> order_;
};

/// The header of the request. Throws Failure(bad_request) when there is none or a part is missing.
logic::OauthHeader need_oauth_header(const http::RequestHead& head);
/// Throws Failure(unauthorized) when time, nonce or signature are not right.
void check_oauth_request(Cloud& cloud, const logic::OauthHeader& header, const LoginSource& source,
                         const Consumer& consumer, std::string_view token_secret, Time now);

} // namespace nephele::keystone
