// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/console_pump.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace nephele::nova::compute {
namespace {

constexpr int message_wait_ms = 1'000;
constexpr std::size_t piece_bytes = 16 * 1024;

ConsoleConnection connected(int family, const sockaddr* address, socklen_t size,
                            const std::string& name) {
    const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ConsoleConnection held(new int(fd), [](int* descriptor) {
        if (*descriptor >= 0) ::close(*descriptor);
        delete descriptor;
    });
    if (fd < 0 || ::connect(fd, address, size) != 0)
        throw EngineFailure(EngineFailure::Kind::transient,
                            format("console: cannot reach {}: {}", name, std::strerror(errno)));
    return held;
}

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

/// How many bytes at the end of `bytes` begin a character that is not complete.
std::size_t incomplete_tail(std::string_view bytes) {
    for (std::size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
        const auto c = static_cast<unsigned char>(bytes[bytes.size() - back]);
        if ((c & 0xC0) == 0x80) continue;
        const std::size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
        return length > back ? back : 0;
    }
    return 0;
}

std::string repaired(std::string_view bytes) {
    if (is_utf8(bytes)) return std::string(bytes);
    std::string out;
    for (std::size_t at = 0; at < bytes.size();) {
        std::size_t length = 1;
        while (length <= 4 && at + length <= bytes.size() && !is_utf8(bytes.substr(at, length)))
            ++length;
        const bool whole = length <= 4 && at + length <= bytes.size();
        out += whole ? std::string(bytes.substr(at, length)) : "\xEF\xBF\xBD";
        at += whole ? length : 1;
    }
    return out;
}

} // namespace

ConsoleConnection connect_console(const std::string& socket_path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_path.size() >= sizeof address.sun_path)
        throw EngineFailure(EngineFailure::Kind::permanent,
                            "console: path too long for a socket: " + socket_path);
    std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size() + 1);
    return connected(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof address, socket_path);
}

void pump_console(http::WebSocket& browser, const ConsoleConnection& console, bool text) {
    std::string pending; // Text only: the begin of a character.
    char piece[piece_bytes];
    for (;;) {
        pollfd both[] = {{browser.descriptor(), POLLIN, 0}, {*console, POLLIN, 0}};
        if (::poll(both, 2, -1) < 0 && errno != EINTR) break;
        if (both[0].revents) {
            auto message = browser.receive(message_wait_ms);
            if (!message || !send_all(*console, message->data)) break;
        }
        if (!both[1].revents) continue;
        const ssize_t count = ::recv(*console, piece, sizeof piece, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        pending.append(piece, static_cast<std::size_t>(count));
        const std::size_t kept = text ? incomplete_tail(pending) : 0;
        const std::string_view whole(pending.data(), pending.size() - kept);
        if (!whole.empty()) browser.send(text ? repaired(whole) : std::string(whole), text);
        pending.erase(0, pending.size() - kept);
    }
    browser.close();
}

} // namespace nephele::nova::compute
