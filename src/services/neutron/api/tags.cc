// SPDX-License-Identifier: Apache-2.0
// /v2.0/{resource}/{id}/tags for every standard resource.
#include "base/strings.h"
#include "services/neutron/api/common.h"
#include "services/neutron/api/resources.h"

namespace nephele::neutron {
namespace {
constexpr std::size_t max_tags = 50;

void check_tag(const std::string& tag) {
    if (tag.empty() || utf8_length(tag) > 60)
        throw bad_request("HTTPBadRequest",
                          "Invalid input for tags. Reason: a tag has 1 to 60 characters.");
}

// Runs `change` on the tags of the record that the path names.
template <class T, class F>
Json with_tags(Call& call, const Table<T>& table, const char* rule_part, F&& change) {
    T record = need(call.tx, table, call.scope(), call.path("resource_id"));
    auto before = record.tags;
    call.enforce(std::string(rule_part), target_of(record.project_id));
    Json answer = change(record.tags);
    if (record.tags.size() > max_tags)
        throw bad_request("HTTPBadRequest", "A resource has at most 50 tags.");
    if (record.tags != before) update(call, table, record);
    return answer;
}

template <class F> Json on_resource(Call& call, const char* verb, F&& change) {
    const std::string& kind = call.path("resource");
    std::string rule = std::string(verb) + "_";
    auto run = [&](auto& table, const std::string& name) {
        return with_tags(call, table, (rule + name + "_tags").c_str(), change);
    };
    if (kind == "networks") return run(networks(), "networks");
    if (kind == "subnets") return run(subnets(), "subnets");
    if (kind == "ports") return run(ports(), "ports");
    if (kind == "routers") return run(routers(), "routers");
    if (kind == "floatingips") return run(floating_ips(), "floatingips");
    if (kind == "security-groups") return run(security_groups(), "security_groups");
    if (kind == "subnetpools") return run(subnet_pools(), "subnetpools");
    throw not_found("HTTPNotFound", "The resource could not be found.");
}

std::vector<std::string> tags_in(const Json& body) {
    const Json* list = body.find("tags");
    if (!list || !list->is_array()) throw bad_request("HTTPBadRequest", "Invalid tags body.");
    std::vector<std::string> out;
    for (auto& item : list->as_array()) {
        if (!item.is_string()) throw bad_request("HTTPBadRequest", "Invalid tags body.");
        check_tag(item.as_string());
        if (std::find(out.begin(), out.end(), item.as_string()) == out.end())
            out.push_back(item.as_string());
    }
    return out;
}

Json list(Call& call) {
    return on_resource(call, "get", [](std::vector<std::string>& tags) {
        return Json::object({{"tags", tags}});
    });
}
Json replace(Call& call, const Json& body) {
    auto wanted = tags_in(body);
    return on_resource(call, "update", [&](std::vector<std::string>& tags) {
        tags = wanted;
        return Json::object({{"tags", tags}});
    });
}
void clear(Call& call) {
    on_resource(call, "delete", [](std::vector<std::string>& tags) {
        tags.clear();
        return Json();
    });
}
void confirm(Call& call) {
    on_resource(call, "get", [&](std::vector<std::string>& tags) -> Json {
        if (std::find(tags.begin(), tags.end(), call.path("tag")) == tags.end())
            throw not_found("TagNotFound", format("Tag {} could not be found.", call.path("tag")));
        return Json();
    });
}
void add(Call& call) {
    check_tag(call.path("tag"));
    on_resource(call, "update", [&](std::vector<std::string>& tags) {
        if (std::find(tags.begin(), tags.end(), call.path("tag")) == tags.end())
            tags.push_back(call.path("tag"));
        return Json();
    });
    call.status = 201;
}
void remove(Call& call) {
    on_resource(call, "delete", [&](std::vector<std::string>& tags) -> Json {
        auto found = std::find(tags.begin(), tags.end(), call.path("tag"));
        if (found == tags.end())
            throw not_found("TagNotFound", format("Tag {} could not be found.", call.path("tag")));
        tags.erase(found);
        return Json();
    });
}
} // namespace

Resource tags_resource() {
    return Resource()
        .on("GET /v2.0/{resource}/{resource_id}/tags", enforced_by_handler, list)
        .on("PUT /v2.0/{resource}/{resource_id}/tags", enforced_by_handler, replace)
        .on("DELETE /v2.0/{resource}/{resource_id}/tags", enforced_by_handler, clear)
        .on("GET /v2.0/{resource}/{resource_id}/tags/{tag}", enforced_by_handler, confirm)
        .on("PUT /v2.0/{resource}/{resource_id}/tags/{tag}", enforced_by_handler, add)
        .on("DELETE /v2.0/{resource}/{resource_id}/tags/{tag}", enforced_by_handler, remove);
}

} // namespace nephele::neutron
