// SPDX-License-Identifier: Apache-2.0
// Idempotency-Key over real sockets, with handlers that open their own transactions and streamed
// bodies: one effect and one answer for storms, failures and crashes between.
#include "platform/api/key_claim.h"
#include "tests/support/test_cloud.h"

#include <atomic>
#include <condition_variable>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace nephele;
using namespace nephele::api;
using test::TestCloud;

namespace {

// Holds handlers that were asked to wait, until the test lets them go.
struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    int inside = 0;
    bool open = false;
    void pass() {
        std::unique_lock lock(mutex);
        ++inside;
        changed.notify_all();
        changed.wait(lock, [&] { return open; });
    }
    void wait_for_one() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return inside > 0; });
    }
    void let_go() {
        std::lock_guard lock(mutex);
        open = true;
        changed.notify_all();
    }
};

struct Made {
    std::shared_ptr<Gate> gate;
    std::atomic<int> runs{0};
};
Made& made_in(Cloud& cloud) { return cloud.state<Made>(); }

Reply store_coin(Call& call, const std::string& what) {
    std::string id = call.new_uuid();
    call.tx.exec("INSERT INTO test_coins (id, what) VALUES (?, ?)", {id, what});
    return {.status = 201, .body = Json::object({{"id", id}, {"secret", "open sesame"}})};
}

// Prepares, then one transaction gives the answer.
Reply mint(FreeCall& free) {
    std::string what = free.in.body.text("what");
    ++made_in(free.cloud).runs;
    if (what == "wait") made_in(free.cloud).gate->pass();
    if (what == "refuse") throw conflict("NoCoin", "refused after the claim");
    Reply reply = free.write([&](Call& call) { return store_coin(call, what); });
    if (what == "fail after") throw std::runtime_error("lost on the way out");
    return reply;
}
// No transaction at all: kept by the platform.
Reply count_up(FreeCall& free) {
    return {.status = 200, .body = Json::object({{"run", ++made_in(free.cloud).runs}})};
}
Reply swallow(FreeCall& free) {
    ++made_in(free.cloud).runs;
    char piece[4096];
    std::size_t total = 0;
    if (free.in.head.query == "wait") made_in(free.cloud).gate->pass();
    while (auto got = free.stream->read(piece, sizeof piece)) total += got;
    return free.write([&](Call& call) { return store_coin(call, std::to_string(total)); });
}
Json in_transaction(Call& call, const Json& body) {
    return store_coin(call, body.text("what")).body;
}
Json peek(Call&, const Json&) { return Json::object({{"seen", true}}); }

http::Response error(const Failure& failure, const http::RequestHead&, const std::string&) {
    return json_response(failure.status(), Json::object({{"code", failure.code()}}));
}

Service mint_service() {
    Service s;
    s.name = "mint";
    s.type = "mint";
    s.prefix = "/mint";
    s.manners.error = error;
    s.policies = {{"context_is_admin", "role:admin", "", {}, {}},
                  {"mint:write", "role:member", "", {}, {}}};
    s.resources = {Resource()
                       .on("POST /free", "mint:write", mint)
                       .on("POST /open", "", mint, {.open = true})
                       .on("POST /count", "mint:write", count_up)
                       .on("POST /plain", "mint:write", in_transaction, created)
                       .on("POST /peek", "mint:write", peek, {.read_only = true})
                       .on("PUT /stream", "mint:write", swallow,
                           {.streamed = true, .any_content_type = true})};
    s.migrations = {
        {"mint.001", {"CREATE TABLE test_coins (id TEXT PRIMARY KEY, what TEXT NOT NULL)"}}};
    s.start = [](Cloud& cloud) {
        cloud.add_state(std::make_shared<Made>()).gate = std::make_shared<Gate>();
    };
    return s;
}

