// SPDX-License-Identifier: Apache-2.0
// The console's bytes through the pump: a WebSocket made of a socket pair on one side, a unix
// socket that listens like QEMU's on the other.
#include "services/nova/compute/console_pump.h"

#include "platform/fault/fault.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

using namespace nephele;
using namespace nephele::nova::compute;

namespace {

/// Each read of the pair is a message.
class PairSocket : public http::WebSocket {
  public:
    PairSocket() { REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends_) == 0); }
    ~PairSocket() override {
        close();
        ::close(ends_[1]);
    }
    std::optional<Message> receive(int) override {
        char data[1024];
        const ssize_t count = ::recv(ends_[0], data, sizeof data, 0);
        if (count <= 0) return std::nullopt;
        return Message{true, std::string(data, static_cast<std::size_t>(count))};
    }
    void send(std::string_view data, bool text) override {
        CHECK(text == expect_text);
        REQUIRE(::send(ends_[0], data.data(), data.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(data.size()));
    }
    void close() override { ::shutdown(ends_[0], SHUT_RDWR); }
    int descriptor() const override { return ends_[0]; }

    // What the browser does.
    void type(const std::string& data) {
        REQUIRE(::send(ends_[1], data.data(), data.size(), 0) == static_cast<ssize_t>(data.size()));
    }
    std::string sees() {
        char data[1024];
        const ssize_t count = ::recv(ends_[1], data, sizeof data, 0);
        return count > 0 ? std::string(data, static_cast<std::size_t>(count)) : "";
    }
    void leave() { ::shutdown(ends_[1], SHUT_RDWR); }
    bool expect_text = false;

  private:
    int ends_[2];
};

struct World {
    World() {
        listening = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(listening, 1) == 0);
    }
    ~World() {
        if (pump.joinable()) pump.join();
        ::close(guest);
        ::close(listening);
    }
    void start(bool text) {
        browser.expect_text = text;
        auto console = connect_console(path);
        guest = ::accept(listening, nullptr, nullptr);
        REQUIRE(guest >= 0);
        pump = std::thread([this, console, text] { pump_console(browser, console, text); });
    }
    void guest_says(const std::string& bytes) {
        REQUIRE(::send(guest, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    }
    std::string guest_hears() {
        char data[1024];
        const ssize_t count = ::recv(guest, data, sizeof data, 0);
        return count > 0 ? std::string(data, static_cast<std::size_t>(count)) : "";
    }

    test::TempDir dir{"console"};
    const std::string path = dir.file("sock");
    PairSocket browser;
    int listening = -1, guest = -1;
    std::thread pump;
};

} // namespace

TEST_CASE_FIXTURE(World, "bytes go both ways until the browser leaves") {
    start(false);
    guest_says("login: \xff");
    CHECK(browser.sees() == "login: \xff");
    browser.type("cirros\r");
    CHECK(guest_hears() == "cirros\r");
    browser.leave();
    CHECK(guest_hears() == ""); // The pump hung up.
}

TEST_CASE_FIXTURE(World, "as text, characters stay whole and bad bytes are replaced") {
    start(true);
    guest_says("a\xc3");
    CHECK(browser.sees() == "a");
    guest_says("\xbc\xff!");
    CHECK(browser.sees() == "\xc3\xbc\xef\xbf\xbd!");
    ::shutdown(guest, SHUT_RDWR);
    CHECK(browser.sees() == ""); // The guest stopped.
}

TEST_CASE("a console that is not there is a failure that may pass") {
    try {
        connect_console("/nonexistent/console.sock");
        FAIL("connected");
    } catch (const EngineFailure& e) {
        CHECK(e.kind == EngineFailure::Kind::transient);
    }
    CHECK_THROWS_AS(connect_console(std::string(200, 'x')), EngineFailure);
}
