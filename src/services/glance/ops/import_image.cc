// SPDX-License-Identifier: Apache-2.0
// glance.import: staged data (or what is fetched into staging, or the image's own) is inspected and
// written to every store asked for, and only then becomes the image's. Locations are chosen, and
// named in a table, before they are written: whatever dies in between is found by the sweep.
#include "base/strings.h"
#include "platform/log/log.h"
#include "services/glance/ops/catalogue.h"
#include "services/glance/ops/expected.h"
#include "services/glance/ops/fetch.h"
#include "services/glance/ops/object_body.h"
#include "services/glance/ops/operations.h"
#include "services/glance/ops/remote_glance.h"
#include "services/glance/ops/uploads.h"
#include "services/glance/store/images.h"
#include "services/glance/store/locations.h"
#include "services/glance/store/tasks.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace nephele::glance {
namespace {
constexpr std::int64_t day_ms = 24 * 3600 * 1000LL;

bool is_copy(const ImportImage& s) { return s.method == logic::copy_image; }
bool fetches(const ImportImage& s) {
    return s.method == logic::web_download || s.method == logic::glance_download;
}

bool holds_lock(const Image& image, const ImportImage& s) {
    auto* lock = image.properties.find(import_lock);
    return lock && lock->is_string() && lock->as_string() == s.task;
}

std::optional<Image> find_ours(db::Tx& tx, const ImportImage& s) {
    auto image = find(tx, images(), Scope::all(), s.image);
    if (image && !holds_lock(*image, s)) image.reset();
    return image;
}

Image need_ours(db::Tx& tx, const ImportImage& s) {
    auto image = find_ours(tx, s);
    if (image) return *image;
    throw Failure(Fault::gone, "ImageGone",
                  format("Image {} has been deleted, aborting import.", s.image));
}

void begin(ops::Step& step, ImportImage& s) {
    Image image = need_ours(step.tx, s);
    auto& state = step.cloud.state<State>();
    if (fetches(s) && s.source.empty())
        s.source = state.staging->new_location(new_object_name(image.id, step.new_hex()));
    if (s.method == logic::glance_direct) s.source = image.staged.value_or("");
    if (fetches(s)) store::begin_transfer(step.tx, s.source, image.id, step.operation_id);
    s.disk_format = image.disk_format.value_or("");
    s.container_format = image.container_format.value_or("");
    if (!is_copy(s) && s.prepared.empty()) {
        s.prepared = state.staging->new_location(new_object_name(image.id, step.new_hex()));
        store::begin_transfer(step.tx, s.prepared, image.id, step.operation_id);
    }
    for (auto& id : s.stores) {
        if (s.targets.size() == s.stores.size()) break;
        auto* store = state.stores.find(id);
        if (!store)
            throw conflict("UnknownScheme", format("Store for identifier {} not found", id));
        s.targets.push_back(
            {.url = store->driver->new_location(new_object_name(image.id, step.new_hex())),
             .store = id});
    }
    for (auto& target : s.targets)
        store::begin_transfer(step.tx, target.url, image.id, step.operation_id);
    if (!is_copy(s)) image.status = Status::importing;
    image.properties[importing_to] = join(s.stores, ",");
    image.properties[failed_import] = "";
    store::update(step, image);
    store::set_task(step, s.task, TaskStatus::processing, "", Json(), std::nullopt);
}

struct Plan {
    Image image;
    Expected expected;
};
Plan plan_of(ops::Outside& outside, const ImportImage& s) {
    return outside.cloud.db().read([&](db::Tx& tx) {
        Context context{outside.cloud, tx, internal_principal(), outside.cloud.now(),
                        outside.request_id};
        Plan plan{need_ours(tx, s), {}};
        std::string owner = plan.image.owner.value_or("");
        auto stored = store::stored_bytes(tx, owner);
        auto quotas = quotas_of(context, owner);
        plan.image.disk_format = s.disk_format;
        plan.image.container_format = s.container_format;
        plan.expected = expected_of(context, plan.image, s.user,
                                    is_copy(s) ? INT64_MAX : logic::receivable(stored, quotas));
        return plan;
    });
}

// What the other glance says of its image; the row takes it over with the data.
void ask_other_glance(ops::Outside& outside, ImportImage& s, Download& what) {
    auto& state = outside.cloud.state<State>();
    what.token = state.tokens.find(s.task);
    if (what.token.empty())
        throw conflict("ImportTaskError", "The token of this import was lost when the service "
                                          "restarted. Ask for the import again.");
    auto remote = find_remote_image(
        outside.cloud,
        {.region = s.region, .remote_image_id = s.remote_image, .interface = s.interface},
        what.token);
    what.url = remote.data_url;
    what.tenants = false;
    Image image = outside.cloud.db().read([&](db::Tx& tx) { return need_ours(tx, s); });
    s.properties = properties_of(remote, state.remote_properties);
    check_taken_properties(outside.cloud, image, s.properties, s.user, s.project, s.roles);
    take_over(image, remote, s.properties);
    logic::settle(image, state.quotas);
    s.disk_format = image.disk_format.value_or("");
    s.container_format = image.container_format.value_or("");
}

void fetch(ops::Outside& outside, ImportImage& s) {
    if (!fetches(s)) return;
    auto& state = outside.cloud.state<State>();
    Download what{.url = s.uri, .cancelled = outside.cancelled};
    if (s.method == logic::glance_download) ask_other_glance(outside, s, what);
    what.limit = plan_of(outside, s).expected.limit;
    try {
        state.staging->remove(s.source);
        download(state, s.source, what);
    } catch (const StoreError& error) {
        throw failure_of_store(error);
    }
}

void unfetch(ops::Outside& outside, ImportImage& s) {
    if (fetches(s)) remove_quietly(*outside.cloud.state<State>().staging, s.source);
}

// The result gets the name that is known to be being written.
void prepare(ops::Outside& outside, ImportImage& s) {
    auto& state = outside.cloud.state<State>();
    std::string from = path_of_location(s.source), to = path_of_location(s.prepared);
    if (from.empty() || to.empty()) return;
    remove_quietly(*state.staging, s.prepared);
    Prepared made = prepare_import(from, {s.disk_format, s.container_format}, state.format_rules,
                                   state.plugins);
    s.changed = made.changed;
    s.disk_format = made.declared.disk_format;
    s.container_format = made.declared.container_format;
    if (made.changed && std::rename(made.path.c_str(), to.c_str()) != 0)
        throw Failure(Fault::unavailable, "StorageFailed", "The staging store failed.")
            .inside(std::strerror(errno));
}

void unprepare(ops::Outside& outside, ImportImage& s) {
    remove_quietly(*outside.cloud.state<State>().staging, s.prepared);
    std::string from = path_of_location(s.source);
    if (!from.empty()) ::unlink((from + ".prepared").c_str());
}

// The image's own words on how far its import is.
void tell_store(Cloud& cloud, const std::string& request_id, const ImportImage& s,
                const std::string& store, bool good) {
    write_as_cloud(cloud, request_id, [&](Context& context) {
        Image image = need_ours(context.tx, s);
        image.properties[importing_to] =
            logic::without_name(image.properties.text(importing_to), store);
        if (!good)
            image.properties[failed_import] =
                logic::with_name(image.properties.text(failed_import), store);
        store::update(context, image);
    });
}

OpenObject open_source(State& state, const Image& image, const ImportImage& s) {
    if (is_copy(s)) return open_data(state, image);
    OpenObject object = state.staging->open(s.changed ? s.prepared : s.source);
    if (!object.found())
        throw Failure(Fault::gone, "StagingDataGone",
                      format("The staged data of image {} is gone. Stage it again.", image.id));
    return object;
}

Received copy_one(ops::Outside& outside, const Plan& plan, const ImportImage& s,
                  const Location& target) {
    auto& state = outside.cloud.state<State>();
    Store& store = *state.stores.find(target.store)->driver;
    store.remove(target.url);
    auto body = body_of(open_source(state, plan.image, s));
    StoppableBody stoppable(*body, outside.cancelled);
    return receive(stoppable, store, target.url, plan.expected);
}

void note_facts(ImportImage& s, const Plan& plan, const Received& received) {
    std::string expected =
        s.done.empty() ? (is_copy(s) ? plan.image.checksum.value_or("") : "") : s.checksum;
    if (!expected.empty() && expected != received.checksum)
        throw Failure(Fault::unprocessable, "CorruptData",
                      format("The data of image {} does not have its checksum any more.", s.image));
    s.size = received.size;
    s.checksum = received.checksum;
    s.os_hash_value = received.os_hash_value;
    s.virtual_size = received.inspection.virtual_size;
    s.inspected_format = received.inspection.format;
}

void fill(ops::Outside& outside, ImportImage& s) {
    Plan plan = plan_of(outside, s);
    s.done.clear();
    if (s.changed && plan.expected.signature)
        throw bad_request("SignatureVerificationError",
                          "A signed image cannot be converted or decompressed on import.");
    std::optional<Failure> failure;
    for (auto& target : s.targets) {
        bool good = true;
        try {
            note_facts(s, plan, copy_one(outside, plan, s, target));
            s.done.push_back(target.store);
        } catch (const StoreError& error) {
            log::warning("import to a store failed",
                         {{"image", s.image}, {"store", target.store}, {"what", error.what()}});
            failure = failure_of_store(error);
            good = false;
        } catch (const http::TransferError&) {
            throw Failure(Fault::unavailable, "Cancelled", "The import was cancelled.");
        }
        tell_store(outside.cloud, outside.request_id, s, target.store, good);
        if (failure && s.all_must_succeed) throw *failure;
    }
    if (failure && s.done.empty()) throw *failure;
}

void empty_again(ops::Outside& outside, ImportImage& s) {
    auto& stores = outside.cloud.state<State>().stores;
    for (auto& target : s.targets)
        if (auto* store = stores.find(target.store)) remove_quietly(*store->driver, target.url);
}

bool has_copies(db::Tx& tx, const ImportImage& s) {
    auto image = find(tx, images(), Scope::all(), s.image);
    return image && std::any_of(image->locations.begin(), image->locations.end(), [&](auto& one) {
               return std::any_of(s.targets.begin(), s.targets.end(),
                                  [&](auto& target) { return target.url == one.url; });
           });
}

// The last step: nothing may fail once the image has its data.
void finish(ops::Step& step, ImportImage& s) {
    auto& state = step.cloud.state<State>();
    if (has_copies(step.tx, s)) return;
    Image image = need_ours(step.tx, s);
    if (!is_copy(s)) {
        std::string owner = image.owner.value_or("");
        logic::check_fits(s.size, store::stored_bytes(step.tx, owner), quotas_of(step, owner));
        Received facts{.size = s.size, .checksum = s.checksum, .os_hash_value = s.os_hash_value};
        facts.inspection.format = s.inspected_format;
        facts.inspection.virtual_size = s.virtual_size;
        set_facts(image, facts);
        image.disk_format = s.disk_format;
        image.container_format = s.container_format;
        for (auto& [name, value] : s.properties.as_object()) image.properties[name] = value;
        image.status = Status::active;
        image.staged.reset();
    }
    for (auto& target : s.targets)
        if (std::find(s.done.begin(), s.done.end(), target.store) != s.done.end())
            add_location(image, target, state.stores);
    image.properties.erase(import_lock);
    image.properties[importing_to] = "";
    store::update(step, image);
    store::end_transfers(step.tx, step.operation_id);
    store::set_task(step, s.task, TaskStatus::success, "", Json::object({{"image_id", s.image}}),
                    step.now.plus_seconds(state.task_hours * 3600));
    state.tokens.forget(s.task);
    if (is_copy(s)) return;
    start_removal(step, s.source);
    if (s.changed) start_removal(step, s.prepared);
}

bool worth_another_try(const ops::Step& step) {
    return !step.failure ||
           (step.failure->kind() != Fault::unsupported_media_type &&
            step.failure->kind() != Fault::too_large && step.failure->kind() != Fault::gone);
}

// Staged data that no store was to blame for is of no further use.
void undone(ops::Step& step, ImportImage& s) {
    auto& state = step.cloud.state<State>();
    state.tokens.forget(s.task);
    store::end_transfers(step.tx, step.operation_id);
    std::string message = step.failure ? step.failure->what() : "The import was given up.";
    store::set_task(step, s.task, TaskStatus::failure, message, Json(),
                    step.now.plus_seconds(state.task_hours * 3600));
    auto image = find_ours(step.tx, s);
    if (!image) return;
    if (s.remove_image) return store::erase(step, *image);
    image->properties.erase(import_lock);
    // Stores that waited for data which never came have failed as well.
    for (auto& store : split(image->properties.text(importing_to), ','))
        if (!store.empty())
            image->properties[failed_import] =
                logic::with_name(image->properties.text(failed_import), std::string(store));
    image->properties[importing_to] = "";
    if (!is_copy(s)) {
        bool keep = s.method == logic::glance_direct && worth_another_try(step);
        image->status = keep ? Status::uploading : Status::queued;
        if (!keep) {
            if (image->staged) start_removal(step, *image->staged);
            image->staged.reset();
            image->size.reset();
        }
    }
    store::update(step, *image);
}
} // namespace

