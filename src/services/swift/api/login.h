// SPDX-License-Identifier: Apache-2.0
// How callers are known: tokens of the identity service, or TempAuth's own.
#pragma once
#include "services/swift/api/exchange.h"

#include <mutex>

namespace nephele::swift {

/// TempAuth's tokens, in memory: who logged in before a restart logs in again.
class TempTokens {
  public:
    struct Login {
        logic::TempUser user;
        Time expires_at;
    };
    /// The token a user has, or a new one.
    std::pair<std::string, Login> give(IdSource& ids, const logic::TempUser& user, Time now,
                                       std::int64_t seconds);
    std::optional<Login> find(const std::string& token, Time now);

  private:
    std::mutex mutex_;
    std::map<std::string, Login> logins_;
};

/// GET /auth/v1.0 and its like.
std::optional<Answer> tempauth_page(Site& site, const http::RequestHead& head);
/// Step: the token, when nothing before it settled who calls.
Answer read_token(Request& request, const Next& next);
/// The account's metadata says whose domain its project is in, from the first who may know.
void note_domain(Request& request);

} // namespace nephele::swift
