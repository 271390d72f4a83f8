// SPDX-License-Identifier: Apache-2.0
#include "services/glance/client.h"

#include "base/strings.h"
#include "services/glance/drivers/store.h"
#include "services/glance/ops/catalogue.h"
#include "services/glance/store/images.h"

namespace nephele::glance {

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

std::string load_metadefs_of(Context& context, const std::string& directory) {
    auto loaded = load_metadefs(context, directory);
    return format("{} namespaces added, {} were there", loaded.added, loaded.kept);
}

} // namespace nephele::glance
