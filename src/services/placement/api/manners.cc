// SPDX-License-Identifier: Apache-2.0
#include "services/placement/api/manners.h"

namespace nephele::placement {
using namespace api;
namespace {
http::Response error(const Failure& failure, const http::RequestHead&,
                     const std::string& request_id) {
    Json one = Json::object({{"status", failure.status()},
                             {"title", http::reason_phrase(failure.status())},
                             {"detail", failure.what()},
                             {"request_id", request_id}});
    bool coded = failure.code().rfind("placement.", 0) == 0;
    one["code"] = coded ? failure.code() : "placement.undefined_code";
    return json_response(failure.status(), Json::object({{"errors", Json::array({one})}}));
}

policy::Rule rule(const char* name, const char* method, const char* path, const char* what) {
    return {name, "rule:admin_or_service_api", what, {{method, path}}, {}};
}
} // namespace

Manners manners() {
    Manners m;
    m.error = error;
    m.versions.negotiated = true;
    m.versions.service_type = "placement";
    m.versions.min = {1, 0};
    // 1.25 adds granular request groups, which are not built.
    m.versions.max = {1, 24};
    m.lenient = false;
    m.admin_rule = "admin_or_service_api";
    m.paging.unknown_query_is_error = true;
    return m;
}

std::vector<policy::Rule> policies() {
    return {
        {"admin_or_service_api",
         "role:admin or role:service",
         "Administrators and services.",
         {},
         {}},
        {"admin_or_project_reader_or_service_api",
         "role:admin or role:service or (role:reader and project_id:%(project_id)s)",
         "Readers of a project too.",
         {},
         {}},
        rule("placement:resource_providers:list", "GET", "/resource_providers", "List providers."),
        rule("placement:resource_providers:create", "POST", "/resource_providers", "Make one."),
        rule("placement:resource_providers:show", "GET", "/resource_providers/{uuid}", "Show one."),
        rule("placement:resource_providers:update", "PUT", "/resource_providers/{uuid}", "Rename."),
        rule("placement:resource_providers:delete", "DELETE", "/resource_providers/{uuid}",
             "Remove."),
        rule("placement:resource_providers:inventories:list", "GET",
             "/resource_providers/{uuid}/inventories", "List inventories."),
        rule("placement:resource_providers:inventories:create", "POST",
             "/resource_providers/{uuid}/inventories", "Add one inventory."),
        rule("placement:resource_providers:inventories:show", "GET",
             "/resource_providers/{uuid}/inventories/{resource_class}", "Show one inventory."),
        rule("placement:resource_providers:inventories:update", "PUT",
             "/resource_providers/{uuid}/inventories", "Replace inventories."),
        rule("placement:resource_providers:inventories:delete", "DELETE",
             "/resource_providers/{uuid}/inventories", "Remove inventories."),
        rule("placement:resource_providers:aggregates:list", "GET",
             "/resource_providers/{uuid}/aggregates", "List aggregates."),
        rule("placement:resource_providers:aggregates:update", "PUT",
             "/resource_providers/{uuid}/aggregates", "Set aggregates."),
        rule("placement:resource_providers:traits:list", "GET", "/resource_providers/{uuid}/traits",
             "List traits."),
        rule("placement:resource_providers:traits:update", "PUT",
             "/resource_providers/{uuid}/traits", "Set traits."),
        rule("placement:resource_providers:traits:delete", "DELETE",
             "/resource_providers/{uuid}/traits", "Remove traits."),
        rule("placement:resource_providers:usages", "GET", "/resource_providers/{uuid}/usages",
             "Usages of a provider."),
        rule("placement:resource_providers:allocations:list", "GET",
             "/resource_providers/{uuid}/allocations", "Allocations on a provider."),
        rule("placement:resource_classes:list", "GET", "/resource_classes", "List classes."),
        rule("placement:resource_classes:create", "POST", "/resource_classes", "Make a class."),
        rule("placement:resource_classes:show", "GET", "/resource_classes/{name}", "Show a class."),
        rule("placement:resource_classes:update", "PUT", "/resource_classes/{name}",
             "Ensure a class."),
        rule("placement:resource_classes:delete", "DELETE", "/resource_classes/{name}",
             "Remove it."),
        rule("placement:traits:list", "GET", "/traits", "List traits."),
        rule("placement:traits:show", "GET", "/traits/{name}", "Check a trait."),
        rule("placement:traits:update", "PUT", "/traits/{name}", "Ensure a custom trait."),
        rule("placement:traits:delete", "DELETE", "/traits/{name}", "Remove a custom trait."),
        {"placement:usages",
         "rule:admin_or_project_reader_or_service_api",
         "Usages of a project.",
         {{"GET", "/usages"}},
         {}},
        rule("placement:allocations:list", "GET", "/allocations/{consumer_uuid}", "Show."),
        rule("placement:allocations:update", "PUT", "/allocations/{consumer_uuid}", "Replace."),
        rule("placement:allocations:manage", "POST", "/allocations", "Several consumers at once."),
        rule("placement:allocations:delete", "DELETE", "/allocations/{consumer_uuid}", "Release."),
        rule("placement:allocation_candidates:list", "GET", "/allocation_candidates",
             "Candidates."),
    };
}

} // namespace nephele::placement
