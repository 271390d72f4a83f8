// SPDX-License-Identifier: Apache-2.0
// Images: create, list, show, patch, delete, deactivate and reactivate.
#include "services/glance/store/images.h"
#include "base/strings.h"
#include "platform/operation/operation.h"
#include "services/glance/api/locations.h"
#include "services/glance/api/manners.h"
#include "services/glance/api/protected_properties.h"
#include "services/glance/logic/listing.h"
#include "services/glance/logic/patch.h"
#include "services/glance/ops/catalogue.h"
#include "services/glance/ops/uploads.h"

namespace nephele::glance {
using namespace api;
namespace {
const logic::Quotas& quotas(const Call& call) { return call.cloud.state<State>().quotas; }

// Showing an image to everybody is a right of its own.
void enforce_visibility(Call& call, const Image& image) {
    auto target = target_of(call, image);
    if (image.visibility == Visibility::everybody) call.enforce("publicize_image", target);
    if (image.visibility == Visibility::community) call.enforce("communitize_image", target);
}

void check_owner(Call& call, const Image& image) {
    if (call.is_admin() || image.owner == call.project()) return;
    throw forbidden("Forbidden", format("You are not permitted to create images owned by '{}'.",
                                        image.owner.value_or("nobody")));
}

Image create(Call& call, const NewImage& wanted) {
    std::string id = wanted.id.value_or("");
    if (id.empty()) id = call.new_uuid();
    if (find(call.tx, images(), Scope::all(), id))
        throw conflict("Duplicate", format("Image ID {} already exists!", id));
    Image image = logic::new_image(wanted, id, call.project(), call.now);
    logic::settle(image, quotas(call));
    check_owner(call, image);
    call.enforce("add_image", target_of(call, image));
    enforce_visibility(call, image);
    check_new_properties(call, image);
    check_image_count(call, image.owner.value_or(""));
    store::insert(call, image);
    call.headers.set("Location", call.in.base_url + "/v2/images/" + id);
    auto& state = call.cloud.state<State>();
    call.headers.set("OpenStack-image-import-methods", join(state.import_methods, ","));
    call.headers.set("OpenStack-image-store-ids", join(state.stores.writable(), ","));
    present(call, image);
    return image;
}

Image show(Call& call) {
    Image image = need_image(call);
    present(call, image);
    return image;
}

Listed<Image> list(Call& call, Page& page) {
    auto search = logic::read_search(page);
    // Who may not read a property learns nothing of its values.
    for (auto& [name, value] : search.properties)
        if (!may_read_property(call, name)) return {};
    auto found = store::list(call.tx, call.scope(), call.project(), page, search);
    present(call, found.items);
    return found;
}

Image changed(Call& call, const std::vector<logic::Change>& changes,
              logic::LocationRights& locations) {
    Image image = need_image(call, "modify_image");
    auto before = image.visibility;
    auto status = image.status;
    check_changes(call, image, changes);
    enforce_locations(call, image, changes);
    locations.removed.clear();
    logic::apply(image, changes, {.admin = call.is_admin(), .locations = &locations});
    logic::settle(image, quotas(call));
    if (image.visibility != before) enforce_visibility(call, image);
    // Data named by its address counts as any other.
    if (std::string owner = image.owner.value_or(""); image.status != status)
        logic::check_fits(image.size.value_or(0), store::stored_bytes(call.tx, owner),
                          quotas_of(call, owner));
    if (!changes.empty()) store::update(call, image);
    present(call, image);
    return image;
}

// Addresses a patch names are asked for before its transaction; copies it takes out go after it.
Reply update(FreeCall& free) {
    auto changes = logic::read_patch(free.in.head.headers.get("Content-Type"), free.in.body);
    auto locations = location_rights(free, changes);
    Reply reply = free.write([&](Call& call) {
        Image image = changed(call, changes, locations);
        return Reply{.body = Image::shape().write(&image, call.view())};
    });
    remove_data(free.cloud.state<State>(), locations.removed);
    return reply;
}

// The row goes first, in its transaction; then the data. Whoever reads it keeps it until done, and
// what a crash leaves between the two is swept.
Reply remove(FreeCall& free) {
    Image image;
    Reply reply = free.write([&](Call& call) {
        image = need_image(call, "delete_image");
        logic::check_deletable(image);
        store::erase(call, image);
        ops::cancel(call, "image", image.id, "The image has been deleted.");
        return Reply{.status = 204};
    });
    auto& state = free.cloud.state<State>();
    remove_data(state, image.locations);
    if (image.staged) remove_quietly(*state.staging, *image.staged);
    if (state.cache)
        state.cache->remove([&](const CachedCopy& copy) { return copy.image_id == image.id; });
    return reply;
}

void set_active(Call& call, const char* rule, Status status) {
    Image image = need_image(call, rule);
    logic::check_activation(image, status == Status::active);
    if (image.status == status) return;
    image.status = status;
    store::update(call, image);
}
void deactivate(Call& call) { set_active(call, "deactivate", Status::deactivated); }
void reactivate(Call& call) { set_active(call, "reactivate", Status::active); }
} // namespace

Resource image_resource() {
    return Resource()
        .on("POST /v2/images", enforced_by_handler, create, created)
        .on("GET /v2/images", "get_images", list)
        .on("GET /v2/images/{image_id}", enforced_by_handler, show)
        .on("PATCH /v2/images/{image_id}", enforced_by_handler, update, {.any_content_type = true})
        .on("DELETE /v2/images/{image_id}", enforced_by_handler, remove)
        .on("POST /v2/images/{image_id}/actions/deactivate", enforced_by_handler, deactivate)
        .on("POST /v2/images/{image_id}/actions/reactivate", enforced_by_handler, reactivate);
}

} // namespace nephele::glance
