// SPDX-License-Identifier: Apache-2.0
// Where an image's data lies: shown with the image, changed by its patch, and the locations API of
// services (2.17), which reads the data before it is an image's.
#include "services/glance/api/locations.h"
#include "services/glance/api/manners.h"
#include "services/glance/api/protected_properties.h"
#include "services/glance/ops/add_location.h"
#include "services/glance/ops/catalogue.h"
#include "services/glance/ops/external.h"
#include "services/glance/store/images.h"

namespace nephele::glance {
using namespace api;
using logic::Change;
namespace {
Json shown(const Location& location) {
    Json metadata = location.metadata;
    metadata["store"] = location.store;
    return Json::object({{"url", location.url}, {"metadata", std::move(metadata)}});
}

Json shown_locations(const Image& image) {
    Json out = Json::array();
    for (auto& location : image.locations) out.push_back(shown(location));
    return out;
}

void show_locations(Call& call, Image& image) {
    auto& state = call.cloud.state<State>();
    if (!state.show_locations && !state.show_direct_url) return;
    bool allowed = call.allowed("get_image_location", target_of(call, image));
    if (state.show_locations)
        image.shown_locations = allowed ? shown_locations(image) : Json::array();
    if (state.show_direct_url && allowed && !image.locations.empty())
        image.direct_url = image.locations.front().url;
}

bool names_locations(const std::vector<Change>& changes) {
    for (auto& change : changes)
        if (change.of_locations()) return true;
    return false;
}

struct NewLocation {
    std::string url;
    Json validation_data;
    static const Shape<NewLocation>& shape() {
        static const auto s = Shape<NewLocation>()
                                  .field("url", &NewLocation::url, {required, max_length(2048)})
                                  .field("validation_data", &NewLocation::validation_data);
        return s;
    }
};

// Services work on images of all projects.
Image need_as_service(Call& call, const char* rule) {
    if (!call.who.has_role("service")) return need_image(call, rule);
    Image image = need(call.tx, images(), Scope::all(), call.path("image_id"));
    call.enforce(rule, target_of(call, image));
    return image;
}

// The data is read, hashed and inspected by an operation; the image is active after that.
void add(Call& call, const NewLocation& wanted) {
    Image image = need_as_service(call, "add_image_location");
    if (image.status != Status::queued)
        throw conflict("Conflict",
                       format("It's not allowed to add locations if image status is {}.",
                              text_of_enum(image.status)));
    logic::check_can_receive(image);
    bool validated = wanted.validation_data.is_object() && wanted.validation_data.size() > 0;
    if (validated || !(wanted.validation_data.is_null() || wanted.validation_data.is_object()))
        logic::check_validation_shape(wanted.validation_data);
    auto& store = store_of_external(call.cloud.state<State>(), wanted.url);
    logic::GivenLocation given{.url = wanted.url};
    if (validated) given.validation = wanted.validation_data;
    Image expected = image;
    logic::take_validation(expected, {given});
    check_uploading(call, image.owner.value_or(""));
    start_add_location(call, image,
                       {.url = wanted.url,
                        .store = store.id,
                        .checksum = expected.checksum.value_or(""),
                        .os_hash_value = expected.os_hash_value.value_or("")});
}

Json list(Call& call) { return shown_locations(need_as_service(call, "fetch_image_location")); }
} // namespace

void present(Call& call, Image& image) {
    hide_properties(call, image);
    show_locations(call, image);
}

void present(Call& call, std::vector<Image>& images) {
    hide_properties(call, images);
    for (auto& image : images) show_locations(call, image);
}

logic::LocationRights location_rights(FreeCall& free, const std::vector<Change>& changes) {
    auto& state = free.cloud.state<State>();
    logic::LocationRights rights{.visible = state.show_locations, .quota = state.quotas.locations};
    if (!state.show_locations || !names_locations(changes)) return rights;
    // Nobody makes us ask anywhere who may not change the image.
    Image image = free.read([&](Call& call) {
        Image image = need_image(call, "modify_image");
        enforce_locations(call, image, changes);
        return image;
    });
    for (auto& change : changes) {
        if (!change.of_locations() || change.op == Change::Op::remove) continue;
        auto given = change.op == Change::Op::add ? std::vector{logic::read_location(change.value)}
                                                  : logic::read_locations(change.value);
        logic::check_limit("locations", static_cast<std::int64_t>(given.size()), rights.quota);
        for (auto& one : given) {
            bool known = false;
            for (auto& now : image.locations) known = known || now.url == one.url;
            if (!known && !rights.externals.count(one.url))
                rights.externals[one.url] = find_external(state, one.url);
        }
    }
    return rights;
}

void enforce_locations(Call& call, const Image& image, const std::vector<Change>& changes) {
    if (!names_locations(changes)) return;
    auto target = target_of(call, image);
    call.enforce("get_image_location", target);
    for (auto& change : changes)
        if (change.of_locations())
            call.enforce(change.op == Change::Op::remove ? "delete_image_location"
                                                         : "set_image_location",
                         target);
}

Resource location_resource() {
    return Resource()
        .on("POST /v2/images/{image_id}/locations", enforced_by_handler, add, accepted)
        .on("GET /v2/images/{image_id}/locations", enforced_by_handler, list);
}

} // namespace nephele::glance
