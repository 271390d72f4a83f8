// SPDX-License-Identifier: Apache-2.0
#include "services/nova/model/links.h"

namespace nephele::nova {
namespace {
Json link(const char* rel, std::string href) {
    return Json(Json::Object{{"rel", rel}, {"href", std::move(href)}});
}
} // namespace

Json links_of(const std::string& base_url, const std::string& collection, const std::string& id) {
    std::string tail = "/" + collection + "/" + id;
    return Json(
        Json::Array{link("self", base_url + "/v2.1" + tail), link("bookmark", base_url + tail)});
}

namespace {
void append_link(std::string& out, const char* rel, const std::string& base_url,
                 const char* version, std::string_view collection, const std::string& id) {
    out.append("{\"rel\":\"").append(rel).append("\",\"href\":");
    std::string href;
    href.reserve(base_url.size() + id.size() + collection.size() + 8);
    href.append(base_url).append(version).append("/").append(collection).append("/").append(id);
    append_json_string(out, href);
    out += '}';
}
} // namespace

void append_links(std::string& out, const std::string& base_url, std::string_view collection,
                  const std::string& id) {
    append_link(out += '[', "self", base_url, "/v2.1", collection, id);
    append_link(out += ',', "bookmark", base_url, "", collection, id);
    out += ']';
}

void append_bookmark(std::string& out, const std::string& base_url, std::string_view collection,
                     const std::string& id) {
    append_link(out += '[', "bookmark", base_url, "", collection, id);
    out += ']';
}

} // namespace nephele::nova
