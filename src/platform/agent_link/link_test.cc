// SPDX-License-Identifier: Apache-2.0
// A remote agent and the control plane's door over real TLS: the same agent as in process, with the
// connection cut, the control plane away, and members thrown out.
#include "platform/agent_link/authority_files.h"
#include "platform/agent_link/door.h"
#include "platform/agent_link/fetch.h"
#include "platform/agent_link/file_page.h"
#include "platform/agent_link/remote_link.h"

#include "base/files.h"
#include "base/strings.h"
#include "platform/journal/journal.h"
#include "tests/support/temp_dir.h"

#include <condition_variable>
#include <doctest/doctest.h>
#include <mutex>
#include <set>

using namespace nephele;
using namespace nephele::agent;

namespace {
constexpr auto patience = std::chrono::seconds(20);

/// Things that are there or not.
class Disks : public Maker {
  public:
    Observed ensure(const Desired& desired, const std::function<void(const Observed&)>&) override {
        std::lock_guard lock(mutex_);
        if (desired.absent)
            disks_.erase(desired.id);
        else
            disks_.insert(desired.id);
        Observed out;
        out.phase = desired.absent ? Phase::absent : Phase::ready;
        out.status = Json::object({{"path", "/dev/" + desired.id}});
        return out;
    }
    std::vector<std::string> present() override {
        std::lock_guard lock(mutex_);
        return {disks_.begin(), disks_.end()};
    }
    void remove_stray(const std::string& id) override {
        std::lock_guard lock(mutex_);
        disks_.erase(id);
    }

  private:
    std::mutex mutex_;
    std::set<std::string> disks_;
};

struct World {
    World() : cloud(Config(), db::Database::open({}), system_clock(), ids) {
        cloud.db().migrate(journal::migrations());
        cloud.db().migrate(migrations());
        cloud.db().migrate(link_migrations());
        hint = cloud.db().listen(journal::channel, [this] {
            std::lock_guard lock(mutex);
            changed.notify_all();
        });
        open_door();
    }
    ~World() {
        if (agent) agent->stop();
        close_door();
    }

    template <class F> auto write(F body) { return write_as_cloud(cloud, "req-1", body); }
    void open_door() {
        auto authority = authority_in(dir.file("authority"), cloud.now());
        auto files = write_node_certificate(authority, dir.file("authority"), "c1", {"127.0.0.1"},
                                            cloud.now());
        door = std::make_unique<Door>(
            cloud, authority,
            std::vector<DoorPage>{{"/v1/echo",
                                   [](Cloud&, const http::RequestHead&, const std::string& host,
                                      const std::string& name) {
                                       http::Response response;
                                       response.body = host + " asked for " + name;
                                       return response;
                                   }},
                                  {"/v1/file", [](Cloud&, const http::RequestHead& head,
                                                  const std::string&, const std::string& name) {
                                       return file_answer(head, "/tmp/nephele-link-" + name);
                                   }}});
        http::ServerOptions options;
        options.ports = {port};
        options.tls_certificate_file = files.certificate_file;
        options.tls_key_file = files.key_file;
        options.tls_client_ca_file = files.authority_file;
        server = std::make_unique<http::Server>(options, *door);
        port = server->ports().front();
    }
    void close_door() {
        if (door) door->stop();
        server.reset();
        door.reset();
    }
    std::string url() const { return "https://127.0.0.1:" + std::to_string(port); }

