// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/catalog.h"

namespace nephele::keystone::logic {
namespace {

// Calls `take` with each key between "$(" or "%(" and ")s"; false on an unfinished one.
template <class Text, class Key> bool walk(std::string_view url, Text&& text, Key&& key) {
    std::size_t at = 0;
    while (at < url.size()) {
        const bool opens = (url[at] == '$' || url[at] == '%') && url.substr(at + 1, 1) == "(";
        if (!opens) {
            text(url[at++]);
            continue;
        }
        const auto close = url.find(")s", at);
        if (close == url.npos || !key(url.substr(at + 2, close - at - 2))) return false;
        at = close + 2;
    }
    return true;
}

} // namespace

std::optional<std::string> fill_url(std::string_view url, std::string_view project_id,
                                    std::string_view user_id) {
    std::string out;
    const bool filled = walk(
        url, [&](char c) { out += c; },
        [&](std::string_view key) {
            const std::string_view value = key == "project_id" || key == "tenant_id" ? project_id
                                           : key == "user_id"                        ? user_id
                                                              : std::string_view();
            out += value;
            return !value.empty();
        });
    if (!filled) return std::nullopt;
    return out;
}

bool is_url_template(std::string_view url) {
    return walk(
        url, [](char) {},
        [](std::string_view key) {
            for (const auto* known :
                 {"project_id", "tenant_id", "user_id", "public_bind_host", "admin_bind_host",
                  "compute_host", "admin_port", "public_port", "public_endpoint", "admin_endpoint"})
                if (key == known) return true;
            return false;
        });
}

Json catalog_for(const std::vector<ServiceEntry>& services, const std::vector<Endpoint>& endpoints,
                 std::string_view project_id, std::string_view user_id, EmptyServices empty) {
    Json::Array catalog;
    for (const auto& service : services) {
        if (!service.enabled) continue;
        Json::Array shown;
        for (const auto& endpoint : endpoints) {
            if (endpoint.service_id != service.id || !endpoint.enabled) continue;
            const auto url = fill_url(endpoint.url, project_id, user_id);
            if (!url) continue;
            shown.push_back(Json::object({{"id", endpoint.id},
                                          {"interface", endpoint.interface},
                                          {"region_id", endpoint.region_id},
                                          {"url", *url},
                                          {"region", endpoint.region_id}}));
        }
        if (shown.empty() && empty == EmptyServices::left_out) continue;
        catalog.push_back(Json::object({{"endpoints", Json(std::move(shown))},
                                        {"id", service.id},
                                        {"type", service.type},
                                        {"name", service.name.value_or("")}}));
    }
    return Json(std::move(catalog));
}

} // namespace nephele::keystone::logic
