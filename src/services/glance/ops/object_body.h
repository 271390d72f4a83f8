// SPDX-License-Identifier: Apache-2.0
// An object of a store as a body that can be received, and what pushes bytes as one that is read.
#pragma once
#include "platform/http/http.h"
#include "services/glance/drivers/store.h"

#include <functional>
#include <memory>

namespace nephele::glance {

/// Bytes pushed by `produce` on a thread of its own, read here; at most a few pieces wait. What
/// `produce` throws is thrown by read(). Dropped early, the sink answers false.
std::unique_ptr<http::BodyReader>
pushed_body(std::function<void(const ObjectReader::Sink&)> produce,
            std::optional<std::uint64_t> length);

std::unique_ptr<http::BodyReader> body_of(OpenObject object);

/// The same body, until `stopped` says so: then read() throws http::TransferError.
class StoppableBody final : public http::BodyReader {
  public:
    StoppableBody(http::BodyReader& body, std::function<bool()> stopped)
        : body_(body), stopped_(std::move(stopped)) {}
    std::size_t read(char* into, std::size_t size) override;
    std::optional<std::uint64_t> length() const override { return body_.length(); }

  private:
    http::BodyReader& body_;
    std::function<bool()> stopped_;
    std::uint64_t asked_at_ = 0, bytes_ = 0;
};

} // namespace nephele::glance