const Shape<ImportImage>& ImportImage::shape() {
    static const auto s = Shape<ImportImage>()
                              .field("image", &ImportImage::image)
                              .field("task", &ImportImage::task)
                              .field("method", &ImportImage::method)
                              .field("user", &ImportImage::user)
                              .field("project", &ImportImage::project)
                              .field("roles", &ImportImage::roles)
                              .field("uri", &ImportImage::uri)
                              .field("region", &ImportImage::region)
                              .field("interface", &ImportImage::interface)
                              .field("remote_image", &ImportImage::remote_image)
                              .field("properties", &ImportImage::properties)
                              .field("stores", &ImportImage::stores)
                              .field("all_must_succeed", &ImportImage::all_must_succeed)
                              .field("remove_image", &ImportImage::remove_image)
                              .field("source", &ImportImage::source)
                              .field("prepared", &ImportImage::prepared)
                              .field("changed", &ImportImage::changed)
                              .field("disk_format", &ImportImage::disk_format)
                              .field("container_format", &ImportImage::container_format)
                              .field("targets", &ImportImage::targets)
                              .field("done", &ImportImage::done)
                              .field("size", &ImportImage::size)
                              .field("virtual_size", &ImportImage::virtual_size)
                              .field("checksum", &ImportImage::checksum)
                              .field("os_hash_value", &ImportImage::os_hash_value)
                              .field("inspected_format", &ImportImage::inspected_format);
    return s;
}

