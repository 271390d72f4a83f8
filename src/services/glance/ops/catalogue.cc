// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/catalogue.h"

#include "base/strings.h"
#include "platform/policy/policy.h"
#include "services/glance/logic/image_schema.h"
#include "services/glance/logic/imports.h"
#include "services/glance/ops/state.h"
#include "services/glance/store/usage.h"
#include "services/keystone/client.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace nephele::glance {
namespace {
constexpr std::int64_t mebibyte = 1 << 20;

// A limit nobody registered does not hold.
std::optional<std::int64_t> limit_of(Context& context, const char* name,
                                     const std::string& project) {
    auto found = keystone::client::find_limit(context.cloud, context.tx, "image", name, project);
    if (!found || found->limit < 0) return std::nullopt;
    return found->limit;
}

void check_count(Context& context, const char* name, const std::string& project,
                 std::int64_t wanted) {
    auto limit = limit_of(context, name, project);
    if (limit && wanted > *limit)
        throw Failure(Fault::too_large, "LimitExceeded",
                      format("Project {} is over a limit for {}: {} wanted, {} allowed. Delete "
                             "images or ask for a higher limit.",
                             project, name, wanted, *limit));
}

bool limited(const Context& context) { return context.cloud.state<Catalogue>().keystone_limits; }
} // namespace

std::string read_site_file(const std::string& path) {
    std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
    if (!file)
        throw bad_request("BadConfig", format("{} cannot be read: {}", path, std::strerror(errno)));
    std::string out;
    char piece[65536];
    for (std::size_t got; (got = std::fread(piece, 1, sizeof piece, file.get())) > 0;)
        out.append(piece, got);
    return out;
}

std::vector<Option> catalogue_options() {
    return {
        {"glance.property_protection_file", "",
         "Who may create, read, update and delete which custom properties, in sections of "
         "expressions over their names; empty: no protection."},
        {"glance.property_protection_rule_format", "roles",
         "What that file names: roles, or policies."},
        {"glance.schema_image_file", "",
         "JSON file of custom properties and the schemas of their values; empty: none."},
        {"glance.use_keystone_limits", false,
         "Hold projects to the unified limits image_size_total, image_stage_total (MiB), "
         "image_count_total and image_count_uploading."},
        {"glance.metadefs_directory", "",
         "Metadata definitions added at start where they are missing: *.json in upstream's form "
         "(Debian: /usr/share/glance-common/metadefs); empty: none."},
    };
}

std::shared_ptr<Catalogue> make_catalogue(const Config& config) {
    auto out = std::make_shared<Catalogue>();
    std::string form = config.text("glance.property_protection_rule_format");
    if (form != "roles" && form != "policies")
        throw bad_request("BadConfig",
                          "glance.property_protection_rule_format is roles or policies");
    if (auto path = config.text("glance.property_protection_file"); !path.empty())
        out->protections =
            logic::Protections::parse(read_site_file(path), path, form == "policies");
    if (auto path = config.text("glance.schema_image_file"); !path.empty())
        out->image_schema = logic::read_image_schema(read_site_file(path), path);
    out->keystone_limits = config.boolean("glance.use_keystone_limits");
    return out;
}

bool permits_property(Cloud& cloud, const Principal& who, logic::PropertyAction action,
                      const std::string& name) {
    return cloud.state<Catalogue>().protections.permits(
        action, name, who.roles, [&](const std::string& rule) {
            return who.is_internal || cloud.policy_of("glance").check(rule, who);
        });
}

void check_taken_properties(Cloud& cloud, const Image& image, const Json& properties,
                            const std::string& user, const std::string& project,
                            const std::vector<std::string>& roles) {
    if (!cloud.state<Catalogue>().protections.enforced()) return;
    Principal who;
    who.user_id = user;
    who.project_id = project;
    who.roles = roles;
    for (auto& [name, value] : properties.as_object()) {
        auto action = image.properties.has(name) ? logic::PropertyAction::update
                                                 : logic::PropertyAction::create;
        if (!permits_property(cloud, who, action, name))
            throw forbidden("PropertyProtected", format("Property '{}' is protected", name));
    }
}

logic::Quotas quotas_of(Context& context, const std::string& project) {
    logic::Quotas quotas = context.cloud.state<State>().quotas;
    if (!limited(context)) return quotas;
    if (auto limit = limit_of(context, "image_size_total", project)) {
        std::int64_t bytes = *limit > INT64_MAX / mebibyte ? INT64_MAX : *limit * mebibyte;
        bool narrower = quotas.stored_bytes <= 0 || bytes < quotas.stored_bytes;
        if (narrower) quotas.stored_bytes = bytes;
        quotas.stores_nothing = bytes == 0;
    }
    return quotas;
}

void check_image_count(Context& context, const std::string& project) {
    if (!limited(context)) return;
    check_count(context, "image_count_total", project,
                store::usage_of(context.tx, project).images + 1);
}

void check_uploading(Context& context, const std::string& project) {
    if (!limited(context)) return;
    check_count(context, "image_count_uploading", project,
                store::usage_of(context.tx, project).uploading + 1);
}

std::int64_t stageable(Context& context, const std::string& project, std::int64_t most) {
    if (!limited(context)) return most;
    auto limit = limit_of(context, "image_stage_total", project);
    if (!limit) return most;
    auto staged = store::usage_of(context.tx, project).staged_bytes;
    // The limit counts whole MiB: what has begun counts whole.
    check_count(context, "image_stage_total", project, staged / mebibyte + 1);
    std::int64_t bytes = *limit > INT64_MAX / mebibyte ? INT64_MAX : *limit * mebibyte;
    return std::min(most, bytes - staged);
}

void check_fetching(Context& context, const Image& image, const std::string& method) {
    if (method != logic::web_download && method != logic::glance_download) return;
    std::string owner = image.owner.value_or("");
    check_uploading(context, owner);
    stageable(context, owner, INT64_MAX);
}

Json usage_and_limits(Context& context, const std::string& project) {
    Json out = Json::object();
    if (!limited(context)) return out;
    auto usage = store::usage_of(context.tx, project);
    auto put = [&](const char* name, std::int64_t used) {
        out[name] = Json::object(
            {{"usage", used}, {"limit", limit_of(context, name, project).value_or(-1)}});
    };
    put("image_size_total", usage.stored_bytes / mebibyte);
    put("image_stage_total", usage.staged_bytes / mebibyte);
    put("image_count_total", usage.images);
    put("image_count_uploading", usage.uploading);
    return out;
}

} // namespace nephele::glance
