// SPDX-License-Identifier: Apache-2.0
// Reads a streamed request body on a stream thread: received bytes go straight into the caller's
// buffer unless they are chunked.
#include "platform/http/request_body.h"

#include "platform/http/connection.h"

namespace nephele::http {
namespace {
constexpr std::size_t receive_bytes = 64 * 1024;
}

std::optional<std::uint64_t> RequestBody::length() const {
    if (connection_.framing_.chunked) return std::nullopt;
    return connection_.framing_.length;
}

std::size_t RequestBody::read(char* into, std::size_t size) {
    if (failure_ != 0) throw TransferError("the request body failed before");
    if (connection_.body_done_ || size == 0) return 0;
    connection_.continue_if_expected();
    return connection_.framing_.chunked ? read_chunked(into, size) : read_sized(into, size);
}

void RequestBody::settle() {
    connection_.input_.erase(0, offset_);
    offset_ = 0;
}

void RequestBody::fail(int status, const char* what) {
    failure_ = status;
    throw TransferError(what);
}

IoResult RequestBody::receive(char* into, std::size_t size) {
    for (;;) {
        auto result = connection_.io_.read(into, size);
        switch (result.state) {
        case Io::ok:
            return result;
        case Io::want_read:
        case Io::want_write:
            if (!connection_.io_.wait(result.state, connection_.core_.options.body_timeout_ms))
                fail(408, "the request body did not arrive in time");
            break;
        default:
            fail(400, "the client went away in the middle of the request body");
        }
    }
}

std::size_t RequestBody::read_sized(char* into, std::size_t size) {
    auto& left = connection_.body_left_;
    auto& input = connection_.input_;
    auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, left));
    std::size_t count = 0;
    if (offset_ < input.size()) {
        count = input.copy(into, wanted, offset_);
        offset_ += count;
    } else {
        count = receive(into, wanted).count;
    }
    left -= count;
    connection_.body_done_ = left == 0;
    return count;
}

std::size_t RequestBody::read_chunked(char* into, std::size_t size) {
    auto& input = connection_.input_;
    for (;;) {
        std::size_t consumed = 0, produced = 0;
        auto rest = std::string_view(input).substr(offset_);
        auto state = connection_.parser_->decode(rest, into, size, consumed, produced);
        offset_ += consumed;
        total_ += produced;
        if (state == RequestParser::Chunk::malformed) fail(400, "malformed chunked body");
        if (total_ > connection_.body_limit_) fail(413, "the request body is too large");
        connection_.body_done_ = state == RequestParser::Chunk::end;
        if (produced > 0 || connection_.body_done_) return produced;
        settle();
        auto had = input.size();
        input.resize(had + receive_bytes);
        std::size_t got = 0;
        try {
            got = receive(input.data() + had, receive_bytes).count;
        } catch (const TransferError&) {
            input.resize(had);
            throw;
        }
        input.resize(had + got);
    }
}

} // namespace nephele::http
