// SPDX-License-Identifier: Apache-2.0
// Who may do what: roles by operations by own and foreign account, access lists, TempAuth.
#include "services/swift/test/store_cloud.h"

#include <doctest/doctest.h>

using namespace nephele;
using test::StoreCloud;

namespace {

struct Operation {
    std::string method, path;
};
const std::vector<Operation> operations{
    {"HEAD", ""},    {"GET", ""},     {"POST", ""},     {"HEAD", "/c"},     {"GET", "/c"},
    {"PUT", "/c"},   {"POST", "/c"},  {"PUT", "/new"},  {"DELETE", "/new"}, {"HEAD", "/c/o"},
    {"GET", "/c/o"}, {"PUT", "/c/p"}, {"POST", "/c/o"}, {"DELETE", "/c/p"},
};

// One letter an operation: y allowed, - 403, u 401, else the status.
std::string row(StoreCloud& cloud, const std::string& account, const std::string& token) {
    std::string out;
    for (auto& each : operations) {
        int status = cloud.ask(each.method, account + each.path, token, "").status;
        out += status < 300    ? 'y'
               : status == 403 ? '-'
               : status == 401 ? 'u'
               : status == 404 ? '4'
                               : '?';
    }
    return out;
}

} // namespace

TEST_CASE("the authorization matrix: roles by operations by account") {
    StoreCloud cloud;
    auto owner = cloud.token("own", {"member"});
    cloud.ask("PUT", "own/c", owner);
    cloud.ask("PUT", "own/c/o", owner, "x");
    const std::string all = "yyyyyyyyyyyyyy", none = "--------------", unknown = "uuuuuuuuuuuuuu";
    CHECK(row(cloud, "own", owner) == all);
    CHECK(row(cloud, "own", cloud.token("own", {"admin"})) == all);
    CHECK(row(cloud, "own", cloud.token("own", {"swiftoperator"})) == all);
    CHECK(row(cloud, "own", cloud.token("other", {"ResellerAdmin"})) == all);
    CHECK(row(cloud, "own", cloud.token("own", {"reader"})) == none);
    CHECK(row(cloud, "own", cloud.token("own", {})) == none);
    CHECK(row(cloud, "own", cloud.token("other", {"member"})) == none);
    CHECK(row(cloud, "own", cloud.token("other", {"admin"})) == none);
    CHECK(row(cloud, "own", "") == unknown);
    CHECK(row(cloud, "own", "no-such-token") == unknown);
    // A foreign account that is not there tells nothing.
    CHECK(row(cloud, "nobody", cloud.token("other", {"admin"})) == none);
    CHECK(row(cloud, "nobody", "") == unknown);
    auto refused = cloud.ask("GET", "own", "");
    CHECK(refused.headers.get("WWW-Authenticate") == "Swift realm=\"AUTH_own\"");
}

TEST_CASE("readers where the operator lets them") {
    StoreCloud cloud(
        {"swift.project_reader_roles=[\"reader\"]", "swift.system_reader_roles=[\"auditor\"]"});
    auto owner = cloud.token("own", {"member"});
    cloud.ask("PUT", "own/c", owner);
    cloud.ask("PUT", "own/c/o", owner, "x");
    CHECK(row(cloud, "own", cloud.token("own", {"reader"})) == "yy-yy----yy---");
    CHECK(row(cloud, "own", cloud.token("other", {"auditor"})) == "yy-yy----yy---");
    CHECK(row(cloud, "own", cloud.token("other", {"reader"})) == "--------------");
}

TEST_CASE("access lists let others in, and only where they say") {
    StoreCloud cloud;
    auto owner = cloud.token("own", {"member"});
    auto bob = cloud.token("other", {"member"}, "bob");
    cloud.ask("PUT", "own/c", owner);
    cloud.ask("PUT", "own/c/o", owner, "x");
    auto lists = [&](const std::string& read, const std::string& write) {
        CHECK(cloud
                  .ask("POST", "own/c", owner, "",
                       {{"X-Container-Read", read}, {"X-Container-Write", write}})
                  .status == 204);
    };
    lists("other:bob", "");
    CHECK(row(cloud, "own", bob) == "---yy----yy---");
    lists("", "other:*");
    CHECK(row(cloud, "own", bob) == "-----------yyy");
    lists(".r:*", "");
    CHECK(row(cloud, "own", "") == "uuuuuuuuuyyuuu");
    lists(".r:*,.rlistings", "");
    CHECK(row(cloud, "own", "") == "uuuyyuuuuyyuuu");
    lists(".r:.example.com", "");
    CHECK(cloud.ask("GET", "own/c/o", "").status == 401);
    CHECK(cloud.ask("GET", "own/c/o", "", "", {{"Referer", "http://a.example.com/x"}}).status ==
          200);
    // Who is let in sees neither lists nor keys.
    lists("other:bob", "other:bob");
    cloud.ask("POST", "own/c", owner, "", {{"X-Container-Meta-Temp-URL-Key", "k"}});
    auto seen = cloud.ask("HEAD", "own/c", bob).headers;
    CHECK_FALSE(seen.find("X-Container-Read"));
    CHECK_FALSE(seen.find("X-Container-Meta-Temp-Url-Key"));
    CHECK(cloud.ask("HEAD", "own/c", owner).headers.get("X-Container-Read") == "other:bob");
}

TEST_CASE("TempAuth: logins, groups, lists of accounts") {
    StoreCloud cloud({"swift.auth=\"tempauth\"",
                      "swift.tempauth_users=[\"test:tester=testing .admin\", "
                      "\"test:plain=secret\", \"root:root=rootpw .reseller_admin\"]"});
    auto login = [&](const std::string& user, const std::string& key) {
        return cloud.at("GET", "/auth/v1.0", "", "", {{"X-Auth-User", user}, {"X-Auth-Key", key}});
    };
    auto admin = login("test:tester", "testing");
    CHECK(admin.status == 200);
    CHECK(admin.headers.get("X-Storage-Url") == cloud.url() + "/object-store/v1/AUTH_test");
    CHECK(login("test:tester", "wrong").status == 401);
    CHECK(login("nobody:x", "x").status == 401);
    std::string token = admin.headers.get("X-Auth-Token");
    CHECK(login("test:tester", "testing").headers.get("X-Auth-Token") == token);
    std::string plain = login("test:plain", "secret").headers.get("X-Auth-Token");
    std::string root = login("root:root", "rootpw").headers.get("X-Auth-Token");
    CHECK(cloud.ask("PUT", "test/c", token).status == 201);
    CHECK(cloud.ask("PUT", "test/c", plain).status == 403);
    CHECK(cloud.ask("GET", "test", root).status == 200);
    CHECK(cloud.ask("GET", "root", token).status == 403);
    CHECK(cloud
              .ask("POST", "test", token, "",
                   {{"X-Account-Access-Control", "{\"read-only\": [\"test:plain\"]}"}})
              .status == 204);
    CHECK(cloud.ask("GET", "test", plain).status == 200);
    CHECK(cloud.ask("PUT", "test/c/o", plain, "x").status == 403);
    CHECK(cloud.ask("POST", "test", token, "", {{"X-Account-Access-Control", "[]"}}).status == 400);
}
