// SPDX-License-Identifier: Apache-2.0
#include "platform/agent_link/members.h"

#include "base/strings.h"
#include "platform/agent/agent.h"
#include "platform/crypto/crypto.h"
#include "platform/fault/fault.h"
#include "platform/journal/journal.h"

#include <stdexcept>

namespace nephele::agent {
namespace {

void journal_member(Context& context, const std::string& host, const char* change) {
    journal::Entry entry;
    entry.at = context.now;
    entry.request_id = context.request_id;
    entry.service = "agent";
    entry.kind = "member";
    entry.id = host;
    entry.change = change;
    entry.image = Json::object({{"host", host}});
    journal::append(context.tx, entry);
}

std::string digest_of(const std::string& secret) { return hex_encode(crypto::sha256(secret)); }

// The token is gone afterwards, whoever else comes with it at the same moment.
std::string use_token(Context& context, const std::string& id, const std::string& secret,
                      const std::string& host) {
    std::string digest, named;
    Time expires_at;
    context.tx.first("SELECT digest, host, expires_at FROM agent_join_tokens WHERE id = ?", {id},
                     [&](const db::Row& row) {
                         digest = row.str(0);
                         named = row.str(1);
                         expires_at = {row.integer(2)};
                     });
    if (digest.empty() || !crypto::equal_constant_time(digest, digest_of(secret)) ||
        expires_at < context.now || (!named.empty() && named != host))
        throw unauthorized("The token is unknown, used, over, or for another host. Make a new one "
                           "with: nephele agent token");
    context.tx.exec("DELETE FROM agent_join_tokens WHERE id = ?", db::Params{id});
    return named;
}

crypto::IssuedCertificate issue(Context& context, const crypto::Authority& authority,
                                const std::string& host, const std::string& public_pem) {
    crypto::CertificateOrder order;
    order.name = host;
    order.from = context.now;
    order.until = context.now.plus_seconds(certificate_days * 86'400);
    try {
        return authority.issue(public_pem, order);
    } catch (const std::invalid_argument& error) {
        throw bad_request("InvalidInput", error.what());
    }
}

bool is_member(db::Tx& tx, const std::string& host) {
    return tx.count("SELECT COUNT(*) FROM agent_members WHERE host = ?", {host}) > 0;
}
// Hosts of the control nodes themselves have no certificate.
bool is_other_host(db::Tx& tx, const std::string& host) {
    return tx.count("SELECT COUNT(*) FROM agent_hosts WHERE host = ?", {host}) > 0;
}
} // namespace

const std::vector<db::Migration>& link_migrations() {
    static const std::vector<db::Migration> list{
        {"platform.agent_link.001_members",
         {"CREATE TABLE agent_join_tokens (id TEXT NOT NULL PRIMARY KEY, digest TEXT NOT NULL, "
          "host TEXT NOT NULL, expires_at BIGINT NOT NULL)",
          // `older_thumbprint`: of the certificate before, until the new one is used.
          "CREATE TABLE agent_members (host TEXT NOT NULL PRIMARY KEY, thumbprint TEXT NOT NULL, "
          "older_thumbprint TEXT NOT NULL, joined_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)",
          "CREATE INDEX agent_members_thumbprint ON agent_members (thumbprint)",
          "CREATE INDEX agent_members_older ON agent_members (older_thumbprint)"},
         {},
         {}}};
    return list;
}

JoinToken make_join_token(Context& context, const std::string& host, std::int64_t minutes) {
    JoinToken token;
    token.id = context.new_hex();
    token.secret = base64url_encode(crypto::random_bytes(32), false);
    token.host = host;
    token.expires_at = context.now.plus_seconds(minutes * 60);
    context.tx.exec("INSERT INTO agent_join_tokens (id, digest, host, expires_at) VALUES (?, ?, ?, "
                    "?)",
                    db::Params{token.id, digest_of(token.secret), host, token.expires_at.us});
    return token;
}

crypto::IssuedCertificate join(Context& context, const crypto::Authority& authority,
                               const std::string& token_id, const std::string& secret,
                               const std::string& host, const std::string& public_pem) {
    const std::string named = use_token(context, token_id, secret, host);
    const bool again = is_member(context.tx, host);
    if (named.empty() && (again || is_other_host(context.tx, host)))
        throw conflict("HostExists",
                       format("There is a host {} already. To let it join again make a token for "
                              "it: nephele agent token host={}",
                              host, host));
    auto issued = issue(context, authority, host, public_pem);
    const std::int64_t until = context.now.us + certificate_days * 86'400'000'000;
    context.tx.exec(again ? "UPDATE agent_members SET thumbprint = ?, older_thumbprint = '', "
                            "joined_at = ?, expires_at = ? WHERE host = ?"
                          : "INSERT INTO agent_members (thumbprint, older_thumbprint, joined_at, "
                            "expires_at, host) VALUES (?, '', ?, ?, ?)",
                    db::Params{issued.thumbprint, context.now.us, until, host});
    journal_member(context, host, again ? "update" : "create");
    return issued;
}

crypto::IssuedCertificate renew(Context& context, const crypto::Authority& authority,
                                const std::string& host, const std::string& public_pem) {
    auto issued = issue(context, authority, host, public_pem);
    const std::int64_t until = context.now.us + certificate_days * 86'400'000'000;
    // Asked twice without using the first: the one in use stays good.
    context.tx.exec("UPDATE agent_members SET older_thumbprint = CASE older_thumbprint WHEN '' "
                    "THEN thumbprint ELSE older_thumbprint END, thumbprint = ?, expires_at = ? "
                    "WHERE host = ?",
                    db::Params{issued.thumbprint, until, host});
    return issued;
}

std::optional<Member> member_with(db::Tx& tx, const std::string& thumbprint) {
    std::optional<Member> found;
    if (thumbprint.empty()) return found;
    tx.first("SELECT host, joined_at, expires_at FROM agent_members WHERE thumbprint = ? OR "
             "older_thumbprint = ?",
             {thumbprint, thumbprint}, [&](const db::Row& row) {
                 found = Member{row.str(0), {row.integer(1)}, {row.integer(2)}};
             });
    return found;
}

void settle(Context& context, const std::string& host, const std::string& thumbprint) {
    context.tx.exec("UPDATE agent_members SET older_thumbprint = '' WHERE host = ? AND thumbprint "
                    "= ? AND older_thumbprint <> ''",
                    db::Params{host, thumbprint});
}

std::vector<Member> members(db::Tx& tx) {
    std::vector<Member> all;
    tx.each("SELECT host, joined_at, expires_at FROM agent_members ORDER BY host", db::Params{},
            [&](const db::Row& row) {
                all.push_back({row.str(0), {row.integer(1)}, {row.integer(2)}});
            });
    return all;
}

bool remove_member(Context& context, const std::string& host) {
    if (context.tx.exec("DELETE FROM agent_members WHERE host = ?", db::Params{host}) == 0)
        return false;
    journal_member(context, host, "delete");
    return true;
}

void forget_old_tokens(Context& context) {
    context.tx.exec("DELETE FROM agent_join_tokens WHERE expires_at < ?",
                    db::Params{context.now.us});
}

} // namespace nephele::agent
