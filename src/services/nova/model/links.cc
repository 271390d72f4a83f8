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

Json bookmark_of(const std::string& base_url, const std::string& collection,
                 const std::string& id) {
    return Json(Json::Array{link("bookmark", base_url + "/" + collection + "/" + id)});
}

} // namespace nephele::nova
