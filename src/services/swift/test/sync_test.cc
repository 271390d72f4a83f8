// SPDX-License-Identifier: Apache-2.0
// Container sync between two stores, each in its own process of sorts: what is written, changed and
// deleted in one arrives in the other, and only who has both keys may send.
#include "services/swift/proxy/state.h"
#include "services/swift/proxy/sync.h"
#include "services/swift/test/store_cloud.h"

#include <doctest/doctest.h>

using namespace nephele;
using test::StoreCloud;

namespace {
std::vector<std::string> settings(const std::string& endpoint) {
    return {"swift.sync_realms=[\"home=realm-key\"]",
            "swift.sync_clusters=[\"home/other=" + endpoint + "/object-store/v1\"]"};
}
} // namespace

TEST_CASE("objects travel to the other cluster, and their end too") {
    StoreCloud there(settings("http://127.0.0.1:1"));
    StoreCloud here(settings(there.url()));
    auto token = there.token("p2", {"member"});
    CHECK(there.ask("PUT", "p2/copy", token, "", {{"X-Container-Sync-Key", "secret"}}).status ==
          201);
    here.ask("PUT", "p1/c", here.member);
    here.ask("PUT", "p1/c/before", here.member, "early");
    StoreCloud::Fields to{{"X-Container-Sync-To", "//home/other/AUTH_p2/copy"},
                          {"X-Container-Sync-Key", "secret"}};
    CHECK(here.ask("POST", "p1/c", here.member, "", to).status == 204);
    here.ask("PUT", "p1/c/an%20object", here.member, "hello", {{"X-Object-Meta-A", "1"}});
    here.node().tasks().run("swift.sync");
    CHECK(there.ask("GET", "p2/copy", token).text == "an object\nbefore\n");
    auto got = there.ask("GET", "p2/copy/an%20object", token);
    CHECK(got.text == "hello");
    CHECK(got.headers.get("X-Object-Meta-A") == "1");
    CHECK(got.headers.get("X-Timestamp") ==
          here.ask("HEAD", "p1/c/an%20object", here.member).headers.get("X-Timestamp"));
    here.ask("DELETE", "p1/c/before", here.member);
    here.node().tasks().run("swift.sync");
    CHECK(there.ask("GET", "p2/copy", token).text == "an object\n");
    // All is sent: what the other side loses now stays lost.
    there.ask("DELETE", "p2/copy/an%20object", token);
    here.node().tasks().run("swift.sync");
    CHECK(there.ask("GET", "p2/copy", token).text == "");
}

TEST_CASE("what the other cluster cannot take waits") {
    StoreCloud here(settings("http://127.0.0.1:1"));
    here.ask("PUT", "p1/c", here.member, "",
             {{"X-Container-Sync-To", "//home/other/AUTH_p2/copy"}, {"X-Container-Sync-Key", "s"}});
    here.ask("PUT", "p1/c/o", here.member, "x");
    here.node().tasks().run("swift.sync");
    auto& backend = *here.cloud().state<swift::State>().backend;
    CHECK(swift::queued_syncs(backend, 10, "").size() == 1);
    CHECK(here.ask("POST", "p1/c", here.member, "", {{"X-Container-Sync-To", "http://x/v1/a/c"}})
              .status == 400);
    CHECK(here.ask("POST", "p1/c", here.member, "", {{"X-Container-Sync-To", "//home/none/a/c"}})
              .status == 400);
}

TEST_CASE("a signature by the wrong keys, for another path or of the future is none") {
    StoreCloud cloud(settings("http://127.0.0.1:1"));
    cloud.ask("PUT", "p1/c", cloud.member, "", {{"X-Container-Sync-Key", "secret"}});
    auto put = [&](const std::string& realm_key, const std::string& key, const std::string& path,
                   const std::string& when) {
        auto sig = swift::sync_signature(realm_key, key, "PUT", path, when, "n");
        return cloud
            .ask("PUT", "p1/c/o", "", "x",
                 {{"X-Container-Sync-Auth", "home n " + sig}, {"X-Timestamp", when}})
            .status;
    };
    std::string now = std::to_string(cloud.cloud().now().seconds()) + ".00000";
    std::string path = "/v1/AUTH_p1/c/o";
    CHECK(put("bad", "secret", path, now) == 401);
    CHECK(put("realm-key", "bad", path, now) == 401);
    CHECK(put("realm-key", "secret", "/v1/AUTH_p1/c/p", now) == 401);
    CHECK(put("realm-key", "secret", path, "9000000000.00000") == 401);
    CHECK(cloud.ask("PUT", "p1/c/o", "", "x", {{"X-Container-Sync-Auth", "home n"}}).status == 401);
    CHECK(put("realm-key", "secret", path, now) == 201);
    CHECK(cloud.ask("GET", "p1/c/o", cloud.member).headers.get("X-Timestamp") == now);
}
