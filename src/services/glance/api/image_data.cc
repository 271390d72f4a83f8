// SPDX-License-Identifier: Apache-2.0
// An image's data: upload and download. An upload is a short transaction to `saving`, the bytes
// without any transaction, and a short transaction to `active`; whatever fails between returns the
// image to `queued` and leaves no file.
#include "base/strings.h"
#include "platform/log/log.h"
#include "services/glance/api/manners.h"
#include "services/glance/logic/range.h"
#include "services/glance/ops/receive.h"
#include "services/glance/ops/state.h"
#include "services/glance/ops/uploads.h"
#include "services/glance/store/images.h"

namespace nephele::glance {
using namespace api;
namespace {
const std::string& image_id(const FreeCall& call) { return call.in.path_values.front().second; }

void check_upload_headers(const FreeCall& call) {
    std::string type = call.in.head.headers.get("Content-Type");
    if (!iequals(trim(type.substr(0, type.find(';'))), "application/octet-stream"))
        throw Failure(Fault::unsupported_media_type, "UnsupportedMediaType",
                      "Image data is sent with Content-Type application/octet-stream.");
    if (auto* store = call.in.head.headers.find("X-Image-Meta-Store"))
        throw bad_request("InvalidInput", format("Store for image_id {} not found: {}",
                                                 image_id(call), store->substr(0, 100)));
}

// The image is ours to fill from here on.
Image begin(FreeCall& free, bool held, std::int64_t& limit) {
    auto& state = free.cloud.state<State>();
    return free.write([&](Call& call) {
        Image image = need_image(call, "upload_image");
        logic::check_can_receive(image);
        if (!held) throw conflict("Conflict", "Another upload of this image is just ending.");
        auto stored = store::stored_bytes(call.tx, image.owner.value_or(""));
        limit = logic::receivable(stored, state.quotas);
        if (auto length = free.stream->length())
            logic::check_fits(
                static_cast<std::int64_t>(std::min<std::uint64_t>(*length, INT64_MAX)), stored,
                state.quotas);
        mark_saving(call, image, *state.store);
        return image;
    });
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
    default:
        return Failure(Fault::unavailable, "StorageFailed",
                       "The image store failed; nothing of the upload was kept. Repeat it.")
            .inside(error.what());
    }
}

Reply upload(FreeCall& call) {
    check_upload_headers(call);
    auto& state = call.cloud.state<State>();
    auto hold = state.uploads.hold(image_id(call));
    std::int64_t limit = 0;
    Image image = begin(call, hold != nullptr, limit);
    std::string object = state.store->name_at(*image.location);
    try {
        Received received = receive(*call.stream, *state.store, object, *image.disk_format, limit);
        call.write([&](Call& c) { mark_active(c, image, received, state.quotas); });
    } catch (const std::exception& error) {
        abandon(call.cloud, call.in.request_id, image, error.what());
        if (auto* transfer = dynamic_cast<const http::TransferError*>(&error))
            throw failure_of_transfer(*transfer);
        if (auto* store = dynamic_cast<const StoreError*>(&error)) throw failure_of_store(*store);
        throw;
    }
    return {.status = 204};
}

void check_readable(Call& call, const Image& image) {
    if (image.status == Status::deactivated && !call.is_admin())
        throw forbidden("Forbidden", "The requested image has been deactivated. Image data "
                                     "download is forbidden.");
}

OpenObject open_data(State& state, const Image& image) {
    OpenObject object;
    try {
        object = state.store->open(state.store->name_at(image.location.value_or("")));
    } catch (const StoreError& error) {
        throw failure_of_store(error);
    }
    if (object.descriptor) return object;
    log::error("the data of an image is gone",
               {{"image", image.id}, {"location", image.location.value_or("")}});
    throw not_found("ImageNotFound", format("The data of image {} is not in the store.", image.id));
}

Reply download(FreeCall& free) {
    Image image = free.read([](Call& call) {
        Image image = need_image(call, "download_image");
        check_readable(call, image);
        return image;
    });
    if (!image.has_data()) return {.status = 204};
    OpenObject object = open_data(free.cloud.state<State>(), image);
    auto range = logic::read_range(free.in.head.headers.get("Range"), object.size);
    Reply reply;
    reply.content_type = "application/octet-stream";
    reply.headers.set("Accept-Ranges", "bytes");
    if (!range.whole) {
        reply.status = 206;
        reply.headers.set("Content-Range", format("bytes {}-{}/{}", range.offset,
                                                  range.offset + range.length - 1, object.size));
    } else if (image.checksum) {
        reply.headers.set("Content-MD5", *image.checksum);
    }
    reply.file = http::FileBody{object.descriptor, range.offset, range.length};
    return reply;
}
} // namespace

Resource data_resource() {
    return Resource()
        .on("PUT /v2/images/{image_id}/file", "upload_image", upload,
            {.status = 204, .streamed = true, .any_content_type = true})
        .on("GET /v2/images/{image_id}/file", "download_image", download);
}

} // namespace nephele::glance
