// SPDX-License-Identifier: Apache-2.0
// Glance for other services.
#pragma once
#include "platform/auth/scope.h"
#include "platform/context/context.h"

#include <optional>
#include <string>

namespace nephele::glance {

/// What a service that uses an image must know; never the store's internals of a tenant's request.
struct ImageFacts {
    std::string id, name, status, owner, visibility;
    std::string disk_format, container_format; ///< as declared
    std::string inspected_format;              ///< as the inspector found: "raw" or "qcow2"
    std::string path;                          ///< of the bytes on this node
    std::string checksum;
    std::int64_t size = 0, virtual_size = 0, min_disk = 0, min_ram = 0;
    Json properties = Json::object();
};
/// Nothing when the image is absent or not visible in this scope.
std::optional<ImageFacts> find_image(db::Tx&, const Scope& scope, const std::string& id);

/// Adds the metadata definitions of a directory's *.json that are not there yet; says how many.
std::string load_metadefs_of(Context& context, const std::string& directory);

/// What `nephele sandboxed ...` does: looks at tenants' bytes in a process that may do nothing
/// else.
[[noreturn]] void sandboxed_main(int argc, char** argv);

} // namespace nephele::glance
