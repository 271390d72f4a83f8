// SPDX-License-Identifier: Apache-2.0
// Who may join, and whose certificate counts.
#include "platform/agent_link/members.h"

#include "platform/agent/control.h"
#include "platform/fault/fault.h"
#include "platform/journal/journal.h"
#include "tests/support/postgres.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::agent;

namespace {

struct World {
    World() : cloud(Config(), db::Database::open({}), clock, ids) {
        cloud.db().migrate(journal::migrations());
        cloud.db().migrate(migrations());
        cloud.db().migrate(link_migrations());
    }
    template <class F> auto write(F body) { return write_as_cloud(cloud, "req-1", body); }
    JoinToken token(const std::string& host = "") {
        return write([&](Context& c) { return make_join_token(c, host, 60); });
    }
    crypto::IssuedCertificate join(const JoinToken& token, const std::string& host) {
        return write([&](Context& c) {
            return agent::join(c, authority, token.id, token.secret, host, key.public_pem);
        });
    }
    crypto::IssuedCertificate renew(const std::string& host) {
        return write([&](Context& c) { return agent::renew(c, authority, host, key.public_pem); });
    }
    std::string who(const crypto::IssuedCertificate& certificate) {
        auto member =
            cloud.db().read([&](db::Tx& tx) { return member_with(tx, certificate.thumbprint); });
        return member ? member->host : "";
    }
    int refused(const JoinToken& token, const std::string& host) {
        try {
            join(token, host);
        } catch (const Failure& failure) {
            return failure.status();
        }
        return 0;
    }
    ManualClock clock;
    SeededIds ids{3};
    Cloud cloud;
    crypto::Authority authority = crypto::Authority::make("nephele-agents", clock.now());
    crypto::PrivateKeyPair key = crypto::make_certificate_key();
};

} // namespace

TEST_CASE("a token admits one host, once, in its time") {
    World w;
    auto token = w.token();
    CHECK(w.refused({token.id, "guessed", "", {}}, "h1") == 401);
    CHECK(w.refused({"unknown", token.secret, "", {}}, "h1") == 401);
    CHECK(w.refused(token, "a host") == 400); // And the token is as good as before.
    auto certificate = w.join(token, "h1");
    CHECK(w.who(certificate) == "h1");
    CHECK(w.refused(token, "h2") == 401);
    auto late = w.token();
    w.clock.advance_ms(61 * 60'000);
    CHECK(w.refused(late, "h2") == 401);
    w.write([](Context& c) { forget_old_tokens(c); });
    CHECK(w.cloud.db().read(
              [](db::Tx& tx) { return tx.count("SELECT COUNT(*) FROM agent_join_tokens"); }) == 0);
}

TEST_CASE("a host that is there is replaced only by a token that names it") {
    World w;
    auto first = w.join(w.token(), "h1");
    CHECK(w.refused(w.token(), "h1") == 409);
    CHECK(w.refused(w.token("h2"), "h1") == 401);
    auto second = w.join(w.token("h1"), "h1");
    CHECK(w.who(first).empty());
    CHECK(w.who(second) == "h1");
    // Hosts of the control nodes have no certificate, and a token for anybody is not for their
    // names.
    w.write([](Context& c) { control::save_hello(c, "control-1", Json::object()); });
    CHECK(w.refused(w.token(), "control-1") == 409);
}

TEST_CASE("a renewed certificate takes over when it is used, not before") {
    World w;
    auto first = w.join(w.token(), "h1");
    auto lost = w.renew("h1"); // Never arrived.
    auto second = w.renew("h1");
    CHECK(w.who(first) == "h1");
    CHECK(w.who(lost).empty());
    CHECK(w.who(second) == "h1");
    w.write([&](Context& c) { settle(c, "h1", first.thumbprint); });
    CHECK(w.who(first) == "h1");
    w.write([&](Context& c) { settle(c, "h1", second.thumbprint); });
    CHECK(w.who(first).empty());
    CHECK(w.who(second) == "h1");
    CHECK(w.write([](Context& c) { return remove_member(c, "h1"); }));
    CHECK_FALSE(w.write([](Context& c) { return remove_member(c, "h1"); }));
    CHECK(w.who(second).empty());
}
