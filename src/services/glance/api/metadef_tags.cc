// SPDX-License-Identifier: Apache-2.0
// Tags of a namespace: words to choose from, one at a time or many.
#include "services/glance/api/metadefs.h"

#include <set>

namespace nephele::glance {
using namespace api;
namespace {
constexpr const char* what = "tag";

Json names_of(const std::vector<MetadefTag>& tags) {
    Json out = Json::array();
    for (auto& tag : tags) out.push_back(Json::object({{"name", tag.name}}));
    return Json::object({{"tags", std::move(out)}});
}

Json list(Call& call, Page& asked) {
    auto space = need_namespace(call, "get_metadef_tags");
    Page page = contents_page(call, asked);
    if (!page.marker.empty())
        page.marker = need_in(call, metadef_tags(), space, what, page.marker).id;
    return names_of(
        shape::list(call.tx, metadef_tags(), Scope::all(), page, {"namespace_id = ?", {space.id}})
            .items);
}

MetadefTag create(Call& call) {
    auto space = need_namespace(call, "add_metadef_tag");
    Reading reading;
    auto body = TagBody::shape().parse(Json::object({{"name", call.path("tag_name")}}), reading);
    check_free(call, metadef_tags(), space, what, body.name);
    return store::add_tag(call, space.id, body.name);
}

bool appending(const Call& call) {
    std::string word = lower(trim(call.in.head.headers.get("X-Openstack-Append")));
    return word == "true" || word == "1" || word == "yes" || word == "on" || word == "t" ||
           word == "y";
}

// Instead of those there were, or besides them.
Json create_many(Call& call, const Json& json) {
    auto space = need_namespace(call, "add_metadef_tags");
    auto body = read_metadef<TagsBody>(json);
    bool append = appending(call);
    if (!append) store::erase_all_in(call, metadef_tags(), space.id);
    std::set<std::string> names;
    if (append)
        for (auto& tag : store::all_in(call.tx, metadef_tags(), space.id)) names.insert(tag.name);
    std::vector<MetadefTag> made;
    for (auto& tag : body.tags) {
        if (!names.insert(tag.name).second) throw duplicate(what, tag.name, space);
        made.push_back(store::add_tag(call, space.id, tag.name));
    }
    return names_of(made);
}

MetadefTag show(Call& call) {
    auto space = need_namespace(call, "get_metadef_tag");
    return need_in(call, metadef_tags(), space, what, call.path("tag_name"));
}

MetadefTag update(Call& call, const Json& json) {
    auto space = need_namespace(call, "modify_metadef_tag");
    auto tag = need_in(call, metadef_tags(), space, what, call.path("tag_name"));
    auto body = read_metadef<TagBody>(json);
    if (body.name != tag.name) check_free(call, metadef_tags(), space, what, body.name);
    tag.name = body.name;
    shape::update(call, metadef_tags(), tag);
    return tag;
}

void remove(Call& call) {
    auto space = need_namespace(call, "delete_metadef_tag");
    auto tag = need_in(call, metadef_tags(), space, what, call.path("tag_name"));
    check_unprotected(space, what, tag.name);
    erase(call, metadef_tags(), tag);
}
} // namespace

Resource metadef_tag_resource() {
    return Resource()
        .on("GET /v2/metadefs/namespaces/{namespace_name}/tags", enforced_by_handler, list)
        .on("POST /v2/metadefs/namespaces/{namespace_name}/tags", enforced_by_handler, create_many,
            created)
        .on("POST /v2/metadefs/namespaces/{namespace_name}/tags/{tag_name}", enforced_by_handler,
            create, created)
        .on("GET /v2/metadefs/namespaces/{namespace_name}/tags/{tag_name}", enforced_by_handler,
            show)
        .on("PUT /v2/metadefs/namespaces/{namespace_name}/tags/{tag_name}", enforced_by_handler,
            update)
        .on("DELETE /v2/metadefs/namespaces/{namespace_name}/tags/{tag_name}", enforced_by_handler,
            remove);
}

} // namespace nephele::glance
