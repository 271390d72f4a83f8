// SPDX-License-Identifier: Apache-2.0
// One S3 request as every handler gets it: bucket, key and parameters, read once from the head.
#pragma once
#include "platform/auth/principal.h"
#include "platform/http/http.h"

#include <optional>
#include <string>
#include <vector>

namespace nephele::swift::s3 {

/// Decoded parameters in order; names keep their case.
class Query {
  public:
    Query() = default;
    /// Throws InvalidURI on escapes that are none.
    explicit Query(std::string_view raw);
    bool has(std::string_view name) const { return find(name) != nullptr; }
    std::string get(std::string_view name) const;
    const std::string* find(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

  private:
    std::vector<std::pair<std::string, std::string>> all_;
};

/// What the path and the Host header name.
struct Target {
    std::string bucket, key; ///< decoded; empty where none is named
    bool virtual_host = false;
};
/// `domains`: buckets are also the first part of a host below one of them. Throws InvalidURI,
/// KeyTooLongError.
Target read_target(const http::RequestHead& head, const std::vector<std::string>& domains);
/// The bucket a host names, with one of the domains.
std::optional<std::string> bucket_of_host(std::string_view host,
                                          const std::vector<std::string>& domains);

/// What a new bucket may be called (the names DNS allows, no addresses), and what a container must
/// be called to be one: more, as older S3 and Swift allowed more.
bool is_new_bucket_name(std::string_view name);
bool is_bucket_name(std::string_view name);

/// How the parts of a multipart upload's container are called: "<bucket>+segments".
inline constexpr std::string_view segments_suffix = "+segments";

struct Request {
    const http::RequestHead& head;
    Query query;
    Target target;
    std::string id; ///< of the transaction, told in every answer
    Time now;

    // Once the signature was checked.
    std::string access;
    Principal who;
    std::string account; ///< "AUTH_" and the project
    bool owner = false;  ///< may do everything in its account

    const std::string& bucket() const { return target.bucket; }
    const std::string& key() const { return target.key; }
    std::string header(std::string_view name) const { return head.headers.get(name); }
    bool has_header(std::string_view name) const { return head.headers.find(name) != nullptr; }
    /// A parameter that is a number from 0 to 2^31-1. Throws InvalidArgument.
    std::uint64_t number(std::string_view name, std::uint64_t fallback) const;
};

} // namespace nephele::swift::s3