struct World {
    ManualClock clock;
    TestCloud cloud{{mint_service()}, {}, false, {}, &clock};
    std::string token = cloud.token("p"), other = cloud.token("q");
    test::Answer call(const std::string& path, const std::string& what, const std::string& key,
                      const std::string& who) {
        http::Headers headers;
        headers.set("Idempotency-Key", key);
        return cloud.request("POST", "/mint" + path, who, Json::object({{"what", what}}), headers);
    }
    test::Answer call(const std::string& path, const std::string& what, const std::string& key) {
        return call(path, what, key, token);
    }
    test::Answer stream(const std::string& body, const std::string& key,
                        const std::string& query = "") {
        http::Headers headers;
        headers.set("Idempotency-Key", key);
        headers.set("Content-Type", "application/octet-stream");
        return cloud.raw("PUT", "/mint/stream" + query, token, body, headers);
    }
    Made& made() { return made_in(cloud.cloud()); }
    std::int64_t coins() {
        return cloud.cloud().db().read(
            [](db::Tx& tx) { return tx.count("SELECT count(*) FROM test_coins"); });
    }
    void exec(const std::string& sql, const db::Params& params = {}) {
        cloud.cloud().db().write([&](db::Tx& tx) { tx.exec(sql, params); });
    }
};
std::string code(const test::Answer& answer) { return answer.json.text("code"); }

// The lease name of a process of this node that is gone.
std::string dead_holder(const Cloud& cloud) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, nullptr, 0);
    return cloud.node() + "/" + std::to_string(child) + "/gone/1";
}

// Everybody repeats until there is an answer; returns the answers.
std::vector<std::string> storm(World& w, const std::string& path, int callers) {
    std::vector<std::string> answers(static_cast<std::size_t>(callers));
    std::vector<std::thread> threads;
    for (auto& answer : answers)
        threads.emplace_back([&w, &path, &answer] {
            for (int round = 0; round < 1000; ++round) {
                auto got = w.call(path, "gold", "storm");
                if (got.status == 409) continue;
                answer = std::to_string(got.status) + got.text;
                return;
            }
        });
    for (auto& thread : threads) thread.join();
    return answers;
}
} // namespace

TEST_CASE("idempotency: a handler with its own transaction has one effect and one answer") {
    World w;
    auto first = w.call("/free", "gold", "k"), again = w.call("/free", "gold", "k");
    CHECK(first.status == 201);
    CHECK(again.status == 201);
    CHECK(again.text == first.text);
    CHECK(again.headers.get("Idempotency-Replayed") == "true");
    CHECK(w.coins() == 1);
    CHECK(w.made().runs == 1);
    CHECK(code(w.call("/free", "silver", "k")) == "IdempotencyKeyReused");
    CHECK(code(w.call("/plain", "gold", "k")) == "IdempotencyKeyReused");
    CHECK(w.call("/free", "gold", "k", w.other).status == 201);
    CHECK(w.coins() == 2);
    // Also without any transaction of the handler's.
    CHECK(w.call("/count", "", "c").text == w.call("/count", "", "c").text);
    // What only reads is served again; a malformed key is refused there too.
    CHECK(w.call("/peek", "", "p").status == 200);
    CHECK(w.call("/peek", "", "p").status == 200);
    CHECK(w.call("/peek", "", "two words").status == 400);
}

TEST_CASE("idempotency: while the first call runs the second is told to come again") {
    World w;
    std::thread first([&] { CHECK(w.call("/free", "wait", "k").status == 201); });
    w.made().gate->wait_for_one();
    auto meanwhile = w.call("/free", "wait", "k");
    CHECK(meanwhile.status == 409);
    CHECK(code(meanwhile) == "IdempotencyKeyInUse");
    CHECK(meanwhile.headers.get("Retry-After") == "1");
    CHECK(code(w.call("/free", "gold", "k")) == "IdempotencyKeyReused");
    w.made().gate->let_go();
    first.join();
    CHECK(w.call("/free", "wait", "k").headers.get("Idempotency-Replayed") == "true");
    CHECK(w.made().runs == 1);
}

TEST_CASE("idempotency: a storm of calls with one key has one effect") {
    for (std::string path : {"/free", "/plain"}) {
        World w;
        auto answers = storm(w, path, 24);
        for (auto& answer : answers) CHECK(answer == answers.front());
        CHECK(answers.front().substr(0, 3) == "201");
        CHECK(w.coins() == 1);
    }
}

