// SPDX-License-Identifier: Apache-2.0
// What may be imported from where to where: the request's body, the states in which each method is
// allowed, and the filter of addresses. Each throws the failure upstream answers.
#pragma once
#include "platform/fault/fault.h"
#include "services/glance/model/image.h"

namespace nephele::glance::logic {

struct ImportRequest {
    std::string method;
    std::string uri;                                           ///< web-download
    std::string region, remote_image_id, interface = "public"; ///< glance-download
    std::optional<std::vector<std::string>> stores;
    bool all_stores = false, all_stores_must_succeed = true;
};
inline constexpr const char* glance_direct = "glance-direct";
inline constexpr const char* web_download = "web-download";
inline constexpr const char* copy_image = "copy-image";
inline constexpr const char* glance_download = "glance-download";

ImportRequest read_import(const Json& body, const std::vector<std::string>& methods);
/// The image's state allows this method.
void check_importable(const Image& image, const ImportRequest& request);
/// The stores to write to; empty when a copy is everywhere already. `header`: X-Image-Meta-Store.
std::vector<std::string> import_targets(const Image& image, const ImportRequest& request,
                                        const std::string* header,
                                        const std::vector<std::string>& writable,
                                        const std::string& standard);

/// "a,b" with one name more or less.
std::string with_name(const std::string& names, const std::string& name);
std::string without_name(const std::string& names, const std::string& name);

/// Of a list that is allowed and one that is not only the first is looked at, when there is one.
struct UriFilter {
    std::vector<std::string> allowed_schemes{"http", "https"}, disallowed_schemes;
    std::vector<std::string> allowed_hosts, disallowed_hosts;
    std::vector<std::string> allowed_ports{"80", "443"}, disallowed_ports;
    bool passes(std::string_view scheme, std::string_view host, int port) const;
    /// Also false for what is not plainly scheme://host[:port][/...] without user or spaces.
    bool passes(std::string_view uri) const;
};

} // namespace nephele::glance::logic
