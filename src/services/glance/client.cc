// SPDX-License-Identifier: Apache-2.0
#include "services/glance/client.h"

#include "base/strings.h"
#include "platform/operation/operation.h"
#include "platform/policy/policy.h"
#include "services/glance/drivers/store.h"
#include "services/glance/model/search.h"
#include "services/glance/ops/cached_data.h"
#include "services/glance/ops/catalogue.h"
#include "services/glance/ops/expected.h"
#include "services/glance/ops/object_body.h"
#include "services/glance/ops/uploads.h"
#include "services/glance/store/images.h"
#include "services/glance/store/members.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nephele::glance {
namespace {
constexpr std::int64_t kept_seconds = 900;
constexpr const char* own_prefix = "os_glance_";

ImageFacts facts_of(const Image& image) {
    ImageFacts facts;
    facts.id = image.id;
    facts.name = image.name.value_or("");
    facts.status = text_of_enum(image.status);
    facts.owner = image.owner.value_or("");
    facts.visibility = text_of_enum(image.visibility);
    facts.disk_format = image.disk_format.value_or("");
    facts.container_format = image.container_format.value_or("");
    facts.inspected_format = image.inspected_format.value_or("");
    // A copy in a store of files is used where it lies.
    if (image.has_data())
        for (auto& location : image.locations)
            if (facts.path.empty()) facts.path = path_of_location(location.url);
    facts.checksum = image.checksum.value_or("");
    facts.size = image.size.value_or(0);
    facts.virtual_size = image.virtual_size.value_or(0);
    facts.min_disk = image.min_disk;
    facts.min_ram = image.min_ram;
    facts.properties = image.properties;
    facts.is_protected = image.is_protected;
    facts.created_at = image.created_at;
    facts.updated_at = image.updated_at;
    return facts;
}

// Data in files goes with the commit; what lies elsewhere is left to the sweep, since the
// transaction's thread waits for no network.
void remove_with_data(Context& context, const Image& image) {
    store::erase(context, image);
    ops::cancel(context, "image", image.id, "The image has been deleted.");
    std::vector<Location> files;
    for (auto& location : image.locations)
        if (!path_of_location(location.url).empty()) files.push_back(location);
    auto& state = context.cloud.state<State>();
    context.tx.on_commit([&state, files] { remove_data(state, files); });
}

Image need_allowed(Context& context, const Scope& scope, const std::string& id, const char* rule) {
    auto image = find(context.tx, images(), scope, id);
    if (!image) throw not_found("ImageNotFound", "Image not found.");
    policy::Target target;
    target.set("project_id", image->owner.value_or(""));
    target.set("owner", image->owner.value_or(""));
    target.set("visibility", text_of_enum(image->visibility));
    if (!context.cloud.policy_of("glance").check(rule, context.who, target))
        throw forbidden("PolicyNotAuthorized", "That is for the image's owner.").with("rule", rule);
    return *image;
}
} // namespace

std::optional<ImageFacts> find_image(db::Tx& tx, const Scope& scope, const std::string& id) {
    auto image = find(tx, images(), scope, id);
    if (!image) return std::nullopt;
    return facts_of(*image);
}

shape::Listed<ImageFacts>
list_images(db::Tx& tx, const Scope& scope, const std::string& project, const shape::Page& page,
            const std::vector<std::pair<std::string, std::string>>& properties) {
    Search search;
    search.properties = properties;
    auto found = store::list(tx, scope, project, page, search);
    shape::Listed<ImageFacts> out;
    out.more = found.more;
    for (auto& image : found.items) out.items.push_back(facts_of(image));
    return out;
}

std::vector<ImageFacts>
images_with(db::Tx& tx, const std::string& owner,
            const std::vector<std::pair<std::string, std::string>>& properties) {
    shape::Page page;
    page.filters.push_back({"owner", shape::Filter::Op::eq, {owner}});
    page.sort = {{"created_at", true}, {"id", true}};
    Search search;
    search.properties = properties;
    std::vector<ImageFacts> out;
    for (auto& image : store::list(tx, Scope::all(), owner, page, search).items)
        out.push_back(facts_of(image));
    return out;
}

std::string create_image(Context& context, const WantedImage& wanted) {
    NewImage body;
    body.name = wanted.name;
    body.disk_format = wanted.disk_format;
    body.container_format = wanted.container_format;
    body.min_disk = wanted.min_disk;
    body.min_ram = wanted.min_ram;
    body.visibility = Visibility::owner_only;
    body.properties = wanted.properties;
    Image image = logic::new_image(body, context.new_uuid(), wanted.owner, context.now);
    logic::settle(image, context.cloud.state<State>().quotas);
    check_image_count(context, wanted.owner);
    store::insert(context, image);
    return image.id;
}

// ---- filling ----

