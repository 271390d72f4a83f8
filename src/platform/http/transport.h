// SPDX-License-Identifier: Apache-2.0
// Private to this folder. A connected socket, plain or TLS, that never blocks: every call says
// whether it moved bytes or what it waits for. Event loops wait with Asio, stream threads with
// poll.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace nephele::http {

/// Asio's socket without the type-erased executor.
using TcpSocket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using TcpAcceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                                       boost::asio::io_context::executor_type>;

enum class Io { ok, end, want_read, want_write, failed };
struct IoResult {
    Io state = Io::failed;
    std::size_t count = 0;
};

struct TlsContextDeleter {
    void operator()(SSL_CTX* context) const;
};
using TlsContext = std::unique_ptr<SSL_CTX, TlsContextDeleter>;
/// Throws std::runtime_error naming the file that does not load. With `client_ca_file` clients may
/// show a certificate, which then must verify; whether one is needed is the application's decision.
TlsContext load_tls(const std::string& certificate_file, const std::string& key_file,
                    const std::string& client_ca_file);

class Transport {
  public:
    Transport(TcpSocket socket, SSL_CTX* tls);
    ~Transport();
    Transport(const Transport&) = delete;

    IoResult handshake();
    IoResult read(char* into, std::size_t size);
    /// `more`: further bytes follow at once.
    IoResult write(std::string_view bytes, bool more = false);
    /// Both parts in one call where the transport can; counts over both.
    IoResult write(std::string_view first, std::string_view second);
    /// Plain sockets only.
    IoResult send_file(int file, std::uint64_t offset, std::uint64_t length);

    bool tls() const { return tls_ != nullptr; }
    /// Received bytes that the descriptor no longer announces.
    bool pending() const;
    std::string client_certificate_subject() const;
    std::string client_certificate_issuer() const;
    /// SHA-256 over the certificate (DER), raw bytes; empty when there is none.
    std::string client_certificate_digest() const;
    std::string peer_address() const;
    std::uint16_t local_port() const;
    int descriptor() { return socket_.native_handle(); }
    TcpSocket& socket() { return socket_; }

    /// Says goodbye (TLS close_notify, FIN) and keeps reading possible.
    void finish_sending();
    /// Makes the next close reset the connection, so that the peer cannot take what it has for all.
    void reset_on_close();
    void close();

    /// On the event loop: calls `handler(error_code)` when the wait may be over.
    template <class Handler> void async_wait(Io direction, Handler&& handler) {
        socket_.async_wait(direction == Io::want_write ? TcpSocket::wait_write
                                                       : TcpSocket::wait_read,
                           std::forward<Handler>(handler));
    }
    /// On a thread that may block; false when the time is over.
    bool wait(Io direction, int timeout_ms);

  private:
    IoResult tls_result(int outcome);

    TcpSocket socket_;
    SSL* tls_ = nullptr;
};

} // namespace nephele::http
