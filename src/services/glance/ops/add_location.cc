// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/add_location.h"

#include "base/strings.h"
#include "services/glance/ops/catalogue.h"
#include "services/glance/ops/expected.h"
#include "services/glance/ops/external.h"
#include "services/glance/ops/object_body.h"
#include "services/glance/ops/operations.h"
#include "services/glance/ops/uploads.h"
#include "services/glance/store/images.h"
#include "services/glance/store/tasks.h"

namespace nephele::glance {
namespace {
constexpr std::int64_t day_ms = 24 * 3600 * 1000LL;

class NothingKept final : public ObjectWriter {
  public:
    void write(std::string_view) override {}
    void finish() override {}
};

std::optional<Image> find_ours(db::Tx& tx, const AddLocation& s) {
    auto image = find(tx, images(), Scope::all(), s.image);
    if (image && image->properties.text(import_lock) != s.task) image.reset();
    return image;
}

Image need_ours(db::Tx& tx, const AddLocation& s) {
    if (auto image = find_ours(tx, s)) return *image;
    throw Failure(Fault::gone, "ImageGone",
                  format("Image {} has been deleted, its location is not added.", s.image));
}

void begin(ops::Step& step, AddLocation& s) {
    need_ours(step.tx, s);
    store::set_task(step, s.task, TaskStatus::processing, "", Json(), std::nullopt);
}

void read(ops::Outside& outside, AddLocation& s) {
    auto& state = outside.cloud.state<State>();
    Expected expected = outside.cloud.db().read([&](db::Tx& tx) {
        Context context{outside.cloud, tx, internal_principal(), outside.cloud.now(),
                        outside.request_id};
        Image image = need_ours(tx, s);
        std::string owner = image.owner.value_or("");
        auto limit = logic::receivable(store::stored_bytes(tx, owner), quotas_of(context, owner));
        return expected_of(context, image, s.user, limit);
    });
    expected.checksum = s.checksum;
    expected.os_hash_value = s.os_hash_value;
    try {
        OpenObject object = store_of_external(state, s.url).driver->open(s.url);
        if (!object.found() || object.size == 0)
            throw bad_request("InvalidLocation", format("There is no data at {}.", s.url));
        auto body = body_of(std::move(object));
        StoppableBody stoppable(*body, outside.cancelled);
        NothingKept nothing;
        Received received = receive(stoppable, nothing, expected);
        s.size = received.size;
        s.checksum = received.checksum;
        s.os_hash_value = received.os_hash_value;
        s.virtual_size = received.inspection.virtual_size;
        s.inspected_format = received.inspection.format;
    } catch (const StoreError& error) {
        if (error.kind == StoreError::Kind::denied) throw failure_of_store(error);
        throw EngineFailure(EngineFailure::Kind::transient, error.what());
    } catch (const http::TransferError&) {
        throw conflict("Cancelled", "The import was cancelled.");
    }
}

void finish(ops::Step& step, AddLocation& s) {
    auto& state = step.cloud.state<State>();
    Image image = need_ours(step.tx, s);
    std::string owner = image.owner.value_or("");
    logic::check_fits(s.size, store::stored_bytes(step.tx, owner), quotas_of(step, owner));
    Received facts{.size = s.size, .checksum = s.checksum, .os_hash_value = s.os_hash_value};
    facts.inspection.format = s.inspected_format;
    facts.inspection.virtual_size = s.virtual_size;
    set_facts(image, facts);
    add_location(image, {.url = s.url, .store = s.store}, state.stores);
    image.status = Status::active;
    image.properties.erase(import_lock);
    store::update(step, image);
    store::set_task(step, s.task, TaskStatus::success, "", Json::object({{"image_id", s.image}}),
                    step.now.plus_seconds(state.task_hours * 3600));
}

void undone(ops::Step& step, AddLocation& s) {
    auto& state = step.cloud.state<State>();
    std::string message = step.failure ? step.failure->what() : "The import was given up.";
    store::set_task(step, s.task, TaskStatus::failure, message, Json(),
                    step.now.plus_seconds(state.task_hours * 3600));
    auto image = find_ours(step.tx, s);
    if (!image) return;
    image->properties.erase(import_lock);
    image->status = Status::queued;
    store::update(step, *image);
}
} // namespace

const Shape<AddLocation>& AddLocation::shape() {
    static const auto s = Shape<AddLocation>()
                              .field("image", &AddLocation::image)
                              .field("task", &AddLocation::task)
                              .field("user", &AddLocation::user)
                              .field("url", &AddLocation::url)
                              .field("store", &AddLocation::store)
                              .field("checksum", &AddLocation::checksum)
                              .field("os_hash_value", &AddLocation::os_hash_value)
                              .field("size", &AddLocation::size)
                              .field("virtual_size", &AddLocation::virtual_size)
                              .field("inspected_format", &AddLocation::inspected_format);
    return s;
}

ops::Operation add_location_operation() {
    return ops::OperationOf<AddLocation>()
        .then("begin", begin)
        .outside("read", read)
        .within_ms(day_ms)
        .attempts(3)
        .then("finish", finish)
        .if_undone(undone);
}

void start_add_location(Context& context, Image& image, AddLocation wanted) {
    ImageTask task{
        .id = context.new_uuid(), .type = task_location_import, .owner = image.owner.value_or("")};
    task.input = Json::object({{"image_id", image.id}, {"loc_url", wanted.url}});
    task.image_id = image.id;
    task.request_id = context.request_id;
    if (!context.who.user_id.empty()) task.user_id = context.who.user_id;
    task.created_at = task.updated_at = context.now;
    insert(context, image_tasks(), task);
    wanted.image = image.id;
    wanted.task = task.id;
    wanted.user = context.who.user_id;
    image.properties[import_lock] = task.id;
    image.status = Status::importing;
    store::update(context, image);
    ops::start(context, wanted,
               {.resource_kind = "image",
                .resource_id = image.id,
                .project_id = image.owner.value_or("")});
}

} // namespace nephele::glance
