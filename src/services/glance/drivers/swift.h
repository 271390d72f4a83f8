// SPDX-License-Identifier: Apache-2.0
// Image data in a container of an object store (Swift). Long objects are segments in a container
// "<container>_segments" and, last, the manifest that makes them one.
#pragma once
#include "base/secret.h"
#include "services/glance/drivers/store.h"

namespace nephele::glance {

struct SwiftOptions {
    std::string auth_url;
    int auth_version = 3; ///< 1: TempAuth, 3: Keystone
    std::string user;     ///< version 1: "account:user"
    Secret<std::string> key;
    std::string project, project_domain = "Default", user_domain = "Default", region;
    std::string container = "glance", ca_file;
    std::size_t segment_bytes = 16 << 20;
};
std::unique_ptr<Store> swift_store(SwiftOptions options);

} // namespace nephele::glance
