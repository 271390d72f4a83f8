// SPDX-License-Identifier: Apache-2.0
// The steps of the pipeline, one file each, and what they share.
#pragma once
#include "services/swift/api/exchange.h"

namespace nephele::swift {

Answer temporary_url(Request& request, const Next& next);
Answer form_post(Request& request, const Next& next);
Answer container_sync(Request& request, const Next& next);
Answer cross_origin(Request& request, const Next& next);
Answer refuse_changes(Request& request, const Next& next);
Answer rate_limit(Request& request, const Next& next);
Answer bulk(Request& request, const Next& next);
Answer static_web(Request& request, const Next& next);
Answer copy_object(Request& request, const Next& next);
Answer quotas(Request& request, const Next& next);
Answer static_large_object(Request& request, const Next& next);
Answer dynamic_large_object(Request& request, const Next& next);
Answer kept_versions(Request& request, const Next& next);
Answer symlink(Request& request, const Next& next);
Answer quoted_etags(Request& request, const Next& next);
Answer note_for_sync(Request& request, const Next& next);

/// Reads an answer's content as a request's body.
class ContentBody final : public http::BodyReader {
  public:
    explicit ContentBody(std::shared_ptr<Content> content, std::uint64_t first = 0,
                         std::optional<std::uint64_t> length = {});
    std::size_t read(char* into, std::size_t size) override;
    std::optional<std::uint64_t> length() const override { return end_ - first_; }

  private:
    std::shared_ptr<Content> content_;
    std::uint64_t first_, at_, end_;
};

/// A key that signs temporary URLs and forms, from the metadata of the account or the container.
struct UrlKey {
    std::string text;
    bool of_account;
};
std::vector<UrlKey> url_keys(const Request& request);

/// True for who may look after other people's accounts.
bool is_reseller(const Request& request);

} // namespace nephele::swift