TEST_CASE("idempotency: a call that failed may be repeated, one that was done is not") {
    World w;
    CHECK(code(w.call("/free", "refuse", "k")) == "NoCoin");
    CHECK(code(w.call("/free", "refuse", "k")) == "NoCoin");
    CHECK(w.made().runs == 2);
    // The effect was committed, its answer was lost.
    CHECK(w.call("/free", "fail after", "f").status == 500);
    auto again = w.call("/free", "fail after", "f");
    CHECK(again.status == 201);
    CHECK(again.headers.get("Idempotency-Replayed") == "true");
    CHECK(w.coins() == 1);
}

TEST_CASE("idempotency: a crash between claim and effect leaves the key free") {
    World w;
    w.call("/free", "gold", "k");
    auto claimed_by = [&](const std::string& holder) {
        w.exec("UPDATE idempotency SET answer = NULL, holder = ?, held_until = ?",
               {holder, w.clock.now().plus_seconds(60).us});
        w.exec("DELETE FROM test_coins");
    };
    claimed_by(dead_holder(w.cloud.cloud()));
    CHECK(w.call("/free", "gold", "k").status == 201);
    CHECK(w.coins() == 1);
    // Another node's claim counts until its time.
    claimed_by("elsewhere/1/x/1");
    CHECK(w.call("/free", "gold", "k").status == 409);
    w.clock.advance_ms(61'000);
    CHECK(w.call("/free", "gold", "k").status == 201);
    CHECK(w.coins() == 1);
}

TEST_CASE("idempotency: a claim is renewed while its call runs, and given up when it was lost") {
    World w;
    int status = 0;
    std::thread first([&] { status = w.call("/free", "wait", "k").status; });
    w.made().gate->wait_for_one();
    w.clock.advance_ms(59'000);
    renew_keys().run(w.cloud.cloud());
    w.clock.advance_ms(30'000);
    auto held = w.cloud.cloud().db().read(
        [](db::Tx& tx) { return tx.count("SELECT held_until FROM idempotency"); });
    CHECK(held == w.clock.now().plus_ms(30'000).us);
    w.exec("UPDATE idempotency SET holder = 'elsewhere/1/x/1'");
    w.made().gate->let_go();
    first.join();
    CHECK(status == 409);
    CHECK(w.coins() == 0);
}

TEST_CASE("idempotency: a streamed body is read once") {
    World w;
    std::string body(3 << 20, 'x');
    auto first = w.stream(body, "k"), again = w.stream(body, "k");
    CHECK(first.status == 201);
    CHECK(again.text == first.text);
    CHECK(w.made().runs == 1);
    CHECK(w.coins() == 1);
    // Another length is another request.
    CHECK(code(w.stream(body + "y", "k")) == "IdempotencyKeyReused");
    std::thread slow([&] { CHECK(w.stream(body, "s", "?wait").status == 201); });
    w.made().gate->wait_for_one();
    CHECK(w.stream(body, "s", "?wait").status == 409);
    w.made().gate->let_go();
    slow.join();
    CHECK(w.stream(body, "s", "?wait").headers.get("Idempotency-Replayed") == "true");
}

TEST_CASE("idempotency: callers without a token do not meet in a key") {
    World w;
    CHECK(w.call("/open", "gold", "k", "").status == 201);
    CHECK(w.call("/open", "silver", "k", "").status == 201);
    CHECK(w.call("/open", "silver", "k", "").headers.get("Idempotency-Replayed") == "true");
    CHECK(w.coins() == 2);
}

TEST_CASE("idempotency: neither key, request nor answer can be read in the database") {
    World w;
    w.call("/free", "gold", "my-own-key");
    w.call("/plain", "gold", "my-own-other-key");
    std::string all;
    w.cloud.cloud().db().read([&](db::Tx& tx) {
        tx.each("SELECT owner, key, fingerprint, answer FROM idempotency", db::Params{},
                [&](const db::Row& row) {
                    for (int i = 0; i < 4; ++i) all += row.str(i);
                });
    });
    CHECK(all.size() > 200);
    for (auto word : {"my-own", "sesame", "gold"}) CHECK(all.find(word) == std::string::npos);
    // Kept for a day.
    w.clock.advance_ms(86'500'000);
    forget_answers().run(w.cloud.cloud());
    CHECK(w.cloud.cloud().db().read(
              [](db::Tx& tx) { return tx.count("SELECT count(*) FROM idempotency"); }) == 0);
}
