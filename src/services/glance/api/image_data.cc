// SPDX-License-Identifier: Apache-2.0
// An image's data: upload and download. An upload is a short transaction to `saving`, the bytes
// without any transaction, and a short transaction to `active`; whatever fails between returns the
// image to `queued` and leaves no file.
#include "base/strings.h"
#include "platform/log/log.h"
#include "services/glance/api/manners.h"
#include "services/glance/logic/range.h"
#include "services/glance/ops/cached_data.h"
#include "services/glance/ops/catalogue.h"
#include "services/glance/ops/expected.h"
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
}

NamedStore& chosen_store(const FreeCall& call) {
    auto& stores = call.cloud.state<State>().stores;
    auto* name = call.in.head.headers.find("X-Image-Meta-Store");
    if (!name) return stores.standard();
    auto* store = stores.find(*name);
    if (!store)
        throw bad_request("UnknownScheme",
                          format("Store for identifier {} not found", name->substr(0, 100)));
    if (store->read_only)
        throw Failure(Fault::gone, "StoreAddDisabled",
                      "Error in store configuration. Adding images to store is disabled.");
    return *store;
}

// The image is ours to fill from here on.
Image begin(FreeCall& free, Store& store, bool held, std::int64_t& limit) {
    return free.write([&](Call& call) {
        Image image = need_image(call, "upload_image");
        logic::check_can_receive(image);
        if (!held) throw conflict("Conflict", "Another upload of this image is just ending.");
        std::string owner = image.owner.value_or("");
        check_uploading(call, owner);
        auto quotas = quotas_of(call, owner);
        auto stored = store::stored_bytes(call.tx, owner);
        limit = logic::receivable(stored, quotas);
        if (auto length = free.stream->length())
            logic::check_fits(
                static_cast<std::int64_t>(std::min<std::uint64_t>(*length, INT64_MAX)), stored,
                quotas);
        mark_saving(call, image, store);
        return image;
    });
}

Reply upload(FreeCall& call) {
    check_upload_headers(call);
    auto& state = call.cloud.state<State>();
    NamedStore& store = chosen_store(call);
    auto admitted = state.uploads_at_once->enter();
    auto hold = state.uploads.hold(image_id(call));
    std::int64_t limit = 0;
    Image image = begin(call, *store.driver, hold != nullptr, limit);
    try {
        Expected expected =
            call.read([&](Call& c) { return expected_of(c, image, c.who.user_id, limit); });
        Received received = receive(*call.stream, *store.driver, *image.location, expected);
        return call.write([&](Call& c) {
            mark_active(c, image, store, received, quotas_of(c, image.owner.value_or("")));
            return Reply{.status = 204};
        });
    } catch (const std::exception& error) {
        abandon(call.cloud, call.in.request_id, image, error.what());
        if (auto* transfer = dynamic_cast<const http::TransferError*>(&error))
            throw failure_of_transfer(*transfer);
        if (auto* store = dynamic_cast<const StoreError*>(&error)) throw failure_of_store(*store);
        throw;
    }
}

void check_readable(Call& call, const Image& image) {
    if (image.status == Status::deactivated && !call.is_admin())
        throw forbidden("Forbidden", "The requested image has been deactivated. Image data "
                                     "download is forbidden.");
}

Reply download(FreeCall& free) {
    Image image = free.read([](Call& call) {
        Image image = need_image(call, "download_image");
        check_readable(call, image);
        return image;
    });
    if (!image.has_data()) return {.status = 204};
    auto admitted = free.cloud.state<State>().downloads_at_once->enter();
    OpenObject object = open_through_cache(free.cloud, image);
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
    if (object.descriptor) {
        // Admitted until the last byte is sent.
        std::shared_ptr<int> descriptor(object.descriptor.get(),
                                        [whole = object.descriptor, admitted](int*) {});
        reply.file = http::FileBody{std::move(descriptor), range.offset, range.length};
        return reply;
    }
    reply.headers.set("Content-Length", std::to_string(range.length));
    reply.stream = [reader = object.reader, range, admitted](http::BodyWriter& out) {
        reader->read(range.offset, range.length, [&](std::string_view piece) {
            out.write(piece);
            return true;
        });
    };
    return reply;
}
} // namespace

Resource data_resource() {
    return Resource()
        .on("PUT /v2/images/{image_id}/file", enforced_by_handler, upload,
            {.status = 204, .streamed = true, .any_content_type = true})
        .on("GET /v2/images/{image_id}/file", enforced_by_handler, download);
}

} // namespace nephele::glance
