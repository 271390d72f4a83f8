// SPDX-License-Identifier: Apache-2.0
// Private to this folder. Writes response heads.
#pragma once
#include "platform/http/http.h"

namespace nephele::http {

/// How the end of an answer's body is told to the client.
enum class AnswerBody { none, length, chunked, until_close };

struct AnswerFraming {
    AnswerBody body = AnswerBody::length;
    std::uint64_t length = 0; ///< with AnswerBody::length
    bool http11 = true;
    bool keep_alive = true;
    bool head_only = false; ///< the request was HEAD: announce the body, send none
};

/// True for statuses that never carry a body.
bool bodiless_status(int status);

/// Status line and fields with the empty line. Fields about framing and connection are this
/// function's own; other fields come from the response, line breaks in values made harmless.
std::string response_head(const Response& response, const AnswerFraming& framing);

/// Content-Length the application set, if it is a number.
std::optional<std::uint64_t> declared_length(const Response& response);

/// "1a\r\n", the line before a chunk's bytes.
std::string chunk_line(std::size_t size);

} // namespace nephele::http
