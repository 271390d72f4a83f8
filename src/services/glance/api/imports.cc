// SPDX-License-Identifier: Apache-2.0
// Staging an image's data and importing it.
#include "base/strings.h"
#include "services/glance/api/manners.h"
#include "services/glance/ops/catalogue.h"
#include "services/glance/ops/operations.h"
#include "services/glance/ops/stage.h"
#include "services/glance/store/images.h"
#include "services/glance/store/tasks.h"

namespace nephele::glance {
using namespace api;
namespace {
const std::string& image_id(const FreeCall& call) { return call.in.path_values.front().second; }

Image begin_staging(FreeCall& free, bool held, std::int64_t& limit) {
    auto& state = free.cloud.state<State>();
    return free.write([&](Call& call) {
        Image image = need_image(call, "modify_image");
        if (image.status != Status::queued)
            throw conflict("InvalidImageStatusTransition",
                           format("Image status transition from {} to uploading is not allowed",
                                  text_of_enum(image.status)));
        if (!held) throw conflict("Conflict", "Another upload of this image is just ending.");
        std::string owner = image.owner.value_or("");
        check_uploading(call, owner);
        limit = stageable(call, owner,
                          state.quotas.image_size > 0 ? state.quotas.image_size : INT64_MAX);
        mark_staging(call, image);
        return image;
    });
}

Reply stage(FreeCall& call) {
    std::string type = call.in.head.headers.get("Content-Type");
    if (!iequals(trim(type.substr(0, type.find(';'))), "application/octet-stream"))
        throw Failure(Fault::unsupported_media_type, "UnsupportedMediaType",
                      "Image data is sent with Content-Type application/octet-stream.");
    auto& state = call.cloud.state<State>();
    auto admitted = state.uploads_at_once->enter();
    auto hold = state.uploads.hold(image_id(call));
    std::int64_t limit = 0;
    Image image = begin_staging(call, hold != nullptr, limit);
    Reply reply{.status = 204};
    stage_data(call.cloud, call.in.request_id, image, *call.stream, limit, [&](std::int64_t size) {
        call.write([&](Call& c) {
            mark_staged(c, image, size);
            return reply;
        });
    });
    return reply;
}

// A rule of its own for copies, so that a site may let users copy images they do not own.
void enforce(Call& call, const Image& image, const std::string& method) {
    call.enforce(method == logic::copy_image ? "copy_image" : "modify_image",
                 target_of(call, image));
}

ImageTask task_of(Call& call, const Json& request, const std::vector<std::string>& stores) {
    ImageTask task{.type = task_api_image_import, .owner = call.project()};
    task.input = Json::object(
        {{"image_id", call.path("image_id")}, {"import_req", request}, {"backend", stores}});
    return task;
}

Reply import_image(FreeCall& free) {
    auto& state = free.cloud.state<State>();
    auto request = logic::read_import(free.in.body, state.import_methods);
    std::string task_id = free.cloud.ids().uuid();
    // Before the operation can look for it.
    std::shared_ptr<void> unless_started;
    if (request.method == logic::glance_download)
        unless_started = state.tokens.keep(task_id, free.in.token);
    Reply reply = free.write([&](Call& call) {
        Reply accepted{.status = 202};
        Image image = need_image(call);
        logic::check_importable(image, request);
        enforce(call, image, request.method);
        auto stores =
            logic::import_targets(image, request, call.in.head.headers.find("X-Image-Meta-Store"),
                                  state.stores.writable(), state.stores.standard().id);
        if (stores.empty()) return accepted;
        if (request.method == logic::web_download && !state.import_filter.passes(request.uri))
            throw bad_request("ImportTaskError",
                              format("URI for web-download does not pass filtering: {}",
                                     request.uri.substr(0, 300)));
        check_fetching(call, image, request.method);
        ImageTask task = task_of(call, call.body, stores);
        task.id = task_id;
        ImportImage wanted{.method = request.method,
                           .uri = request.uri,
                           .region = request.region,
                           .interface = request.interface,
                           .remote_image = request.remote_image_id,
                           .stores = stores,
                           .all_must_succeed = request.all_stores_must_succeed};
        // The operator's own, whatever protects properties from users.
        for (auto& [name, value] : injected_properties(state.plugins, call.who.roles))
            image.properties[name] = value;
        start_import(call, image, std::move(wanted), std::move(task));
        return accepted;
    });
    state.tokens.started(task_id);
    return reply;
}

Json import_info(Call& call) {
    return Json::object(
        {{"import-methods", Json::object({{"description", "Import methods available."},
                                          {"type", "array"},
                                          {"value", call.cloud.state<State>().import_methods}})}});
}
} // namespace

Resource import_resource() {
    return Resource()
        .on("PUT /v2/images/{image_id}/stage", "modify_image", stage,
            {.status = 204, .streamed = true, .any_content_type = true})
        .on("POST /v2/images/{image_id}/import", "modify_image", import_image)
        .on("GET /v2/info/import", "default", import_info);
}

} // namespace nephele::glance
