// SPDX-License-Identifier: Apache-2.0
// Beast's basic_parser behind RequestParser, and the scan for the end of a head.
#include "platform/http/request_parser.h"

#include "base/strings.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <cstring>

namespace nephele::http {
namespace beast_http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

namespace {

// More fields than any client sends; keeps a hostile head from costing more than its bytes.
constexpr std::size_t max_fields = 256;
// Longest chunk header or trailer section we keep while waiting for its end.
constexpr std::size_t max_chunk_overhead = 16 * 1024;

std::string text(string_view view) { return std::string(view.data(), view.size()); }
std::string_view plain(string_view view) { return {view.data(), view.size()}; }

// The origin form of "http://host/path" is its path; RFC 9112 3.2.2 obliges servers to accept it.
std::string_view origin_form(std::string_view target) {
    for (std::string_view scheme : {"http://", "https://"}) {
        if (!starts_with_icase(target, scheme)) continue;
        auto slash = target.find_first_of("/?", scheme.size());
        return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
    }
    return target;
}

} // namespace

HeadScanner::State HeadScanner::scan(std::string_view bytes) {
    // A method starts with a letter: a TLS hello on a plain port is told at once.
    while (position_ < bytes.size()) {
        if (lines_ == 0) {
            auto first = static_cast<unsigned char>(bytes[line_start_]);
            if (first != '\r' && (first <= ' ' || first >= 127)) return State::malformed;
        }
        auto newline = bytes.find('\n', position_);
        if (newline == std::string_view::npos) {
            position_ = bytes.size();
            return State::incomplete;
        }
        if (newline == line_start_ || bytes[newline - 1] != '\r') return State::malformed;
        bool empty = newline == line_start_ + 1;
        position_ = line_start_ = newline + 1;
        if (empty && lines_ > 0) return State::complete;
        if (empty)
            begin_ = position_; // Tolerated before the request line (RFC 9112 2.2).
        else
            ++lines_;
    }
    return State::incomplete;
}

struct RequestParser::Impl final : beast_http::basic_parser<true> {
    RequestHead* head = nullptr;
    bool in_head = true;
    std::size_t hosts = 0, lengths = 0, encodings = 0;
    bool chunked_encoding = false, plain_length = true, expects_continue = false;
    int http_version = 11;
    char* into = nullptr;
    std::size_t room = 0, produced = 0;

    void on_request_impl(beast_http::verb, string_view method, string_view target, int version,
                         error_code&) override {
        head->method = text(method);
        head->target = text(target);
        http_version = version;
        auto origin = origin_form(head->target);
        auto question = origin.find('?');
        head->path = origin.substr(0, question);
        if (head->path.empty()) head->path = "/";
        if (question != std::string_view::npos) head->query = origin.substr(question + 1);
    }
    void on_response_impl(int, string_view, int, error_code&) override {}
    void on_field_impl(beast_http::field field, string_view name, string_view value,
                       error_code& error) override {
        if (!in_head) return; // Trailers carry nothing we act on.
        if (head->headers.all().size() >= max_fields) {
            error = beast_http::error::header_limit;
            return;
        }
        if (field == beast_http::field::host) ++hosts;
        if (field == beast_http::field::content_length) {
            ++lengths;
            plain_length = std::all_of(value.begin(), value.end(),
                                       [](char c) { return c >= '0' && c <= '9'; });
        }
        if (field == beast_http::field::transfer_encoding) {
            ++encodings;
            chunked_encoding = iequals(plain(value), "chunked");
        }
        if (field == beast_http::field::expect)
            expects_continue = iequals(plain(value), "100-continue");
        head->headers.add(plain(name), text(value));
    }
    void on_header_impl(error_code&) override { in_head = false; }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(string_view, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
        auto count = std::min(room - produced, body.size());
        std::memcpy(into + produced, body.data(), count);
        produced += count;
        return count;
    }
    void on_finish_impl(error_code&) override {}
};

RequestParser::RequestParser() : impl_(std::make_unique<Impl>()) {}
RequestParser::~RequestParser() = default;

RequestParser::Verdict RequestParser::parse_head(std::string_view bytes, RequestHead& head,
                                                 RequestFraming& framing) {
    auto& parser = *impl_;
    parser.head = &head;
    parser.body_limit(boost::none);
    parser.header_limit(static_cast<std::uint32_t>(bytes.size() + 1));
    error_code error;
    auto used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    parser.head = nullptr;
    if (error == beast_http::error::header_limit) return {431, "too many header fields"};
    if (error) return {400, "malformed request head: " + error.message()};
    if (!parser.is_header_done() || used != bytes.size()) return {400, "malformed request head"};
    if (parser.encodings > 0 && (parser.lengths > 0 || parser.encodings > 1))
        return {400, "conflicting body lengths"};
    if (parser.encodings > 0 && (!parser.chunked_encoding || parser.http_version < 11))
        return {400, "transfer coding not supported"};
    if (parser.lengths > 1 || !parser.plain_length) return {400, "bad Content-Length"};
    if (parser.hosts > 1 || (parser.hosts == 0 && parser.http_version >= 11))
        return {400, "exactly one Host header is required"};
    framing.http11 = parser.http_version >= 11;
    framing.keep_alive = parser.keep_alive();
    framing.chunked = parser.chunked();
    framing.length = parser.content_length().value_or(0);
    framing.expects_continue = framing.http11 && parser.expects_continue;
    return {};
}

RequestParser::Chunk RequestParser::decode(std::string_view bytes, char* into, std::size_t room,
                                           std::size_t& consumed, std::size_t& produced) {
    auto& parser = *impl_;
    consumed = produced = 0;
    parser.into = into;
    parser.room = room;
    parser.produced = 0;
    while (!parser.is_done() && consumed < bytes.size()) {
        error_code error;
        auto before = parser.produced;
        auto used = parser.put(
            boost::asio::const_buffer(bytes.data() + consumed, bytes.size() - consumed), error);
        consumed += used;
        produced = parser.produced;
        if (error == beast_http::error::need_more) {
            if (bytes.size() - consumed > max_chunk_overhead) return Chunk::malformed;
            return produced > 0 ? Chunk::progress : Chunk::need_more;
        }
        if (error) return Chunk::malformed;
        // Beast consumes nothing of a chunk's bytes once the room is full.
        if (used == 0 && parser.produced == before) break;
    }
    if (parser.is_done()) return Chunk::end;
    return produced > 0 ? Chunk::progress : Chunk::need_more;
}

} // namespace nephele::http
