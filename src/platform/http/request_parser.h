// SPDX-License-Identifier: Apache-2.0
// Private to this folder. Turns the bytes of a request head into a RequestHead and decodes chunked
// bodies, both with Beast's parser, and adds the checks that stop request smuggling.
#pragma once
#include "platform/http/http.h"

namespace nephele::http {

/// How the body of a request is delimited, and what the head says about the connection.
struct RequestFraming {
    bool http11 = true;
    bool keep_alive = false;
    bool chunked = false;
    bool expects_continue = false;
    std::uint64_t length = 0; ///< of the body, unless chunked
};

/// Looks for the end of a head in bytes that arrive piece by piece.
class HeadScanner {
  public:
    enum class State { incomplete, complete, malformed };
    /// `bytes` is everything received so far. When complete, the head is [begin(), end()).
    State scan(std::string_view bytes);
    std::size_t begin() const { return begin_; }
    std::size_t end() const { return position_; }
    bool saw_line() const { return lines_ > 0; }

  private:
    std::size_t begin_ = 0;
    std::size_t position_ = 0;
    std::size_t line_start_ = 0;
    std::size_t lines_ = 0;
};

class RequestParser {
  public:
    RequestParser();
    ~RequestParser();

    /// A refusal: the status to answer and why. Status 0: the head is fine.
    struct Verdict {
        int status = 0;
        std::string reason;
    };
    /// `bytes` is exactly one head, with its empty line.
    Verdict parse_head(std::string_view bytes, RequestHead& head, RequestFraming& framing);

    enum class Chunk { progress, need_more, end, malformed };
    /// Decodes from the front of `bytes` into `into` (at most `room`). `consumed` and `produced`
    /// say how much of each was used. Stops with `progress` when the room is full.
    Chunk decode(std::string_view bytes, char* into, std::size_t room, std::size_t& consumed,
                 std::size_t& produced);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nephele::http
