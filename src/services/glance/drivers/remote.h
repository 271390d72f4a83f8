// SPDX-License-Identifier: Apache-2.0
// What the stores over HTTP share: exchanges that end in StoreError, and bodies cut into parts.
#pragma once
#include "platform/http/http.h"
#include "services/glance/drivers/store.h"

#include <functional>
#include <string>

namespace nephele::glance {

/// An answer, whatever its status. Throws StoreError when there is none.
http::ClientResponse exchange(const http::ClientRequest& request,
                              http::Egress& egress = http::any_egress());
/// Throws unless the status is one of the 2xx (or `also`).
void check_status(const http::ClientResponse& response, const std::string& what, int also = 0);

/// Collects what is written into parts; long objects get longer parts, so that there are never too
/// many of them.
class Parts {
  public:
    explicit Parts(std::size_t part_bytes) : part_bytes_(part_bytes) {}
    /// Calls `full` for each part that is complete.
    void add(std::string_view piece, const std::function<void(const std::string&)>& full);
    /// What is left at the end.
    const std::string& rest() const { return buffer_; }
    int count() const { return count_; } ///< of complete parts

  private:
    std::size_t part_bytes_;
    std::string buffer_;
    int count_ = 0;
};

/// The texts between <tag> and </tag>, in order.
std::vector<std::string> xml_texts(const std::string& xml, const std::string& tag);

/// Reads by ranges: `get` makes the given request one for the object. Without `ranges` the server
/// sends all of it, and what comes before is passed over.
class RangeReader final : public ObjectReader {
  public:
    using Get = std::function<http::ClientResponse(http::ClientRequest& request)>;
    explicit RangeReader(Get get, bool ranges = true) : get_(std::move(get)), ranges_(ranges) {}
    void read(std::uint64_t offset, std::uint64_t length, const Sink& sink) override;

  private:
    Get get_;
    bool ranges_;
};

} // namespace nephele::glance
