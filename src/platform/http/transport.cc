// SPDX-License-Identifier: Apache-2.0
// Non-blocking socket calls, plain and through OpenSSL on the same descriptor.
#include "platform/http/transport.h"

#include "base/time.h"

#include <cerrno>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace nephele::http {
namespace {

IoResult socket_result(ssize_t outcome, Io blocked) {
    if (outcome > 0) return {Io::ok, static_cast<std::size_t>(outcome)};
    if (outcome == 0) return {Io::end, 0};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {blocked, 0};
    return {Io::failed, 0};
}

std::runtime_error tls_error(const std::string& what) {
    char reason[256] = "unknown reason";
    if (auto code = ERR_get_error()) ERR_error_string_n(code, reason, sizeof reason);
    ERR_clear_error();
    return std::runtime_error(what + ": " + reason);
}

using Certificate = std::unique_ptr<X509, void (*)(X509*)>;

// Null when the peer showed none, or one that no authority of ours signed.
Certificate verified_certificate(SSL* tls) {
    Certificate none(nullptr, X509_free);
    if (!tls || SSL_get_verify_result(tls) != X509_V_OK) return none;
    return {SSL_get1_peer_certificate(tls), X509_free};
}

} // namespace

void TlsContextDeleter::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

TlsContext load_tls(const std::string& certificate_file, const std::string& key_file,
                    const std::string& client_ca_file) {
    TlsContext context(SSL_CTX_new(TLS_server_method()));
    if (!context) throw tls_error("TLS context");
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                           SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1)
        throw tls_error("TLS certificate " + certificate_file);
    if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1)
        throw tls_error("TLS key " + key_file);
    static const unsigned char session_context[] = "nephele";
    SSL_CTX_set_session_id_context(context.get(), session_context, sizeof session_context - 1);
    if (!client_ca_file.empty()) {
        if (SSL_CTX_load_verify_locations(context.get(), client_ca_file.c_str(), nullptr) != 1)
            throw tls_error("TLS client CA " + client_ca_file);
        SSL_CTX_set_client_CA_list(context.get(), SSL_load_client_CA_file(client_ca_file.c_str()));
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    }
    return context;
}

Transport::Transport(TcpSocket socket, SSL_CTX* tls) : socket_(std::move(socket)) {
    boost::system::error_code ignored; // A peer may be gone already; the first read will tell.
    socket_.native_non_blocking(true, ignored);
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    if (!tls) return;
    tls_ = SSL_new(tls);
    if (!tls_ || SSL_set_fd(tls_, socket_.native_handle()) != 1) throw tls_error("TLS session");
    SSL_set_accept_state(tls_);
}

Transport::~Transport() { SSL_free(tls_); }

IoResult Transport::tls_result(int outcome) {
    if (outcome > 0) return {Io::ok, static_cast<std::size_t>(outcome)};
    switch (SSL_get_error(tls_, outcome)) {
    case SSL_ERROR_WANT_READ:
        return {Io::want_read, 0};
    case SSL_ERROR_WANT_WRITE:
        return {Io::want_write, 0};
    case SSL_ERROR_ZERO_RETURN:
        return {Io::end, 0};
    default:
        return {Io::failed, 0};
    }
}

IoResult Transport::handshake() {
    if (!tls_) return {Io::ok, 0};
    ERR_clear_error();
    return tls_result(SSL_do_handshake(tls_));
}

IoResult Transport::read(char* into, std::size_t size) {
    if (!tls_) return socket_result(::recv(descriptor(), into, size, 0), Io::want_read);
    ERR_clear_error();
    return tls_result(SSL_read(tls_, into, static_cast<int>(std::min<std::size_t>(size, 1 << 30))));
}

IoResult Transport::write(std::string_view bytes, bool more) {
    if (bytes.empty()) return {Io::ok, 0};
    if (!tls_)
        return socket_result(
            ::send(descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL | (more ? MSG_MORE : 0)),
            Io::want_write);
    ERR_clear_error();
    auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 30));
    return tls_result(SSL_write(tls_, bytes.data(), size));
}

IoResult Transport::write(std::string_view first, std::string_view second) {
    if (second.empty()) return write(first);
    if (first.empty()) return write(second);
    if (tls_) return write(first);
    iovec parts[2] = {{const_cast<char*>(first.data()), first.size()},
                      {const_cast<char*>(second.data()), second.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    return socket_result(::sendmsg(descriptor(), &message, MSG_NOSIGNAL), Io::want_write);
}

IoResult Transport::send_file(int file, std::uint64_t offset, std::uint64_t length) {
    auto position = static_cast<off_t>(offset);
    auto size = static_cast<std::size_t>(std::min<std::uint64_t>(length, 1 << 30));
    return socket_result(::sendfile(descriptor(), file, &position, size), Io::want_write);
}

bool Transport::pending() const { return tls_ && SSL_has_pending(tls_) == 1; }

std::string Transport::client_certificate_digest() const {
    const auto certificate = verified_certificate(tls_);
    if (!certificate) return "";
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    if (X509_digest(certificate.get(), EVP_sha256(),
                    reinterpret_cast<unsigned char*>(digest.data()), &size) != 1)
        return "";
    digest.resize(size);
    return digest;
}

namespace {
std::string text_of(const X509_NAME* name) {
    std::unique_ptr<BIO, int (*)(BIO*)> text(BIO_new(BIO_s_mem()), BIO_free);
    X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253);
    char* data = nullptr;
    auto size = BIO_get_mem_data(text.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}
} // namespace

std::string Transport::client_certificate_subject() const {
    const auto certificate = verified_certificate(tls_);
    return certificate ? text_of(X509_get_subject_name(certificate.get())) : "";
}

std::string Transport::client_certificate_issuer() const {
    const auto certificate = verified_certificate(tls_);
    return certificate ? text_of(X509_get_issuer_name(certificate.get())) : "";
}

std::string Transport::peer_address() const {
    boost::system::error_code error;
    auto endpoint = socket_.remote_endpoint(error);
    if (error) return "";
    auto address = endpoint.address();
    // A dual-stack listener sees IPv4 clients as mapped addresses.
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6())
            .to_string();
    return address.to_string();
}

std::uint16_t Transport::local_port() const {
    boost::system::error_code error;
    auto endpoint = socket_.local_endpoint(error);
    return error ? 0 : endpoint.port();
}

void Transport::finish_sending() {
    if (tls_) {
        ERR_clear_error();
        SSL_shutdown(tls_);
        ERR_clear_error();
    }
    ::shutdown(descriptor(), SHUT_WR);
}

void Transport::reset_on_close() {
    boost::system::error_code ignored; // Only makes the loss visible sooner.
    socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
}

void Transport::close() {
    boost::system::error_code ignored; // The descriptor is gone in any case.
    socket_.close(ignored);
}

bool Transport::wait(Io direction, int timeout_ms) {
    const auto& clock = system_clock();
    auto end = clock.monotonic_ns() / 1'000'000 + timeout_ms;
    for (;;) {
        auto left = end - clock.monotonic_ns() / 1'000'000;
        pollfd entry{descriptor(),
                     static_cast<short>(direction == Io::want_write ? POLLOUT : POLLIN), 0};
        int ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
        if (ready > 0) return true;
        if (ready == 0 || errno != EINTR) return false;
    }
}

} // namespace nephele::http
