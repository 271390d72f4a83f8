// SPDX-License-Identifier: Apache-2.0
// Which remote hosts belong to the cloud: tokens by which they join, and the certificate each
// holds.
#pragma once
#include "platform/context/context.h"
#include "platform/crypto/authority.h"

#include <optional>
#include <string>
#include <vector>

namespace nephele::agent {

inline constexpr std::int64_t certificate_days = 30;

struct JoinToken {
    std::string id, secret;
    std::string host; ///< the only one it is for; empty: any that is not a member yet
    Time expires_at;
};
/// Good for one host, once.
JoinToken make_join_token(Context& context, const std::string& host, std::int64_t minutes);

struct Member {
    std::string host;
    Time joined_at;
    Time expires_at; ///< of its newest certificate
};

/// Admits the host and issues its certificate; the token is used up. Throws Failure: unauthorized
/// for a token that is unknown, used, expired or another host's; conflict when the host is a member
/// already and the token does not name it; bad_request for a key or name that cannot be certified.
crypto::IssuedCertificate join(Context& context, const crypto::Authority& authority,
                               const std::string& token_id, const std::string& secret,
                               const std::string& host, const std::string& public_pem);
/// A new certificate for a member; the one it came with stays good until the new one is used.
crypto::IssuedCertificate renew(Context& context, const crypto::Authority& authority,
                                const std::string& host, const std::string& public_pem);
/// The member whose certificate this is.
std::optional<Member> member_with(db::Tx& tx, const std::string& thumbprint);
/// The new certificate is in use: the older one is worth nothing any more.
void settle(Context& context, const std::string& host, const std::string& thumbprint);
std::vector<Member> members(db::Tx& tx);
/// False when there is none.
bool remove_member(Context& context, const std::string& host);
void forget_old_tokens(Context& context);

const std::vector<db::Migration>& link_migrations();

} // namespace nephele::agent
