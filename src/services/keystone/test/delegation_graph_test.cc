// SPDX-License-Identifier: Apache-2.0
// Delegations drawn at random: trusts of trusts, credentials made with derived tokens, EC2 keys,
// OAuth 1 tokens, other scopes. Whatever is drawn, nobody ends up with more roles, another project
// or more time than what it came from, and what is taken away anywhere in a chain ends the tokens
// at its end at their next request.
#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/keystone/ops/log_in.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>
#include <random>
#include <set>

using namespace nephele;
using namespace nephele::keystone::test;

namespace {
const std::string v3 = "/identity/v3";
using Roles = std::set<std::string>;

struct Node {
    std::string token, user, project;
    Roles roles;
    std::string expires_at;
    bool derived = false;
    std::set<std::string> depends; ///< "user id", "trust id" ...
};

bool within(const Roles& inner, const Roles& outer) {
    return std::includes(outer.begin(), outer.end(), inner.begin(), inner.end());
}

class Graph {
  public:
    explicit Graph(std::uint32_t seed) : random_(seed) {
        const std::vector<std::string> given[] = {
            {"manager"}, {"member", "auditor"}, {"member"}, {"reader", "auditor"}};
        const Answer role = cloud_.post(v3 + "/roles", cloud_.admin(),
                                        Json::parse(R"({"role": {"name": "auditor"}})"));
        REQUIRE(role.status == 201);
        for (int p = 0; p < 2; ++p)
            projects_.push_back(cloud_.add_project("p" + std::to_string(p)));
        for (int u = 0; u < 4; ++u) {
            users_.push_back(cloud_.add_user("u" + std::to_string(u)));
            for (const auto& project : projects_)
                for (const auto& name : given[u]) cloud_.grant(project, users_.back(), name);
        }
    }

    void step() {
        switch (nodes_.empty() ? 0 : pick(8)) {
        case 0:
        case 1:
            return log_in();
        case 2:
            return rescope(any());
        case 3:
            return use_credential(any());
        case 4:
        case 5:
            return use_trust(any());
        case 6:
            return use_key(any());
        default:
            return use_access_token(any());
        }
    }

    // Takes one thing away: every token that depends on it is dead, the others live.
    void kill() {
        std::set<std::string> things;
        for (const auto& node : nodes_) things.insert(node.depends.begin(), node.depends.end());
        if (things.empty()) return;
        const std::string thing =
            *std::next(things.begin(), static_cast<long>(pick(things.size())));
        take_away(thing);
        std::vector<Node> alive;
        for (auto& node : nodes_) {
            const int status = cloud_.get(v3 + "/auth/projects", node.token).status;
            if (node.depends.count(thing)) {
                CHECK_MESSAGE(status == 401, "after " << thing << " went: " << status);
            } else {
                CHECK_MESSAGE(status == 200, "although only " << thing << " went: " << status);
                alive.push_back(std::move(node));
            }
        }
        nodes_ = std::move(alive);
    }

    std::size_t derived() const {
        return static_cast<std::size_t>(
            std::count_if(nodes_.begin(), nodes_.end(), [](const Node& n) { return n.derived; }));
    }

  private:
    std::size_t pick(std::size_t count) { return random_() % count; }
    Node any() { return nodes_[pick(nodes_.size())]; }

    Json some_roles() {
        Json roles = Json::array();
        const char* const all[] = {"manager", "member", "reader", "auditor", "admin"};
        const std::size_t first = pick(5);
        roles.push_back(Json::object({{"name", all[first]}}));
        if (pick(2)) roles.push_back(Json::object({{"name", all[(first + 1 + pick(4)) % 5]}}));
        return roles;
    }

    // Notes a token that was given, after checking it against what it was made from.
    void note(const Answer& answer, const Node& parent, std::set<std::string> more,
              bool of_same_time) {
        const Json& body = answer.json.at("token");
        Node node;
        node.token = answer.headers.get("X-Subject-Token");
        node.user = body.at("user").text("id");
        node.project = body.get("project").text("id");
        node.expires_at = body.text("expires_at");
        node.derived = true;
        for (const Json& role : body.at("roles").as_array()) node.roles.insert(role.text("name"));
        node.depends = parent.depends;
        node.depends.insert(more.begin(), more.end());
        CHECK(within(node.roles, parent.roles));
        CHECK(node.project == parent.project);
        if (of_same_time) CHECK(node.expires_at <= parent.expires_at);
        nodes_.push_back(std::move(node));
    }

