// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/uploads.h"

#include "base/strings.h"
#include "platform/log/log.h"
#include "services/glance/store/images.h"

namespace nephele::glance {
namespace {
bool still_the_same(const std::optional<Image>& image, const Image& begun) {
    return image && image->status == Status::saving && image->location == begun.location;
}
} // namespace

void mark_saving(Context& context, Image& image, const Store& store) {
    image.status = Status::saving;
    image.location = store.location(new_object_name(image.id, context.new_hex()));
    image.upload_node = context.cloud.node();
    store::update(context, image);
}

void mark_active(Context& context, const Image& begun, const Received& received,
                 const logic::Quotas& quotas) {
    auto image = find(context.tx, images(), Scope::all(), begun.id);
    if (!still_the_same(image, begun))
        throw Failure(Fault::gone, "ImageGone",
                      format("Image {} could not be found after upload. The image may have been "
                             "deleted during the upload.",
                             begun.id));
    logic::check_fits(received.size, store::stored_bytes(context.tx, image->owner.value_or("")),
                      quotas);
    image->status = Status::active;
    image->upload_node.reset();
    image->size = received.size;
    image->virtual_size = received.inspection.virtual_size;
    image->inspected_format = received.inspection.format;
    image->checksum = received.checksum;
    image->os_hash_algo = os_hash_algorithm;
    image->os_hash_value = received.os_hash_value;
    store::update(context, *image);
}

void abandon(Cloud& cloud, const std::string& request_id, const Image& begun,
             const std::string& reason) {
    log::info("upload abandoned", {{"image", begun.id}, {"reason", reason}});
    auto& store = *cloud.state<State>().store;
    try {
        // First the object: as long as the row names it, nobody else looks at it.
        store.remove(store.name_at(*begun.location));
        write_as_cloud(cloud, request_id, [&](Context& context) {
            auto image = find(context.tx, images(), Scope::all(), begun.id);
            if (!still_the_same(image, begun)) return;
            image->status = Status::queued;
            image->location.reset();
            image->upload_node.reset();
            store::update(context, *image);
        });
    } catch (const std::exception& error) {
        log::warning("an abandoned upload is left to the sweep",
                     {{"image", begun.id}, {"what", error.what()}});
    }
}

} // namespace nephele::glance
