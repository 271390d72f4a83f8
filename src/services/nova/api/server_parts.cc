// SPDX-License-Identifier: Apache-2.0
// Metadata and tags of servers.
#include "base/strings.h"
#include "services/nova/api/manners.h"
#include "services/nova/api/server_view.h"
#include "services/nova/logic/server_checks.h"
#include "services/nova/model/links.h"
#include "services/nova/ops/guest.h"
#include "services/nova/store/quotas.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
using namespace api;
namespace {

// ---- metadata ----

void save_metadata(Call& call, Server& server, Json metadata) {
    logic::check_metadata(metadata, store::limit_of(call.tx, server.project_id, "metadata_items"));
    server.metadata = std::move(metadata);
    shape::update(call, servers(), server);
    // The metadata service reads what its host was given.
    refresh_documents(call, server);
}

const Json& items_in(const Json& body) {
    const Json& items = only_member(body, "metadata");
    logic::check_metadata(items, -1);
    return items;
}

Json whole(const Server& server) { return Json::object({{"metadata", server.metadata}}); }

Json list_metadata(Call& call) { return whole(server_of(call)); }

Json add_metadata(Call& call, const Json& body) {
    const Json& items = items_in(body);
    Server server = server_for(call, "update_instance_metadata");
    Json merged = server.metadata;
    for (auto& [key, value] : items.as_object()) merged[key] = value;
    save_metadata(call, server, std::move(merged));
    return whole(server);
}

Json replace_metadata(Call& call, const Json& body) {
    const Json& items = items_in(body);
    Server server = server_for(call, "update_instance_metadata");
    save_metadata(call, server, items);
    return whole(server);
}

const Json& item_of(Call& call, const Server& server) {
    const Json* found = server.metadata.find(call.path("key"));
    if (!found) throw not_found("MetadataItemNotFound", "Metadata item was not found");
    return *found;
}

Json show_item(Call& call) {
    Server server = server_of(call);
    return Json::object({{"meta", Json::object({{call.path("key"), item_of(call, server)}})}});
}

Json set_item(Call& call, const Json& body) {
    const Json& meta = only_member(body, "meta");
    if (!meta.is_object() || meta.size() != 1)
        throw bad_request("ValidationError", "Request body contains too many items");
    if (!meta.has(call.path("key")))
        throw bad_request("ValidationError", "Request body and URI mismatch");
    logic::check_metadata(meta, -1);
    Server server = server_for(call, "update_instance_metadata");
    Json merged = server.metadata;
    merged[call.path("key")] = meta.at(call.path("key"));
    save_metadata(call, server, std::move(merged));
    return Json::object({{"meta", meta}});
}

void remove_item(Call& call) {
    Server server = server_for(call, "delete_instance_metadata");
    item_of(call, server);
    Json rest = server.metadata;
    rest.erase(call.path("key"));
    save_metadata(call, server, std::move(rest));
}

// ---- tags ----

constexpr std::size_t tags_at_most = 50;

void check_tag(const std::string& tag) {
    if (tag.empty() || utf8_length(tag) > 60 || tag.find(',') != std::string::npos ||
        tag.find('/') != std::string::npos)
        throw bad_request("ValidationError",
                          format("Tag '{}' is invalid. It must be a text of 1 to 60 characters "
                                 "without commas and slashes.",
                                 tag.substr(0, 100)));
}

bool has_tag(const Server& server, const std::string& tag) {
    return std::find(server.tags.begin(), server.tags.end(), tag) != server.tags.end();
}

Json list_tags(Call& call) { return Json::object({{"tags", Json(server_of(call).tags)}}); }

void show_tag(Call& call) {
    Server server = server_of(call);
    if (!has_tag(server, call.path("tag")))
        throw not_found("InstanceTagNotFound",
                        format("Instance {} has no tag '{}'", server.id, call.path("tag")));
}

void add_tag(Call& call) {
    check_tag(call.path("tag"));
    Server server = server_for(call, "update_tags");
    if (has_tag(server, call.path("tag"))) return;
    if (server.tags.size() >= tags_at_most)
        throw bad_request(
            "TooManyTags",
            format("The number of tags exceeded the per-server limit {}", tags_at_most));
    server.tags.push_back(call.path("tag"));
    shape::update(call, servers(), server);
    call.status = 201;
    call.headers.set("Location",
                     links_of(call.in.base_url, "servers", server.id).as_array()[0].text("href") +
                         "/tags/" + percent_encode(call.path("tag")));
}

Json replace_tags(Call& call, const Json& body) {
    const Json& tags = only_member(body, "tags");
    if (!tags.is_array() || tags.size() > tags_at_most)
        throw bad_request("ValidationError",
                          "Invalid input for field/attribute tags: a list of up to 50 tags.");
    std::vector<std::string> wanted;
    for (auto& tag : tags.as_array()) {
        if (!tag.is_string())
            throw bad_request("ValidationError", "Invalid input for field/attribute tags.");
        check_tag(tag.as_string());
        if (std::find(wanted.begin(), wanted.end(), tag.as_string()) == wanted.end())
            wanted.push_back(tag.as_string());
    }
    Server server = server_for(call, "update_tags");
    server.tags = std::move(wanted);
    shape::update(call, servers(), server);
    return Json::object({{"tags", Json(server.tags)}});
}

void remove_tag(Call& call) {
    show_tag(call);
    Server server = server_for(call, "update_tags");
    std::erase(server.tags, call.path("tag"));
    shape::update(call, servers(), server);
}

void remove_tags(Call& call) {
    Server server = server_for(call, "update_tags");
    server.tags.clear();
    shape::update(call, servers(), server);
}

RouteOptions since_2_26(int status = 0) {
    RouteOptions options;
    options.since = {2, 26};
    options.status = status;
    return options;
}
} // namespace

Resource server_parts_resource() {
    return Resource()
        .on("GET /v2.1/servers/{server_id}/metadata", rule("server-metadata:index"), list_metadata)
        .on("POST /v2.1/servers/{server_id}/metadata", rule("server-metadata:create"), add_metadata)
        .on("PUT /v2.1/servers/{server_id}/metadata", rule("server-metadata:update_all"),
            replace_metadata)
        .on("GET /v2.1/servers/{server_id}/metadata/{key}", rule("server-metadata:show"), show_item)
        .on("PUT /v2.1/servers/{server_id}/metadata/{key}", rule("server-metadata:update"),
            set_item)
        .on("DELETE /v2.1/servers/{server_id}/metadata/{key}", rule("server-metadata:delete"),
            remove_item)
        .on("GET /v2.1/servers/{server_id}/tags", rule("os-server-tags:index"), list_tags,
            since_2_26())
        .on("PUT /v2.1/servers/{server_id}/tags", rule("os-server-tags:update_all"), replace_tags,
            since_2_26())
        .on("DELETE /v2.1/servers/{server_id}/tags", rule("os-server-tags:delete_all"), remove_tags,
            since_2_26())
        .on("GET /v2.1/servers/{server_id}/tags/{tag}", rule("os-server-tags:show"), show_tag,
            since_2_26())
        .on("PUT /v2.1/servers/{server_id}/tags/{tag}", rule("os-server-tags:update"), add_tag,
            since_2_26())
        .on("DELETE /v2.1/servers/{server_id}/tags/{tag}", rule("os-server-tags:delete"),
            remove_tag, since_2_26());
}

} // namespace nephele::nova