    void log_in() {
        const std::size_t user = pick(4), project = pick(2);
        const Answer answer = cloud_.log_in("u" + std::to_string(user), "pw",
                                            Identity::project_scope("p" + std::to_string(project)));
        if (answer.status != 201) return; // taken away before
        Node node;
        node.token = answer.headers.get("X-Subject-Token");
        node.user = users_[user];
        node.project = projects_[project];
        node.expires_at = answer.json.at("token").text("expires_at");
        for (const Json& role : answer.json.at("token").at("roles").as_array())
            node.roles.insert(role.text("name"));
        node.depends = {"user " + node.user, "project " + node.project};
        nodes_.push_back(std::move(node));
    }

    void rescope(const Node& from) {
        const std::string target = projects_[pick(2)];
        const Json scope =
            pick(2) ? Json::object({{"project", Json::object({{"id", target}})}}) : Json();
        Json auth = Json::object(
            {{"identity", Json::object({{"methods", Json::array({"token"})},
                                        {"token", Json::object({{"id", from.token}})}})}});
        if (!scope.is_null()) auth["scope"] = scope;
        const Answer answer = cloud_.post(v3 + "/auth/tokens", "", Json::object({{"auth", auth}}));
        if (from.derived) CHECK(answer.status == 403);
        if (answer.status != 201) return;
        CHECK(answer.json.at("token").text("expires_at") <= from.expires_at);
        CHECK(answer.json.at("token").at("user").text("id") == from.user);
    }

    void use_credential(const Node& from) {
        Json credential = Json::object(
            {{"name", "c" + std::to_string(++count_)}, {"unrestricted", pick(2) == 1}});
        if (pick(3)) credential["roles"] = some_roles();
        const Answer made =
            cloud_.post(v3 + "/users/" + from.user + "/application_credentials", from.token,
                        Json::object({{"application_credential", credential}}));
        if (made.status != 201) return;
        const Json& shown = made.json.at("application_credential");
        const Answer used = cloud_.post(
            v3 + "/auth/tokens", "",
            Json::object(
                {{"auth",
                  Json::object(
                      {{"identity",
                        Json::object({{"methods", Json::array({"application_credential"})},
                                      {"application_credential",
                                       Json::object({{"id", shown.at("id")},
                                                     {"secret", shown.at("secret")}})}})}})}}));
        REQUIRE_MESSAGE(used.status == 201, used.text);
        note(used, from,
             {"credential " + from.user + "/application_credentials/" + shown.text("id")}, false);
    }

    void use_trust(const Node& from) {
        const std::size_t trustee = pick(4);
        const Json trust = Json::object({{"trustor_user_id", from.user},
                                         {"trustee_user_id", users_[trustee]},
                                         {"project_id", from.project},
                                         {"impersonation", pick(2) == 1},
                                         {"allow_redelegation", pick(3) > 0},
                                         {"roles", some_roles()}});
        const Answer made =
            cloud_.post(v3 + "/OS-TRUST/trusts", from.token, Json::object({{"trust", trust}}));
        if (made.status != 201) return;
        const std::string id = made.json.at("trust").text("id");
        const Answer used = cloud_.post(
            v3 + "/auth/tokens", "",
            Identity::login("u" + std::to_string(trustee), "pw",
                            Json::object({{"OS-TRUST:trust", Json::object({{"id", id}})}})));
        if (used.status != 201) return; // the trustee was taken away
        note(used, from, {"trust " + id, "user " + users_[trustee]}, false);
    }

    void use_key(const Node& from) {
        const Answer made = cloud_.post(v3 + "/users/" + from.user + "/credentials/OS-EC2",
                                        from.token, Json::object({{"tenant_id", from.project}}));
        if (from.derived) CHECK(made.status == 403);
        if (made.status != 201) return;
        const Json& key = made.json.at("credential");
        const std::string time = iso_time(cloud_.cloud().now());
        const std::string signature = base64_encode(
            crypto::hmac(crypto::Digest::sha1, key.text("secret"), "DescribeInstances" + time));
        const Answer used = cloud_.post(
            v3 + "/ec2tokens", cloud_.admin(),
            Json::object({{"credentials",
                           Json::object({{"access", key.at("access")},
                                         {"signature", signature},
                                         {"host", "h"},
                                         {"verb", "GET"},
                                         {"path", "/"},
                                         {"params", Json::object({{"SignatureVersion", "0"},
                                                                  {"Action", "DescribeInstances"},
                                                                  {"Timestamp", time}})}})}}));
        REQUIRE_MESSAGE(used.status == 200, used.text);
        note(used, from, {}, false);
    }

