// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/uploads.h"

#include "base/strings.h"
#include "platform/log/log.h"
#include "services/glance/store/images.h"

#include <algorithm>

namespace nephele::glance {
namespace {
bool still_the_same(const std::optional<Image>& image, const Image& begun) {
    return image && image->status == begun.status && image->location == begun.location &&
           image->staged == begun.staged;
}
} // namespace

void mark_saving(Context& context, Image& image, Store& store) {
    image.status = Status::saving;
    image.location = store.new_location(new_object_name(image.id, context.new_hex()));
    image.upload_node = context.cloud.node();
    store::update(context, image);
}

void set_facts(Image& image, const Received& received) {
    image.size = received.size;
    image.virtual_size = received.inspection.virtual_size;
    image.inspected_format = received.inspection.format;
    image.checksum = received.checksum;
    image.os_hash_algo = os_hash_algorithm;
    image.os_hash_value = received.os_hash_value;
}

void add_location(Image& image, Location location, const Stores& stores) {
    image.locations.push_back(std::move(location));
    auto weight = [&](const Location& one) {
        auto* store = stores.find(one.store);
        return store ? store->weight : INT64_MIN;
    };
    std::stable_sort(image.locations.begin(), image.locations.end(),
                     [&](auto& a, auto& b) { return weight(a) > weight(b); });
    image.location = image.locations.front().url;
}

void mark_active(Context& context, const Image& begun, const NamedStore& store,
                 const Received& received, const logic::Quotas& quotas) {
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
    image->locations = {{.url = *begun.location, .store = store.id}};
    set_facts(*image, received);
    store::update(context, *image);
}

void abandon(Cloud& cloud, const std::string& request_id, const Image& begun,
             const std::string& reason) {
    log::info("upload abandoned", {{"image", begun.id}, {"reason", reason}});
    auto& state = cloud.state<State>();
    try {
        // First the object: as long as the row names it, nobody else looks at it.
        if (begun.status == Status::saving) {
            if (auto* store = state.stores.of_location(begun.location.value_or("")))
                store->driver->remove(*begun.location);
        } else if (begun.staged) {
            state.staging->remove(*begun.staged);
        }
        write_as_cloud(cloud, request_id, [&](Context& context) {
            auto image = find(context.tx, images(), Scope::all(), begun.id);
            if (!still_the_same(image, begun)) return;
            image->status = Status::queued;
            image->location.reset();
            image->staged.reset();
            image->upload_node.reset();
            store::update(context, *image);
        });
    } catch (const std::exception& error) {
        log::warning("an abandoned upload is left to the sweep",
                     {{"image", begun.id}, {"what", error.what()}});
    }
}

Failure failure_of_transfer(const http::TransferError& error) {
    return bad_request(
        "InvalidImageData",
        format("The upload broke off, nothing of it was kept: {}. Repeat it.", error.what()));
}

Failure failure_of_store(const StoreError& error) {
    switch (error.kind) {
    case StoreError::Kind::full:
        return Failure(Fault::too_large, "StorageFull", "Image storage media is full.")
            .inside(error.what());
    case StoreError::Kind::denied:
        return Failure(Fault::unavailable, "StorageWriteDenied",
                       "Insufficient permissions on image storage media.")
            .inside(error.what());
    case StoreError::Kind::in_use:
        return conflict("InUseByStore", "The image's data is in use by others.")
            .inside(error.what());
    default:
        return Failure(Fault::unavailable, "StorageFailed",
                       "The image store failed; nothing of the upload was kept. Repeat it.")
            .inside(error.what());
    }
}

OpenObject open_data(State& state, const Image& image) {
    std::optional<Failure> failure;
    for (auto& location : image.locations) {
        auto* store = state.stores.find(location.store);
        if (!store) {
            log::error("an image lies in a store that is not configured",
                       {{"image", image.id}, {"store", location.store}});
            continue;
        }
        try {
            OpenObject object = store->driver->open(location.url);
            if (object.found()) return object;
            log::error("the data of an image is gone",
                       {{"image", image.id}, {"location", location.url}});
        } catch (const StoreError& error) {
            log::error("the data of an image cannot be read",
                       {{"image", image.id}, {"location", location.url}, {"what", error.what()}});
            failure = failure_of_store(error);
        }
    }
    if (failure) throw *failure;
    throw not_found("ImageNotFound", format("The data of image {} is not in the store.", image.id));
}

void remove_data(State& state, const std::vector<Location>& locations) {
    for (auto& location : locations) {
        auto* store = state.stores.find(location.store);
        if (store && !store->read_only) remove_quietly(*store->driver, location.url);
    }
}

void remove_quietly(Store& store, const std::string& location) {
    try {
        if (!location.empty()) store.remove(location);
    } catch (const StoreError& error) {
        log::warning("an object was not removed, the sweep will try again",
                     {{"object", location}, {"what", error.what()}});
    }
}

} // namespace nephele::glance
