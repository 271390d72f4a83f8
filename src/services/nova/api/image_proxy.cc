// SPDX-License-Identifier: Apache-2.0
// /images (2.1 to 2.35) and their metadata (to 2.38): glance's images under nova's old names.
#include "base/strings.h"
#include "services/glance/client.h"
#include "services/nova/api/manners.h"
#include "services/nova/logic/server_checks.h"
#include "services/nova/model/links.h"
#include "services/nova/store/quotas.h"

namespace nephele::nova {
using namespace api;
namespace {
using glance::ImageFacts;

const char* status_of(const std::string& status) {
    if (status == "active") return "ACTIVE";
    for (auto* on_its_way : {"queued", "saving", "uploading", "importing"})
        if (status == on_its_way) return "SAVING";
    return "UNKNOWN";
}
std::int64_t progress_of(const std::string& status) {
    if (status == "active") return 100;
    if (status == "saving") return 50;
    return status == "queued" ? 25 : 0;
}

// Glance's own notes on an image are none of its metadata.
Json metadata_of(const ImageFacts& image) {
    Json out = Json::object();
    for (auto& [key, value] : image.properties.as_object())
        if (key.rfind("os_glance_", 0) != 0) out[key] = value;
    return out;
}

Json links(const Call& call, const std::string& id) {
    Json out = links_of(call.in.base_url, "images", id);
    out.push_back(Json::object({{"rel", "alternate"},
                                {"type", "application/vnd.openstack.image"},
                                {"href", call.in.base_url + "/images/" + id}}));
    return out;
}

Json brief(const Call& call, const ImageFacts& image) {
    return Json::object({{"id", image.id}, {"name", image.name}, {"links", links(call, image.id)}});
}

Json whole(const Call& call, const ImageFacts& image) {
    Json out = Json::object({{"id", image.id},
                             {"name", image.name},
                             {"status", status_of(image.status)},
                             {"progress", progress_of(image.status)},
                             {"minDisk", image.min_disk},
                             {"minRam", image.min_ram},
                             {"created", iso_time(image.created_at)},
                             {"updated", iso_time(image.updated_at)},
                             {"metadata", metadata_of(image)},
                             {"OS-EXT-IMG-SIZE:size", image.size},
                             {"links", links(call, image.id)}});
    std::string server = image.properties.text("instance_uuid");
    if (!server.empty())
        out["server"] = Json::object(
            {{"id", server}, {"links", links_of(call.in.base_url, "servers", server)}});
    return out;
}

// ---- lists ----

std::vector<std::string> statuses_of(const std::string& shown) {
    std::string word = lower(shown);
    if (word == "active") return {"active"};
    if (word == "saving") return {"queued", "saving", "uploading", "importing"};
    return {"none"};
}

struct Query {
    Page page;
    std::vector<std::pair<std::string, std::string>> properties;
};
Query query_of(const Call& call, const Page& given) {
    using Op = Filter::Op;
    Query out;
    out.page.limit = given.limit;
    out.page.marker = given.marker;
    out.page.sort = {{"created_at", true}, {"id", true}};
    for (auto& [key, value] : call.in.query) {
        if (key == "name") out.page.filters.push_back({"name", Op::eq, {value}});
        if (key == "status") out.page.filters.push_back({"status", Op::in, statuses_of(value)});
        if (key == "minRam") out.page.filters.push_back({"min_ram", Op::ge, {value}});
        if (key == "minDisk") out.page.filters.push_back({"min_disk", Op::ge, {value}});
        if (key == "changes-since") out.page.filters.push_back({"updated_at", Op::ge, {value}});
        if (key == "type") out.properties.emplace_back("image_type", value);
        if (key == "server")
            out.properties.emplace_back("instance_uuid", value.substr(value.rfind('/') + 1));
        if (key.rfind("property-", 0) == 0) out.properties.emplace_back(key.substr(9), value);
    }
    return out;
}

Json list_with(Call& call, Page& page, Json (*write)(const Call&, const ImageFacts&)) {
    Query query = query_of(call, page);
    page.filters.clear();
    page.extra.clear();
    auto found =
        glance::list_images(call.tx, call.scope(), call.project(), query.page, query.properties);
    Json images = Json::array();
    for (auto& image : found.items) images.push_back(write(call, image));
    Json out = Json::object({{"images", std::move(images)}});
    if (found.more) out["images_links"] = next_link(call, found.items.back().id);
    return out;
}
Json list(Call& call, Page& page) { return list_with(call, page, brief); }
Json list_detail(Call& call, Page& page) { return list_with(call, page, whole); }

// ---- one ----

ImageFacts image_of(Call& call) {
    auto image = glance::find_image(call.tx, call.scope(), call.path("image_id"));
    if (!image) throw not_found("ImageNotFound", "Image not found.");
    return *image;
}
Json show(Call& call) { return Json::object({{"image", whole(call, image_of(call))}}); }
void remove(Call& call) { glance::delete_image(call, call.scope(), call.path("image_id")); }

// ---- metadata ----

Json save(Call& call, const ImageFacts& image, const Json& metadata) {
    logic::check_metadata(metadata, store::limit_of(call.tx, call.project(), "metadata_items"));
    glance::set_properties(call, call.scope(), image.id, metadata);
    return Json::object({{"metadata", metadata}});
}
const Json& items_in(const Json& body) {
    const Json& items = only_member(body, "metadata");
    logic::check_metadata(items, -1);
    return items;
}

Json list_metadata(Call& call) { return Json::object({{"metadata", metadata_of(image_of(call))}}); }
Json add_metadata(Call& call, const Json& body) {
    const Json& items = items_in(body);
    ImageFacts image = image_of(call);
    Json merged = metadata_of(image);
    for (auto& [key, value] : items.as_object()) merged[key] = value;
    return save(call, image, merged);
}
Json replace_metadata(Call& call, const Json& body) {
    const Json& items = items_in(body);
    return save(call, image_of(call), items);
}
Json show_item(Call& call) {
    Json metadata = metadata_of(image_of(call));
    const Json* found = metadata.find(call.path("key"));
    if (!found) throw not_found("MetadataItemNotFound", "Metadata item was not found");
    return Json::object({{"meta", Json::object({{call.path("key"), *found}})}});
}
Json set_item(Call& call, const Json& body) {
    const Json& meta = only_member(body, "meta");
    logic::check_metadata(meta, -1);
    if (meta.size() != 1 || !meta.has(call.path("key")))
        throw bad_request("ValidationError", "Request body and URI mismatch");
    ImageFacts image = image_of(call);
    Json merged = metadata_of(image);
    merged[call.path("key")] = meta.at(call.path("key"));
    save(call, image, merged);
    return Json::object({{"meta", meta}});
}
void remove_item(Call& call) {
    ImageFacts image = image_of(call);
    Json rest = metadata_of(image);
    if (!rest.has(call.path("key")))
        throw not_found("MetadataItemNotFound", "Metadata item was not found");
    rest.erase(call.path("key"));
    save(call, image, rest);
}

RouteOptions for_lists() {
    RouteOptions options = until_version(35);
    options.tolerant_query = true;
    return options;
}
} // namespace

// Who may what is glance's to say, as upstream leaves it to glance.
Resource image_proxy_resource() {
    return Resource()
        .on("GET /v2.1/images", enforced_by_handler, list, for_lists())
        .on("GET /v2.1/images/detail", enforced_by_handler, list_detail, for_lists())
        .on("GET /v2.1/images/{image_id}", enforced_by_handler, show, until_version(35))
        .on("DELETE /v2.1/images/{image_id}", enforced_by_handler, remove, until_version(35))
        .on("GET /v2.1/images/{image_id}/metadata", enforced_by_handler, list_metadata,
            until_version(38))
        .on("POST /v2.1/images/{image_id}/metadata", enforced_by_handler, add_metadata,
            until_version(38))
        .on("PUT /v2.1/images/{image_id}/metadata", enforced_by_handler, replace_metadata,
            until_version(38))
        .on("GET /v2.1/images/{image_id}/metadata/{key}", enforced_by_handler, show_item,
            until_version(38))
        .on("PUT /v2.1/images/{image_id}/metadata/{key}", enforced_by_handler, set_item,
            until_version(38))
        .on("DELETE /v2.1/images/{image_id}/metadata/{key}", enforced_by_handler, remove_item,
            until_version(38));
}

} // namespace nephele::nova
