// SPDX-License-Identifier: Apache-2.0
// The cache of this node, for administrators: what is in it and in its queue, and taking both out.
#include "services/glance/store/cache.h"
#include "base/strings.h"
#include "services/glance/api/manners.h"
#include "services/glance/ops/cached_data.h"
#include "services/glance/store/images.h"

namespace nephele::glance {
using namespace api;
namespace {
ImageCache& need_cache(Cloud& cloud) {
    if (auto& cache = cloud.state<State>().cache) return *cache;
    throw not_found("NotFound", "Caching via API is not supported at this site.");
}

void check_no_body(const FreeCall& free) {
    bool empty = free.in.body.is_null() || (free.in.body.is_object() && free.in.body.size() == 0);
    if (!empty) throw bad_request("InvalidInput", "This request takes no body.");
}

Json seconds(Time time) { return Json(static_cast<double>(time.us) / 1e6); }

Json list(Call& call) {
    Json cached = Json::array(), queued = Json::array();
    for (auto& copy : need_cache(call.cloud).copies())
        cached.push_back(Json::object({{"image_id", copy.image_id},
                                       {"hits", copy.hits},
                                       {"last_accessed", seconds(copy.last_accessed)},
                                       {"last_modified", seconds(copy.last_modified)},
                                       {"size", static_cast<std::int64_t>(copy.size)}}));
    for (auto& id : store::queued_on(call.tx, call.cloud.node())) queued.push_back(id);
    return Json::object(
        {{"cached_images", std::move(cached)}, {"queued_images", std::move(queued)}});
}

Image need_any_image(Call& call) {
    return need(call.tx, images(), Scope::all(), call.path("image_id"));
}

Reply queue(FreeCall& free) {
    check_no_body(free);
    need_cache(free.cloud);
    Image image;
    Reply reply = free.write([&](Call& call) {
        image = need_any_image(call);
        if (image.status != Status::active)
            throw bad_request("Invalid",
                              "Only images with status active can be targeted for queueing");
        store::queue(call.tx, call.cloud.node(), image.id, call.now);
        return Reply{.status = 202};
    });
    // Now, or when the cache is tended next.
    if (!free.cloud.by_hand) begin_caching(free.cloud, image);
    return reply;
}

// Files go after the rows' transaction; the next look at the cache puts right what a crash leaves.
Reply remove(FreeCall& free) {
    auto& cache = need_cache(free.cloud);
    std::string id;
    Reply reply = free.write([&](Call& call) {
        id = call.path("image_id");
        bool known = find(call.tx, images(), Scope::all(), id).has_value();
        for (auto& copy : cache.copies()) known = known || copy.image_id == id;
        if (!known) throw_not_found(images(), id);
        store::unqueue(call.tx, call.cloud.node(), id);
        return Reply{.status = 204};
    });
    cache.remove([&](const CachedCopy& copy) { return copy.image_id == id; });
    tell_cache(free.cloud);
    return reply;
}

Reply clear(FreeCall& free) {
    auto& cache = need_cache(free.cloud);
    std::string target = lower(free.in.head.headers.get("x-image-cache-clear-target"));
    if (!target.empty() && target != "cache" && target != "queue")
        throw bad_request("InvalidInput", "If provided 'x-image-cache-clear-target' must be "
                                          "'cache', 'queue' or empty string.");
    Reply reply = free.write([&](Call& call) {
        if (target != "cache") store::clear_queue(call.tx, call.cloud.node());
        return Reply{.status = 204};
    });
    if (target != "queue") cache.remove([](const CachedCopy&) { return true; });
    tell_cache(free.cloud);
    return reply;
}

Reply clean(FreeCall& free) {
    check_no_body(free);
    need_cache(free.cloud);
    int removed = clean_cache(free.cloud);
    return {.body = Json::object({{"total_files_cleaned", removed}})};
}

Reply prune(FreeCall& free) {
    check_no_body(free);
    auto [files, bytes] = need_cache(free.cloud).prune();
    tell_cache(free.cloud);
    return {.body = Json::object({{"total_files_pruned", files},
                                  {"total_bytes_pruned", static_cast<std::int64_t>(bytes)}})};
}

Json nodes(Call& call) {
    need_cache(call.cloud);
    Json out = Json::array();
    for (auto& node : store::nodes_with(call.tx, need_any_image(call).id)) out.push_back(node);
    return Json::object({{"cached_nodes", std::move(out)}});
}
} // namespace

Resource cache_resource() {
    return Resource()
        .on("GET /v2/cache", "cache_list", list)
        .on("PUT /v2/cache/{image_id}", "cache_image", queue)
        .on("DELETE /v2/cache/{image_id}", "cache_delete", remove)
        .on("DELETE /v2/cache", "cache_delete", clear)
        .on("POST /v2/cache/clean", "cache_clean", clean)
        .on("POST /v2/cache/prune", "cache_prune", prune)
        .on("GET /v2/cache/nodes/{image_id}", "cache_list", nodes);
}

} // namespace nephele::glance
