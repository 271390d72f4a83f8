// SPDX-License-Identifier: Apache-2.0
#include "services/glance/drivers/http_store.h"

#include "base/strings.h"
#include "services/glance/drivers/remote.h"

namespace nephele::glance {
namespace {
constexpr int redirects = 5;

class HttpStore final : public Store {
  public:
    HttpStore(std::vector<std::string> allowed, std::string ca_file)
        : egress_(http::tenant_egress(std::move(allowed))), ca_file_(std::move(ca_file)) {}

    std::string new_location(const std::string&) override { throw read_only(); }
    std::unique_ptr<ObjectWriter> create(const std::string&) override { throw read_only(); }
    void remove(const std::string&, bool) override { throw read_only(); }
    std::vector<StoredObject> list() override { return {}; }

    bool knows(const std::string& location) const override {
        return starts_with_icase(location, "http://") || starts_with_icase(location, "https://");
    }

    OpenObject open(const std::string& location) override {
        if (!knows(location))
            throw StoreError(StoreError::Kind::failed, "not a location of this store: " + location);
        http::ClientRequest head;
        head.method = "HEAD";
        head.url = location;
        head.redirects = redirects;
        head.ca_file = ca_file_;
        head.timeout_ms = 30'000;
        auto response = exchange(head, *egress_);
        OpenObject object;
        if (response.status == 404 || response.status == 410) return object;
        check_status(response, "HEAD " + location);
        auto length = to_int(response.headers.get("Content-Length"));
        if (!length || *length < 0)
            throw StoreError(StoreError::Kind::failed, location + " does not say how long it is");
        object.size = static_cast<std::uint64_t>(*length);
        object.reader = std::make_shared<RangeReader>(
            [this, location](http::ClientRequest& request) {
                request.url = location;
                request.redirects = redirects;
                request.ca_file = ca_file_;
                return exchange(request, *egress_);
            },
            iequals(response.headers.get("Accept-Ranges"), "bytes"));
        return object;
    }

  private:
    static StoreError read_only() {
        return {StoreError::Kind::denied, "stores of type http are read-only"};
    }
    std::unique_ptr<http::Egress> egress_;
    std::string ca_file_;
};
} // namespace

std::unique_ptr<Store> http_store(std::vector<std::string> allowed_networks,
                                  const std::string& ca_file) {
    return std::make_unique<HttpStore>(std::move(allowed_networks), ca_file);
}

} // namespace nephele::glance