    // Consent needs an administrator by upstream's rule: the record is made as the route makes it.
    void use_access_token(const Node& from) {
        if (from.derived) return;
        std::string id;
        const std::vector<std::string> roles{role_id("reader"), role_id("auditor"),
                                             role_id("admin")};
        write_as_cloud(cloud_.cloud(), "", [&](Context& context) {
            keystone::Consumer consumer{.id = context.new_hex(), .secret = "s"};
            keystone::store::insert(context, keystone::table::consumers(), consumer);
            keystone::AccessToken token;
            token.id = id = context.new_hex();
            token.consumer_id = consumer.id;
            token.authorizing_user_id = from.user;
            token.project_id = from.project;
            token.role_ids = roles;
            keystone::store::insert(context, keystone::table::access_tokens(), token);
        });
        keystone::Claims claims;
        claims.user_id = from.user;
        claims.project_id = from.project;
        claims.methods = {"oauth1"};
        claims.access_token_id = id;
        const auto issued = cloud_.cloud().db().read(
            [&](db::Tx& tx) { return keystone::issue(cloud_.cloud(), tx, claims, nullptr); });
        Answer answer;
        answer.headers.set("X-Subject-Token", issued.token);
        answer.json = Json::object({{"token", issued.facts.body(nullptr)}});
        note(answer, from, {"access " + id}, false);
    }

    std::string role_id(const char* name) {
        auto& known = role_ids_[name];
        if (known.empty())
            known = cloud_.cloud().db().read([&](db::Tx& tx) {
                std::string id;
                tx.each("SELECT id FROM keystone_roles WHERE name = ?", {std::string(name)},
                        [&](const db::Row& row) { id = row.str(0); });
                return id;
            });
        return known;
    }

    void take_away(const std::string& thing) {
        const auto space = thing.find(' ');
        const std::string kind = thing.substr(0, space), id = thing.substr(space + 1);
        int status = 0;
        if (kind == "user" && pick(2)) {
            status = cloud_.del(v3 + "/users/" + id, cloud_.admin()).status;
        } else if (kind == "user" || kind == "project") {
            status = cloud_
                         .patch(v3 + "/" + kind + "s/" + id, cloud_.admin(),
                                Json::object({{kind, Json::object({{"enabled", false}})}}))
                         .status;
        } else if (kind == "trust") {
            status = cloud_.del(v3 + "/OS-TRUST/trusts/" + id, cloud_.admin()).status;
        } else if (kind == "credential") {
            status = cloud_.del(v3 + "/users/" + id, cloud_.admin()).status;
        } else {
            write_as_cloud(cloud_.cloud(), "", [&](Context& context) {
                keystone::store::erase(
                    context, keystone::table::access_tokens(),
                    need(context.tx, keystone::table::access_tokens(), Scope::all(), id));
            });
            status = 204;
        }
        CHECK_MESSAGE(status < 300, thing << ": " << status);
    }

    Identity cloud_{
        {"keystone.throttle_account_failures=0", "keystone.throttle_source_failures=0"}};
    std::mt19937 random_;
    std::vector<std::string> users_, projects_;
    std::map<std::string, std::string> role_ids_;
    std::vector<Node> nodes_;
    int count_ = 0;
};
} // namespace

TEST_CASE("delegations drawn at random never widen, and end with any part of their chain") {
    std::size_t derived = 0;
    for (std::uint32_t seed : {1u, 2u, 3u, 4u, 5u, 6u}) {
        INFO("seed " << seed);
        Graph graph(seed);
        for (int round = 0; round < 4; ++round) {
            for (int i = 0; i < 25; ++i) graph.step();
            derived += graph.derived();
            graph.kill();
        }
    }
    CHECK(derived > 60);
    MESSAGE("derived tokens looked at: " << derived);
}

TEST_CASE("another scope never lasts longer, however often it is asked for") {
    ManualClock clock({1'800'000'000'000'000});
    Identity cloud({}, &clock);
    const std::string bob = cloud.add_user("bob");
    cloud.grant(cloud.add_project("p"), bob, "member");
    std::string token = cloud.token("bob", "pw", Identity::project_scope("p"));
    const std::string end = "2027-01-15T09:00:00.000000Z";
    for (int i = 0; i < 5; ++i) {
        clock.advance_ms(11 * 60 * 1000);
        const Answer next = cloud.post(
            v3 + "/auth/tokens", "",
            Json::object(
                {{"auth",
                  Json::object(
                      {{"identity", Json::object({{"methods", Json::array({"token"})},
                                                  {"token", Json::object({{"id", token}})}})},
                       {"scope", i % 2 ? Json("unscoped") : Identity::project_scope("p")}})}}));
        REQUIRE_MESSAGE(next.status == 201, next.text);
        CHECK(next.json.at("token").text("expires_at") == end);
        token = next.headers.get("X-Subject-Token");
    }
    clock.advance_ms(6 * 60 * 1000);
    CHECK(cloud.get(v3 + "/auth/projects", token).status == 401);
}
