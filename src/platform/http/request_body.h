// SPDX-License-Identifier: Apache-2.0
// Private to this folder. The reader a streaming handler gets.
#pragma once
#include "platform/http/http.h"
#include "platform/http/transport.h"

namespace nephele::http {

class Connection;

/// The body of the request under way, for a streaming handler. Throws as BodyReader says.
class RequestBody final : public BodyReader {
  public:
    explicit RequestBody(Connection& connection) : connection_(connection) {}
    std::size_t read(char* into, std::size_t size) override;
    std::optional<std::uint64_t> length() const override;
    /// The status that describes why reading failed, 0 when it did not.
    int failure() const { return failure_; }
    /// Takes what was read out of the connection's input; call before anyone else looks at it.
    void settle();

  private:
    std::size_t read_sized(char* into, std::size_t size);
    std::size_t read_chunked(char* into, std::size_t size);
    IoResult receive(char* into, std::size_t size);
    [[noreturn]] void fail(int status, const char* what);

    Connection& connection_;
    std::size_t offset_ = 0; ///< of the unread part of the connection's input
    std::uint64_t total_ = 0;
    int failure_ = 0;
};

} // namespace nephele::http
