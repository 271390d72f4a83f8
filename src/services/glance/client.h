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

/// The image's bytes as a file of this node, for its host. Those in a remote store are copied into
/// the node's cache once for all who ask; a copy stays for a quarter of an hour at least.
struct LocalCopy {
    std::string path;    ///< empty: not there
    bool coming = false; ///< it is being made: ask again
};
/// Throws Failure(conflict) when it can never be here: no cache, or none so large.
LocalCopy local_copy(Context&, const std::string& image_id);

/// Adds the metadata definitions of a directory's *.json that are not there yet; says how many.
std::string load_metadefs_of(Context& context, const std::string& directory);

/// What `nephele sandboxed ...` does: looks at tenants' bytes in a process that may do nothing
/// else.
[[noreturn]] void sandboxed_main(int argc, char** argv);

} // namespace nephele::glance
