// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/state.h"

#include "platform/context/context.h"
#include "services/glance/drivers/filesystem.h"
#include "services/glance/ops/cached_data.h"
#include "services/glance/ops/format_options.h"

#include <algorithm>

namespace nephele::glance {

std::shared_ptr<void> Uploads::hold(const std::string& image_id) {
    std::lock_guard lock(mutex_);
    if (!ids_.insert(image_id).second) return nullptr;
    return std::shared_ptr<void>(this, [image_id](void* self) {
        auto& uploads = *static_cast<Uploads*>(self);
        std::lock_guard lock(uploads.mutex_);
        uploads.ids_.erase(image_id);
    });
}

bool Uploads::holds(const std::string& image_id) const {
    std::lock_guard lock(mutex_);
    return ids_.count(image_id) > 0;
}

std::shared_ptr<void> Tokens::keep(const std::string& task_id, const std::string& token) {
    std::lock_guard lock(mutex_);
    kept_[task_id] = {token};
    return std::shared_ptr<void>(this, [task_id](void* self) {
        auto& tokens = *static_cast<Tokens*>(self);
        std::lock_guard lock(tokens.mutex_);
        auto found = tokens.kept_.find(task_id);
        if (found != tokens.kept_.end() && !found->second.started) tokens.kept_.erase(found);
    });
}

void Tokens::started(const std::string& task_id) {
    std::lock_guard lock(mutex_);
    if (auto found = kept_.find(task_id); found != kept_.end()) found->second.started = true;
}

std::string Tokens::find(const std::string& task_id) const {
    std::lock_guard lock(mutex_);
    auto found = kept_.find(task_id);
    return found == kept_.end() ? "" : found->second.token;
}

void Tokens::forget(const std::string& task_id) {
    std::lock_guard lock(mutex_);
    kept_.erase(task_id);
}

namespace {
void read_import_options(State& state, const Config& config) {
    state.import_methods = config.list("glance.import_methods");
    auto& filter = state.import_filter;
    filter.allowed_schemes = config.list("glance.import_allowed_schemes");
    filter.disallowed_schemes = config.list("glance.import_disallowed_schemes");
    filter.allowed_hosts = config.list("glance.import_allowed_hosts");
    filter.disallowed_hosts = config.list("glance.import_disallowed_hosts");
    filter.allowed_ports = config.list("glance.import_allowed_ports");
    filter.disallowed_ports = config.list("glance.import_disallowed_ports");
    try {
        state.egress = http::tenant_egress(config.list("glance.import_allowed_networks"));
    } catch (const std::invalid_argument& error) {
        throw bad_request("BadConfig",
                          std::string("glance.import_allowed_networks: ") + error.what());
    }
    state.remote_properties = config.list("glance.download_properties");
    state.task_hours = config.integer("glance.task_time_to_live");
}
} // namespace

std::shared_ptr<State> make_state(Cloud& cloud) {
    const Config& config = cloud.config();
    auto state = std::make_shared<State>();
    state->stores = configured_stores(config);
    std::string staging = config.text("glance.staging_directory");
    state->staging = filesystem_store(
        staging.empty() ? config.text("data.directory") + "/images-staging" : staging);
    read_import_options(*state, config);
    state->quotas.properties = config.integer("glance.image_property_quota");
    state->quotas.tags = config.integer("glance.image_tag_quota");
    state->quotas.members = config.integer("glance.image_member_quota");
    state->quotas.locations = config.integer("glance.image_location_quota");
    state->show_locations = config.boolean("glance.show_multiple_locations");
    state->show_direct_url = config.boolean("glance.show_image_direct_url");
    state->quotas.image_size = config.integer("glance.image_size_cap");
    state->quotas.stored_bytes = config.integer("glance.user_storage_quota");
    state->format_rules = glance::format_rules(config);
    state->plugins = import_plugins(config);
    state->uploads_at_once =
        std::make_unique<Admission>("uploads", config.integer("glance.concurrent_uploads"));
    state->downloads_at_once =
        std::make_unique<Admission>("downloads", config.integer("glance.concurrent_downloads"));
    std::string certificates = config.text("glance.certificate_directory");
    state->certificates = site_certificates(
        cloud,
        certificates.empty() ? config.text("data.directory") + "/certificates" : certificates);
    return state;
}

void start_cache(Cloud& cloud, State& state) {
    const Config& config = cloud.config();
    auto bytes = config.integer("glance.image_cache_max_size");
    if (bytes <= 0) return;
    std::string directory = config.text("glance.image_cache_dir");
    if (directory.empty()) directory = config.text("data.directory") + "/images-cache";
    state.cache = std::make_unique<ImageCache>(
        ImageCache::Options{.directory = directory,
                            .max_bytes = static_cast<std::uint64_t>(bytes),
                            .fills = static_cast<int>(std::clamp<std::int64_t>(
                                config.integer("glance.image_cache_fills"), 1, 64))},
        cloud.clock());
    state.cache->on_change([&cloud] { tell_cache(cloud); });
}

} // namespace nephele::glance
