// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/stage.h"

#include "base/strings.h"
#include "services/glance/store/images.h"

namespace nephele::glance {
namespace {
std::int64_t write_staged(http::BodyReader& body, Store& staging, const std::string& location,
                          std::int64_t limit) {
    auto writer = staging.create(location);
    std::string piece(256 * 1024, '\0');
    std::int64_t size = 0;
    while (auto count = body.read(piece.data(), piece.size())) {
        size += static_cast<std::int64_t>(count);
        if (size > limit)
            throw Failure(
                Fault::too_large, "ImageSizeLimitExceeded",
                format("The provided image is too large: {} bytes may be stored.", limit));
        writer->write(std::string_view(piece.data(), count));
    }
    writer->finish();
    return size;
}
} // namespace

void mark_staged(Context& context, const Image& begun, std::int64_t size) {
    auto image = find(context.tx, images(), Scope::all(), begun.id);
    if (!image || image->status != Status::uploading || image->staged != begun.staged)
        throw Failure(Fault::gone, "ImageGone",
                      format("Image {} could not be found after staging. The image may have been "
                             "deleted meanwhile.",
                             begun.id));
    image->size = size;
    image->upload_node.reset();
    store::update(context, *image);
}
void mark_staging(Context& context, Image& image) {
    auto& staging = *context.cloud.state<State>().staging;
    image.status = Status::uploading;
    image.staged = staging.new_location(new_object_name(image.id, context.new_hex()));
    image.upload_node = context.cloud.node();
    store::update(context, image);
}

void stage_data(Cloud& cloud, const std::string& request_id, const Image& begun,
                http::BodyReader& body, std::int64_t limit,
                const std::function<void(std::int64_t)>& mark) {
    auto& state = cloud.state<State>();
    try {
        mark(write_staged(body, *state.staging, *begun.staged, limit));
    } catch (const std::exception& error) {
        abandon(cloud, request_id, begun, error.what());
        if (auto* transfer = dynamic_cast<const http::TransferError*>(&error))
            throw failure_of_transfer(*transfer);
        if (auto* store = dynamic_cast<const StoreError*>(&error)) throw failure_of_store(*store);
        throw;
    }
}

} // namespace nephele::glance
