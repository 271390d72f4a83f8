// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/fetch.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

namespace nephele::glance {
namespace {
constexpr int stall_ms = 60'000, redirects = 5;
constexpr std::uint64_t error_body_limit = 64 * 1024;

/// The site's filter and the platform's check of addresses, for every hop.
class FilteredEgress final : public http::Egress {
  public:
    FilteredEgress(const logic::UriFilter& filter, http::Egress& inner)
        : filter_(filter), inner_(inner) {}
    void check_url(std::string_view scheme, std::string_view host, std::uint16_t port) override {
        if (!filter_.passes(scheme, host, port))
            throw forbidden("EgressDenied", format("{}://{}:{} does not pass this site's filter "
                                                   "for imports.",
                                                   scheme, host, port));
        inner_.check_url(scheme, host, port);
    }
    void check_address(std::string_view ip) override { inner_.check_address(ip); }

  private:
    const logic::UriFilter& filter_;
    http::Egress& inner_;
};

[[noreturn]] void refuse_status(const std::string& url, int status) {
    auto what = format("The download of {} was answered with {} {}.", url, status,
                       http::reason_phrase(status));
    if (status >= 500 || status == 429) throw EngineFailure(EngineFailure::Kind::transient, what);
    throw bad_request("ImportTaskError", what);
}
} // namespace

void download(State& state, const std::string& location, const Download& what) {
    auto writer = state.staging->create(location);
    std::int64_t size = 0;
    std::uint64_t asked_at = 0;
    http::ClientRequest request;
    request.url = what.url;
    request.redirects = redirects;
    request.timeout_ms = 0;
    request.stall_timeout_ms = stall_ms;
    request.max_body = error_body_limit;
    if (!what.token.empty()) request.headers.set("X-Auth-Token", what.token);
    request.sink = [&](std::string_view piece) {
        size += static_cast<std::int64_t>(piece.size());
        if (size > what.limit)
            throw Failure(Fault::too_large, "ImageSizeLimitExceeded",
                          format("The image at {} is too large: {} bytes may be stored.", what.url,
                                 what.limit));
        if (static_cast<std::uint64_t>(size) - asked_at >= (8 << 20)) {
            asked_at = static_cast<std::uint64_t>(size);
            if (what.cancelled()) throw conflict("Cancelled", "The import was cancelled.");
        }
        writer->write(piece);
        return true;
    };
    FilteredEgress filtered(state.import_filter, *state.egress);
    auto response = what.tenants ? http::fetch(request, filtered) : http::fetch(request);
    if (response.status != 200) refuse_status(what.url, response.status);
    writer->finish();
}

} // namespace nephele::glance
