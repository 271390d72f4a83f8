// SPDX-License-Identifier: Apache-2.0
// Tasks: what administrators may start this way, and what is told of every import. The work itself
// is an operation.
#include "services/glance/store/tasks.h"
#include "base/ids.h"
#include "base/strings.h"
#include "services/glance/api/manners.h"
#include "services/glance/api/protected_properties.h"
#include "services/glance/ops/catalogue.h"
#include "services/glance/ops/operations.h"
#include "services/glance/store/images.h"

namespace nephele::glance {
using namespace api;
namespace {
struct NewTask {
    std::string type;
    Json input;
    static const Shape<NewTask>& shape() {
        static const auto s = Shape<NewTask>()
                                  .field("type", &NewTask::type,
                                         {required, one_of({task_import, task_api_image_import})})
                                  .field("input", &NewTask::input, {required});
        return s;
    }
};

Failure refused(const std::string& why) { return bad_request("Invalid", why); }

std::string needed_text(const Json& input, const char* key) {
    auto* found = input.find(key);
    if (!found || !found->is_string() || found->as_string().empty())
        throw refused(format("Input does not contain '{}' field", key));
    return found->as_string();
}

// The image is made together with the task; it goes again when its data does not come.
Image image_of_task(Call& call, const Json& input) {
    auto& state = call.cloud.state<State>();
    auto* properties = input.find("image_properties");
    if (!properties || !properties->is_object())
        throw refused("Input does not contain 'image_properties' field");
    Json body = *properties;
    std::string declared = needed_text(input, "import_from_format");
    if (!body.has("disk_format")) body["disk_format"] = declared;
    if (!body.has("container_format")) body["container_format"] = "bare";
    if (body.text("disk_format") != declared)
        throw refused("'import_from_format' is not the image's disk_format.");
    Reading reading;
    NewImage wanted = NewImage::shape().parse(body, reading, "image_properties");
    std::string id = wanted.id.value_or("");
    if (id.empty()) id = call.new_uuid();
    if (find(call.tx, images(), Scope::all(), id))
        throw conflict("Duplicate", format("Image ID {} already exists!", id));
    Image image = logic::new_image(wanted, id, call.project(), call.now);
    logic::settle(image, state.quotas);
    call.enforce("add_image", target_of(call, image));
    if (image.visibility == Visibility::everybody)
        call.enforce("publicize_image", target_of(call, image));
    check_new_properties(call, image);
    check_image_count(call, image.owner.value_or(""));
    check_fetching(call, image, logic::web_download);
    store::insert(call, image);
    return image;
}

ImageTask start_legacy_import(Call& call, ImageTask task) {
    auto& state = call.cloud.state<State>();
    std::string uri = needed_text(task.input, "import_from");
    if (!state.import_filter.passes(uri))
        throw refused(format("URI for import does not pass filtering: {}", uri.substr(0, 300)));
    Image image = image_of_task(call, task.input);
    return start_import(call, image,
                        {.method = logic::web_download,
                         .uri = uri,
                         .stores = {state.stores.standard().id},
                         .remove_image = true},
                        std::move(task));
}

// What POST /v2/images/{image_id}/import does, said as a task.
ImageTask start_api_import(Call& call, ImageTask task) {
    auto& state = call.cloud.state<State>();
    std::string id = needed_text(task.input, "image_id");
    auto* body = task.input.find("import_req");
    if (!body) throw refused("Input does not contain 'import_req' field");
    auto request = logic::read_import(*body, state.import_methods);
    if (request.method == logic::glance_download)
        throw refused("A glance-download is asked for at the image itself.");
    Image image = need(call.tx, images(), call.scope(), id);
    call.enforce(request.method == logic::copy_image ? "copy_image" : "modify_image",
                 target_of(call, image));
    logic::check_importable(image, request);
    check_fetching(call, image, request.method);
    if (request.method == logic::web_download && !state.import_filter.passes(request.uri))
        throw refused(
            format("URI for import does not pass filtering: {}", request.uri.substr(0, 300)));
    auto stores = logic::import_targets(image, request, nullptr, state.stores.writable(),
                                        state.stores.standard().id);
    if (stores.empty()) throw conflict("Conflict", "The image is in every store already.");
    return start_import(call, image,
                        {.method = request.method,
                         .uri = request.uri,
                         .stores = stores,
                         .all_must_succeed = request.all_stores_must_succeed},
                        std::move(task));
}

ImageTask create(Call& call, const NewTask& wanted) {
    if (!wanted.input.is_object()) throw refused("Task 'input' must be an object");
    ImageTask task{.type = wanted.type, .owner = call.project(), .input = wanted.input};
    task = wanted.type == task_import ? start_legacy_import(call, std::move(task))
                                      : start_api_import(call, std::move(task));
    call.headers.set("Location", call.in.base_url + "/v2/tasks/" + task.id);
    return task;
}

void check_filters(const Page& page) {
    for (auto& filter : page.filters)
        for (auto& value : filter.values)
            if (filter.field == "status" && !enum_of_text<TaskStatus>(value))
                throw bad_request("InvalidInput", "Invalid status value: " + value.substr(0, 100));
}

Listed<ImageTask> list(Call& call, const Page& page) {
    check_filters(page);
    return shape::list(call.tx, image_tasks(), call.scope(), page);
}

ImageTask show(Call& call) {
    return need(call.tx, image_tasks(), call.scope(), call.path("task_id"));
}

Reply remove(Call&) {
    throw Failure(
        Fault::method_not_allowed, "MethodNotAllowed",
        "This operation is currently not permitted on Glance Tasks. They are auto deleted "
        "after reaching the time based on their expires_at property.")
        .header("Allow", "GET");
}

Json of_image(Call& call) {
    Image image = need_image(call);
    Json out = Json::array();
    for (auto& task : store::tasks_of_image(call.tx, image.id))
        out.push_back(ImageTask::shape().write(&task, call.view()));
    return Json::object({{"tasks", std::move(out)}});
}
} // namespace

Resource task_resource() {
    return Resource()
        .on("POST /v2/tasks", "tasks_api_access", create, created)
        .on("GET /v2/tasks", "tasks_api_access", list, {.brief = true})
        .on("GET /v2/tasks/{task_id}", "tasks_api_access", show)
        .on("DELETE /v2/tasks/{task_id}", "tasks_api_access", remove)
        .on("GET /v2/images/{image_id}/tasks", "get_image", of_image);
}

} // namespace nephele::glance