namespace {
OpenObject open_file(const std::string& path) {
    int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat facts {};
    if (descriptor < 0 || ::fstat(descriptor, &facts) != 0) {
        int error = errno;
        if (descriptor >= 0) ::close(descriptor);
        // Another control node may be the one that has it.
        throw EngineFailure(EngineFailure::Kind::transient,
                            format("The data of the new image cannot be read on this control "
                                   "node: {}: {}",
                                   path, std::strerror(error)));
    }
    OpenObject object;
    object.descriptor = std::shared_ptr<int>(new int(descriptor), [](int* owned) {
        ::close(*owned);
        delete owned;
    });
    object.size = static_cast<std::uint64_t>(facts.st_size);
    return object;
}

Failure gone(const std::string& id) {
    return Failure(Fault::gone, "ImageGone",
                   format("Image {} was deleted while it was being made.", id));
}

struct Begun {
    Image image;
    Expected expected;
    bool filled = false; ///< already
};
Begun begin_filling(Context& context, const Filling& filling, Store& store) {
    auto found = find(context.tx, images(), Scope::all(), filling.image_id);
    if (!found) throw gone(filling.image_id);
    Begun begun{*found, {}, found->has_data()};
    if (begun.filled) return begun;
    Image& image = begun.image;
    image.disk_format = filling.disk_format;
    logic::check_can_receive(image);
    std::string owner = image.owner.value_or("");
    check_uploading(context, owner);
    auto limit =
        logic::receivable(store::stored_bytes(context.tx, owner), quotas_of(context, owner));
    begun.expected = expected_of(context, image, context.who.user_id, limit);
    mark_saving(context, image, store);
    return begun;
}
} // namespace

void fill_image(Cloud& cloud, const Filling& filling) {
    auto& state = cloud.state<State>();
    auto hold = state.uploads.hold(filling.image_id);
    if (!hold)
        throw EngineFailure(EngineFailure::Kind::transient,
                            format("another upload of image {} is just ending", filling.image_id));
    // Held by us and yet being saved: by a process that died.
    auto before = cloud.db().read(
        [&](db::Tx& tx) { return find(tx, images(), Scope::all(), filling.image_id); });
    if (before && before->status == Status::saving)
        abandon(cloud, filling.request_id, *before, "begun again");
    auto& store = state.stores.standard();
    Begun begun = write_as_cloud(cloud, filling.request_id, [&](Context& context) {
        return begin_filling(context, filling, *store.driver);
    });
    if (begun.filled) return;
    try {
        auto body = body_of(open_file(filling.path));
        StoppableBody stoppable(*body, filling.cancelled);
        Received received =
            receive(stoppable, *store.driver, *begun.image.location, begun.expected);
        write_as_cloud(cloud, filling.request_id, [&](Context& context) {
            mark_active(context, begun.image, store, received,
                        quotas_of(context, begun.image.owner.value_or("")));
        });
    } catch (const std::exception& error) {
        abandon(cloud, filling.request_id, begun.image, error.what());
        if (auto* transfer = dynamic_cast<const http::TransferError*>(&error))
            throw failure_of_transfer(*transfer);
        if (auto* failed = dynamic_cast<const StoreError*>(&error)) throw failure_of_store(*failed);
        throw;
    }
}

void discard_image(Context& context, const std::string& id) {
    if (auto image = find(context.tx, images(), Scope::all(), id))
        remove_with_data(context, *image);
}

// ---- for clients ----

void delete_image(Context& context, const Scope& scope, const std::string& id) {
    Image image = need_allowed(context, scope, id, "delete_image");
    logic::check_deletable(image);
    remove_with_data(context, image);
}

void set_properties(Context& context, const Scope& scope, const std::string& id,
                    const Json& properties) {
    Image image = need_allowed(context, scope, id, "modify_image");
    Json next = Json::object();
    for (auto& [name, value] : image.properties.as_object())
        if (name.rfind(own_prefix, 0) == 0) next[name] = value;
    for (auto& [name, value] : properties.as_object()) {
        if (name.rfind(own_prefix, 0) == 0) continue;
        logic::check_settable_name(name);
        next[name] = value;
    }
    image.properties = std::move(next);
    logic::settle(image, context.cloud.state<State>().quotas);
    store::update(context, image);
}

LocalCopy local_copy(Context& context, const std::string& image_id) {
    auto image = find(context.tx, images(), Scope::all(), image_id);
    if (!image || !image->has_data()) return {};
    for (auto& location : image->locations)
        if (auto path = path_of_location(location.url); !path.empty()) return {.path = path};
    auto& cache = context.cloud.state<State>().cache;
    if (cache)
        if (auto path = cache->keep(cache_name(*image), kept_seconds)) return {.path = *path};
    if (begin_caching(context.cloud, *image)) return {.coming = true};
    throw conflict("ImageNotLocal",
                   format("Image {} lies in a remote store, and this node's cache has no room for "
                          "it. Raise glance.image_cache_max_size, or copy the image to a store of "
                          "files.",
                          image_id));
}

std::string load_metadefs_of(Context& context, const std::string& directory) {
    auto loaded = load_metadefs(context, directory);
    return format("{} namespaces added, {} were there", loaded.added, loaded.kept);
}

} // namespace nephele::glance
