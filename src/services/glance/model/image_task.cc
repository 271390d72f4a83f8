// SPDX-License-Identifier: Apache-2.0
#include "services/glance/model/image_task.h"

namespace nephele::glance {

const std::vector<std::pair<TaskStatus, const char*>>& names_of(TaskStatus) {
    static const std::vector<std::pair<TaskStatus, const char*>> names{
        {TaskStatus::pending, "pending"},
        {TaskStatus::processing, "processing"},
        {TaskStatus::success, "success"},
        {TaskStatus::failure, "failure"}};
    return names;
}

const Shape<ImageTask>& ImageTask::shape() {
    static const auto s =
        Shape<ImageTask>("", "tasks")
            .field("id", &ImageTask::id, {read_only, brief, help("An identifier for the task")})
            .field("type", &ImageTask::type,
                   {read_only, brief,
                    one_of({task_import, task_api_image_import, task_location_import}),
                    help("The type of task represented by this content")})
            .field("status", &ImageTask::status,
                   {read_only, brief, help("The current status of this task")})
            .field("owner", &ImageTask::owner,
                   {read_only, brief, help("An identifier for the owner of this task")})
            .field("input", &ImageTask::input,
                   {read_only, not_filterable, not_sortable,
                    help("The parameters required by task, JSON blob")})
            .field("result", &ImageTask::result,
                   {read_only, not_filterable, not_sortable,
                    help("The result of current task, JSON blob")})
            .field("message", &ImageTask::message,
                   {read_only, not_filterable, not_sortable,
                    help("Human-readable informative message only included when appropriate "
                         "(usually on failure)")})
            .field("image_id", &ImageTask::image_id,
                   {read_only, brief, omit_null, help("Image associated with the task")})
            .field("request_id", &ImageTask::request_id,
                   {read_only, brief, omit_null, help("Human-readable informative request-id")})
            .field("user_id", &ImageTask::user_id,
                   {read_only, brief, omit_null, help("User associated with the task")})
            .field("expires_at", &ImageTask::expires_at,
                   {read_only, brief, omit_null,
                    help("Datetime when this resource would be subject to removal")})
            .field("created_at", &ImageTask::created_at,
                   {read_only, brief, help("Datetime when this resource was created")})
            .field("updated_at", &ImageTask::updated_at,
                   {read_only, brief, help("Datetime when this resource was updated")})
            .computed(
                "self",
                [](const ImageTask& task, const View&) { return Json("/v2/tasks/" + task.id); },
                {brief})
            .computed("schema",
                      [](const ImageTask&, const View&) { return Json("/v2/schemas/task"); },
                      {brief});
    return s;
}

} // namespace nephele::glance