ops::Operation import_image() {
    return ops::OperationOf<ImportImage>()
        .then("begin", begin)
        .outside("fetch", fetch)
        .undo_outside(unfetch)
        .within_ms(day_ms)
        .attempts(3)
        .outside("prepare", prepare)
        .undo_outside(unprepare)
        .within_ms(day_ms)
        .attempts(3)
        .outside("fill", fill)
        .undo_outside(empty_again)
        .within_ms(day_ms)
        .attempts(3)
        .then("finish", finish)
        .if_undone(undone);
}

ImageTask start_import(Context& context, Image& image, ImportImage wanted, ImageTask task) {
    if (task.id.empty()) task.id = context.new_uuid();
    task.image_id = image.id;
    task.request_id = context.request_id;
    if (!context.who.user_id.empty()) task.user_id = context.who.user_id;
    task.created_at = task.updated_at = context.now;
    insert(context, image_tasks(), task);
    wanted.image = image.id;
    wanted.task = task.id;
    wanted.user = context.who.user_id;
    wanted.project = context.who.project_id;
    wanted.roles = context.who.roles;
    image.properties[import_lock] = task.id;
    image.properties[importing_to] = join(wanted.stores, ",");
    image.properties[failed_import] = "";
    store::update(context, image);
    ops::start(context, wanted,
               {.resource_kind = "image",
                .resource_id = image.id,
                .project_id = image.owner.value_or("")});
    return task;
}

} // namespace nephele::glance
