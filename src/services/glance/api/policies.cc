// SPDX-License-Identifier: Apache-2.0
// Policy rules with upstream's names and defaults.
#include "services/glance/api/manners.h"

namespace nephele::glance {
namespace {
constexpr const char* admin = "role:admin";
constexpr const char* member = "role:admin or (role:member and project_id:%(project_id)s)";
constexpr const char* owning_member =
    "role:admin or (role:member and project_id:%(project_id)s and project_id:%(owner)s)";
constexpr const char* reader = "role:admin or (role:reader and project_id:%(project_id)s)";
constexpr const char* seeing_reader =
    "role:admin or (role:reader and (project_id:%(project_id)s or project_id:%(member_id)s or "
    "'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s))";
constexpr const char* seeing_member =
    "role:admin or (role:member and (project_id:%(project_id)s or project_id:%(member_id)s or "
    "'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s))";
constexpr const char* involved_reader =
    "role:admin or (role:reader and (project_id:%(project_id)s or project_id:%(member_id)s))";
constexpr const char* invited_member = "role:admin or (role:member and project_id:%(member_id)s)";
constexpr const char* service = "role:service";
constexpr const char* serving_member =
    "role:service or role:admin or (role:member and project_id:%(project_id)s)";

policy::Rule rule(const char* name, const char* check, const char* what, const char* method,
                  const char* path) {
    return {name, check, what, {{method, path}}, {"project"}};
}
} // namespace

std::vector<policy::Rule> policies() {
    return {
        {"context_is_admin", admin, "Sees the images of all projects.", {}, {}},
        {"default", "", "Schemas and what the site can do: everybody with a token.", {}, {}},
        rule("add_image", owning_member, "Create an image.", "POST", "/v2/images"),
        rule("delete_image", member, "Delete an image.", "DELETE", "/v2/images/{image_id}"),
        rule("get_image", seeing_reader, "Show an image.", "GET", "/v2/images/{image_id}"),
        rule("get_images", reader, "List images.", "GET", "/v2/images"),
        rule("modify_image", member, "Change an image or its tags.", "PATCH",
             "/v2/images/{image_id}"),
        rule("publicize_image", admin, "Make an image public.", "PATCH", "/v2/images/{image_id}"),
        rule("communitize_image", member, "Offer an image to the community.", "PATCH",
             "/v2/images/{image_id}"),
        rule("download_image", seeing_member, "Download an image's data.", "GET",
             "/v2/images/{image_id}/file"),
        rule("upload_image", member, "Upload an image's data.", "PUT",
             "/v2/images/{image_id}/file"),
        rule("deactivate", member, "Deactivate an image.", "POST",
             "/v2/images/{image_id}/actions/deactivate"),
        rule("reactivate", member, "Activate an image again.", "POST",
             "/v2/images/{image_id}/actions/reactivate"),
        rule("get_image_location", reader, "See where an image's data lies.", "GET",
             "/v2/images/{image_id}"),
        rule("set_image_location", member, "Say where an image's data lies.", "PATCH",
             "/v2/images/{image_id}"),
        rule("add_image_location", serving_member, "Fill a new image from an address.", "POST",
             "/v2/images/{image_id}/locations"),
        rule("fetch_image_location", service, "See where an image's data lies, as a service.",
             "GET", "/v2/images/{image_id}/locations"),
        rule("delete_image_location", admin, "Remove one copy of an image's data.", "DELETE",
             "/v2/stores/{store_id}/{image_id}"),
        rule("cache_list", admin, "See what is cached and queued.", "GET", "/v2/cache"),
        rule("cache_image", admin, "Have an image cached.", "PUT", "/v2/cache/{image_id}"),
        rule("cache_delete", admin, "Take images out of cache and queue.", "DELETE", "/v2/cache"),
        rule("cache_clean", admin, "Take invalid copies out of the cache.", "POST",
             "/v2/cache/clean"),
        rule("cache_prune", admin, "Bring the cache down to its bound.", "POST", "/v2/cache/prune"),
        rule("stores_info_detail", admin, "See how the stores are configured.", "GET",
             "/v2/info/stores/detail"),
        rule("copy_image", admin, "Copy an image to more stores.", "POST",
             "/v2/images/{image_id}/import"),
        rule("tasks_api_access", admin, "Make and see tasks.", "GET", "/v2/tasks"),
        rule("add_member", member, "Share an image with a project.", "POST",
             "/v2/images/{image_id}/members"),
        rule("delete_member", member, "Stop sharing with a project.", "DELETE",
             "/v2/images/{image_id}/members/{member_id}"),
        rule("get_member", involved_reader, "Show a member.", "GET",
             "/v2/images/{image_id}/members/{member_id}"),
        rule("get_members", involved_reader, "List members.", "GET",
             "/v2/images/{image_id}/members"),
        rule("modify_member", invited_member, "Accept or reject a shared image.", "PUT",
             "/v2/images/{image_id}/members/{member_id}"),
    };
}

} // namespace nephele::glance