    std::string token(const std::string& host = "") {
        return write(
            [&](Context& c) { return join_text(make_join_token(c, host, 60), door->authority()); });
    }
    Identity join(const std::string& host) {
        return join_cloud({url()}, token(), host, dir.file(host));
    }
    void start_agent(const Identity& identity) {
        link = remote_link(identity, system_clock());
        agent = std::make_unique<Agent>(
            AgentOptions{identity.host, dir.file("desired"), 2, 50, 60'000}, *link,
            std::map<std::string, std::shared_ptr<Maker>>{{"disk", disks}}, system_clock(), [] {
                return Json::object({{"cpus", 4}});
            });
        agent->start();
    }
    void stop_agent() {
        agent->stop();
        agent.reset();
        link.reset();
    }

    std::int64_t desire(const std::string& id) {
        return write([&](Context& c) {
            return agent::desire(c, "h1", "disk", id, Json::object({{"size", 1}}));
        });
    }
    /// Waits for the journal to say so.
    template <class F> bool eventually(F&& is_so) {
        std::unique_lock lock(mutex);
        auto until = std::chrono::steady_clock::now() + patience;
        for (;;) {
            lock.unlock();
            if (is_so()) return true;
            lock.lock();
            if (changed.wait_until(lock, until) == std::cv_status::timeout) return is_so();
        }
    }
    bool reached(const std::string& id, std::int64_t generation) {
        return cloud.db().read(
            [&](db::Tx& tx) { return agent::reached(tx, "h1", "disk", id, generation); });
    }
    bool connected() {
        auto all = cloud.db().read([](db::Tx& tx) { return hosts(tx); });
        return !all.empty() && all.front().connected;
    }

    test::TempDir dir{"link"};
    SeededIds ids{3};
    Cloud cloud;
    std::uint16_t port = 0;
    std::unique_ptr<Door> door;
    std::unique_ptr<http::Server> server;
    std::unique_ptr<Link> link;
    std::unique_ptr<Agent> agent;
    std::shared_ptr<Disks> disks = std::make_shared<Disks>();
    std::mutex mutex;
    std::condition_variable changed;
    std::shared_ptr<void> hint;
};

std::string message_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("a host joins and makes what is desired of it, without being asked") {
    World w;
    auto identity = w.join("h1");
    CHECK(load_identity(identity.directory).host == "h1");
    CHECK(load_identity(identity.directory).urls == identity.urls);
    auto first = w.desire("a");
    w.start_agent(identity);
    CHECK(w.eventually([&] { return w.reached("a", first); }));
    CHECK(w.eventually([&] { return w.connected(); }));
    auto second = w.desire("b"); // Pushed: no poll of the agent is due for ten seconds.
    CHECK(w.eventually([&] { return w.reached("b", second); }));
    auto gone = w.write([](Context& c) { return desire_absent(c, "h1", "disk", "a"); });
    CHECK(w.eventually([&] { return w.reached("a", gone); }));
    CHECK(w.disks->present() == std::vector<std::string>{"b"});
    w.stop_agent();
    CHECK(w.eventually([&] { return !w.connected(); }));
}

TEST_CASE("with the control plane away the agent lives on, and hears of the changes afterwards") {
    World w;
    auto identity = w.join("h1");
    auto first = w.desire("a");
    w.start_agent(identity);
    REQUIRE(w.eventually([&] { return w.reached("a", first); }));
    w.close_door();
    // A new start of the agent, from the copy on its disk alone.
    w.stop_agent();
    w.disks->remove_stray("a");
    w.start_agent(identity);
    auto until = std::chrono::steady_clock::now() + patience;
    while (w.disks->present().empty() && std::chrono::steady_clock::now() < until)
        std::this_thread::yield();
    CHECK(w.disks->present() == std::vector<std::string>{"a"});
    auto second = w.desire("b");
    w.open_door();
    CHECK(w.eventually([&] { return w.reached("b", second); }));
}

TEST_CASE("only members come in") {
    World w;
    auto identity = w.join("h1");
    CHECK(message_of([&] {
              join_cloud({w.url()}, "nonsense", "h2", w.dir.file("h2"));
          }).find("Copy all of it") != std::string::npos);
    CHECK(message_of([&] { w.join("h1"); }).find("nephele agent token host=h1") !=
          std::string::npos);
    CHECK_FALSE(message_of([&] { load_identity(w.dir.file("nobody")); }).empty());
    // Another cloud's door is not believed, whatever it says.
    World other;
    auto strange = identity;
    strange.urls = {other.url()};
    auto link = remote_link(strange, system_clock());
    CHECK(message_of([&] { link->pull("h1", 0, 0); }).find("cannot connect") != std::string::npos);
    // Who was removed is told so at the door.
    w.start_agent(identity);
    CHECK(w.eventually([&] { return w.connected(); }));
    w.stop_agent();
    w.write([](Context& c) { return remove_member(c, "h1"); });
    link = remote_link(identity, system_clock());
    CHECK(message_of([&] { link->pull("h1", 0, 0); }).find("nephele agent join") !=
          std::string::npos);
}

TEST_CASE("what the door serves is for members, and bad requests change nothing") {
    World w;
    auto identity = w.join("h1");
    http::ClientRequest request;
    request.ca_file = identity.authority_file();
    request.url = w.url() + "/v1/echo/image-1";
    CHECK(http::fetch(request).status == 403);
    request.certificate_file = request.key_file = identity.key_file();
    CHECK(http::fetch(request).body == "h1 asked for image-1");
    request.url = w.url() + "/v1/nothing";
    CHECK(http::fetch(request).status == 404);
    request.url = w.url() + "/v1/join";
    CHECK(http::fetch(request).status == 404);
    request.method = "POST";
    for (const char* body : {"", "[]", "{}", R"({"token": 1})", "\xff"}) {
        request.body = body;
        CHECK(http::fetch(request).status == 400);
    }
    request.body = std::string(20'000, 'x');
    CHECK(http::fetch(request).status == 413);
    request.method = "DELETE";
    request.body = "";
    CHECK(http::fetch(request).status == 405);
    CHECK(w.cloud.db().read([](db::Tx& tx) { return members(tx).size(); }) == 1);
}

TEST_CASE("a certificate is renewed before it is over") {
    World w;
    auto identity = w.join("h1");
    const auto before = files::read(identity.key_file());
    ManualClock late(system_clock().now().plus_seconds(25 * 86'400));
    auto link = remote_link(identity, late);
    (void)link->pull("h1", 0, 0);
    const auto after = files::read(identity.key_file());
    CHECK(before != after);
    (void)link->pull("h1", 0, 0); // With the new one.
    // It was used: the old one is worth nothing now.
    files::replace_durably(identity.key_file(), *before);
    auto stolen = remote_link(identity, system_clock());
    CHECK_FALSE(message_of([&] { stolen->pull("h1", 0, 0); }).empty());
}

TEST_CASE("a file is fetched, and an interrupted fetch goes on where it was") {
    World w;
    auto identity = w.join("h1");
    const std::string name = std::to_string(::getpid()), source = "/tmp/nephele-link-" + name;
    std::string bytes(3'000'000, 'a');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 >> 3);
    files::replace(source, bytes);
    const std::string to = w.dir.file("image");
    fetch_file(identity, "/v1/file/" + name, to);
    CHECK(files::read(to, 1 << 24) == bytes);
    files::replace(to, std::string_view(bytes).substr(0, 1'234'567));
    fetch_file(identity, "/v1/file/" + name, to);
    CHECK(files::read(to, 1 << 24) == bytes);
    fetch_file(identity, "/v1/file/" + name, to); // Nothing is missing.
    CHECK(files::read(to, 1 << 24) == bytes);
    // Longer than what is there: something else was here. It is begun anew.
    files::replace(to, bytes + "more");
    CHECK_THROWS_AS(fetch_file(identity, "/v1/file/" + name, to), EngineFailure);
    fetch_file(identity, "/v1/file/" + name, to);
    CHECK(files::read(to, 1 << 24) == bytes);
    ::unlink(source.c_str());
    CHECK_THROWS_WITH_AS(fetch_file(identity, "/v1/file/" + name, w.dir.file("other")),
                         doctest::Contains("does not have it"), EngineFailure);
}
