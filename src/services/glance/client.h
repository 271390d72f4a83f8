// SPDX-License-Identifier: Apache-2.0
// Glance for other services.
#pragma once
#include "platform/auth/scope.h"
#include "platform/context/context.h"
#include "platform/shape/table.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

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
    bool is_protected = false;
    Time created_at, updated_at;
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

/// Filters and sorting as glance knows them; `project` is the caller's.
shape::Listed<ImageFacts>
list_images(db::Tx&, const Scope& scope, const std::string& project, const shape::Page& page,
            const std::vector<std::pair<std::string, std::string>>& properties);
/// Those of a project with all of these properties, the newest first.
std::vector<ImageFacts>
images_with(db::Tx&, const std::string& owner,
            const std::vector<std::pair<std::string, std::string>>& properties);

// ---- images that a service makes for a project ----

struct WantedImage {
    std::string name, owner, disk_format, container_format = "bare";
    std::int64_t min_disk = 0, min_ram = 0;
    Json properties = Json::object();
};
/// A private image without data yet; its id. Throws glance's failures (quotas, names).
std::string create_image(Context&, const WantedImage&);

struct Filling {
    std::string image_id, request_id;
    std::string path;        ///< a file of this node
    std::string disk_format; ///< what the file is
    std::function<bool()> cancelled;
};
/// Gives the image its data; nothing happens when it has some. Outside of any transaction. Throws
/// Failure; then the image has none, and the call may be repeated.
void fill_image(Cloud&, const Filling&);

/// With its data; nothing happens when it is gone. Not asked: who may.
void discard_image(Context&, const std::string& id);

// ---- for those who act for a client of glance ----

/// As the caller may by glance's own rules. Throws ImageNotFound, PolicyNotAuthorized, Forbidden
/// (protected images).
void delete_image(Context&, const Scope& scope, const std::string& id);
/// Replaces the image's own properties; those of glance itself (os_glance_*) stay.
void set_properties(Context&, const Scope& scope, const std::string& id, const Json& properties);

/// Adds the metadata definitions of a directory's *.json that are not there yet; says how many.
std::string load_metadefs_of(Context& context, const std::string& directory);

/// What `nephele sandboxed ...` does: looks at tenants' bytes in a process that may do nothing
/// else.
[[noreturn]] void sandboxed_main(int argc, char** argv);

} // namespace nephele::glance
