// SPDX-License-Identifier: Apache-2.0
#include "services/glance/client.h"

#include "base/strings.h"
#include "services/glance/drivers/store.h"
#include "services/glance/ops/cached_data.h"
#include "services/glance/ops/catalogue.h"
#include "services/glance/store/images.h"

namespace nephele::glance {
namespace {
constexpr std::int64_t kept_seconds = 900;
}

std::optional<ImageFacts> find_image(db::Tx& tx, const Scope& scope, const std::string& id) {
    auto image = find(tx, images(), scope, id);
    if (!image) return std::nullopt;
    ImageFacts facts;
    facts.id = image->id;
    facts.name = image->name.value_or("");
    facts.status = text_of_enum(image->status);
    facts.owner = image->owner.value_or("");
    facts.visibility = text_of_enum(image->visibility);
    facts.disk_format = image->disk_format.value_or("");
    facts.container_format = image->container_format.value_or("");
    facts.inspected_format = image->inspected_format.value_or("");
    // A copy in a store of files is used where it lies.
    if (image->has_data())
        for (auto& location : image->locations)
            if (facts.path.empty()) facts.path = path_of_location(location.url);
    facts.checksum = image->checksum.value_or("");
    facts.size = image->size.value_or(0);
    facts.virtual_size = image->virtual_size.value_or(0);
    facts.min_disk = image->min_disk;
    facts.min_ram = image->min_ram;
    facts.properties = image->properties;
    return facts;
}

LocalCopy local_copy(Context& context, const std::string& image_id) {
    auto image = find(context.tx, images(), Scope::all(), image_id);
    if (!image || !image->has_data()) return {};
    for (auto& location : image->locations)
        if (auto path = path_of_location(location.url); !path.empty()) return {.path = path};
    auto& cache = context.cloud.state<State>().cache;
    if (cache)
        if (auto path = cache->keep(cache_name(*image), kept_seconds)) return {.path = *path};
    if (begin_caching(context.cloud, *image)) return {.coming = true};
    throw conflict("ImageNotLocal",
                   format("Image {} lies in a remote store, and this node's cache has no room for "
                          "it. Raise glance.image_cache_max_size, or copy the image to a store of "
                          "files.",
                          image_id));
}

std::string load_metadefs_of(Context& context, const std::string& directory) {
    auto loaded = load_metadefs(context, directory);
    return format("{} namespaces added, {} were there", loaded.added, loaded.kept);
}

} // namespace nephele::glance
