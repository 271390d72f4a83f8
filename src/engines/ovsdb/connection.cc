// SPDX-License-Identifier: Apache-2.0
#include "engines/ovsdb/connection.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace nephele::ovsdb {
namespace {

constexpr std::size_t message_bytes_max = 512 * 1024 * 1024;

/// Waits for a connection in progress; empty when it stands.
std::string finish_connect(int fd, int timeout_ms) {
    pollfd watched{fd, POLLOUT, 0};
    if (::poll(&watched, 1, timeout_ms) <= 0) return "connection timed out";
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error ? std::strerror(error) : "";
}

std::string connect_to(int& fd, const sockaddr* address, socklen_t size, int timeout_ms) {
    fd = ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return std::strerror(errno);
    if (::connect(fd, address, size) == 0) return "";
    std::string problem =
        errno == EINPROGRESS ? finish_connect(fd, timeout_ms) : std::strerror(errno);
    if (problem.empty()) return "";
    ::close(fd);
    fd = -1;
    return problem;
}

std::string connect_unix(int& fd, const std::string& path, int timeout_ms) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return "socket path too long: " + path;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return connect_to(fd, reinterpret_cast<sockaddr*>(&address), sizeof address, timeout_ms);
}

std::string connect_tcp(int& fd, const std::string& place, int timeout_ms) {
    auto colon = place.rfind(':');
    if (colon == std::string::npos) return "no port in tcp:" + place;
    std::string host = place.substr(0, colon), port = place.substr(colon + 1);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0)
        return std::string("cannot resolve ") + host + ": " + ::gai_strerror(error);
    std::string problem = "no address for " + host;
    for (addrinfo* it = found; it && fd < 0; it = it->ai_next)
        problem = connect_to(fd, it->ai_addr, it->ai_addrlen, timeout_ms);
    ::freeaddrinfo(found);
    int on = 1;
    if (fd >= 0) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return problem;
}

} // namespace

bool MessageSplitter::feed(std::string_view bytes,
                           const std::function<void(std::string_view)>& take) {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const char c = bytes[i];
        if (in_string_) {
            if (escaped_)
                escaped_ = false;
            else if (c == '\\')
                escaped_ = true;
            else if (c == '"')
                in_string_ = false;
        } else if (c == '{' || c == '[') {
            if (depth_ == 0 && c == '[') return false;
            ++depth_;
        } else if (c == '}' || c == ']') {
            if (--depth_ < 0) return false;
            if (depth_ > 0) continue;
            message_.append(bytes.substr(begin, i + 1 - begin));
            begin = i + 1;
            take(message_);
            message_.clear();
        } else if (depth_ == 0) {
            if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return false;
            begin = i + 1;
        } else if (c == '"') {
            in_string_ = true;
        }
    }
    message_.append(bytes.substr(begin));
    return message_.size() <= message_bytes_max;
}

std::string Connection::open(const std::string& remote, int timeout_ms) {
    close();
    if (remote.rfind("unix:", 0) == 0) return connect_unix(fd_, remote.substr(5), timeout_ms);
    if (remote.rfind("tcp:", 0) == 0) return connect_tcp(fd_, remote.substr(4), timeout_ms);
    return "neither unix: nor tcp: in \"" + remote + "\"";
}

void Connection::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

Connection::Result Connection::receive(std::string& into) {
    char buffer[64 * 1024];
    // Bounded, so that a chatty server does not keep us from sending.
    for (int rounds = 0; rounds < 64; ++rounds) {
        ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
        if (count > 0)
            into.append(buffer, static_cast<std::size_t>(count));
        else if (count < 0 && errno == EINTR)
            continue;
        else if (count < 0 && errno == EAGAIN)
            return Result::again;
        else
            return Result::closed;
    }
    return Result::again;
}

Connection::Result Connection::send(std::string& from) {
    while (!from.empty()) {
        ssize_t count = ::send(fd_, from.data(), from.size(), MSG_NOSIGNAL);
        if (count > 0)
            from.erase(0, static_cast<std::size_t>(count));
        else if (count < 0 && errno == EINTR)
            continue;
        else if (count < 0 && errno == EAGAIN)
            return Result::again;
        else
            return Result::closed;
    }
    return Result::again;
}

} // namespace nephele::ovsdb
