// SPDX-License-Identifier: Apache-2.0
// Glance's durable operations and their saved state.
#pragma once
#include "platform/operation/operation.h"
#include "services/glance/logic/imports.h"
#include "services/glance/model/image_task.h"
#include "services/glance/ops/state.h"

namespace nephele::glance {

/// Fills an image's stores from staged data, an address, another glance, or the image itself.
struct ImportImage {
    static constexpr const char* operation = "glance.import";
    static const Shape<ImportImage>& shape();
    std::string image, task, method;
    std::string user, project;                   ///< who asked: whose certificates and rights count
    std::vector<std::string> roles;              ///< of who asked
    std::string uri;                             ///< of the data, for downloads
    std::string region, interface, remote_image; ///< of a glance-download
    Json properties = Json::object();            ///< taken over from the other glance
    std::vector<std::string> stores;
    bool all_must_succeed = true;
    bool remove_image = false; ///< when undone: the image was made for this import alone
    std::string source;        ///< in the staging store; empty for copies
    std::string prepared;      ///< where the import's plugins leave what they make of it
    bool changed = false;      ///< they made something: `prepared` is what is stored
    std::string disk_format, container_format; ///< as the data is to be, after the plugins
    std::vector<Location> targets;             ///< chosen before anything is written
    std::vector<std::string> done;             ///< the stores that have their copy
    // What the data turned out to be.
    std::int64_t size = 0, virtual_size = 0;
    std::string checksum, os_hash_value, inspected_format;
};
ops::Operation import_image();

/// Removes an object of the staging store that no row names any more; the sweep would, later.
struct RemoveStaged {
    static constexpr const char* operation = "glance.remove_staged";
    static const Shape<RemoveStaged>& shape();
    std::string location;
};
ops::Operation remove_staged();
void start_removal(Context& context, const std::string& location);

/// Takes the image's import lock, writes the task's row and starts the operation. Returns the task.
ImageTask start_import(Context& context, Image& image, ImportImage wanted, ImageTask task);

/// Properties of the image that tell of an import.
inline constexpr const char* import_lock = "os_glance_import_task";
inline constexpr const char* importing_to = "os_glance_importing_to_stores";
inline constexpr const char* failed_import = "os_glance_failed_import";

} // namespace nephele::glance
