// SPDX-License-Identifier: Apache-2.0
#include "services/glance/store/tasks.h"

namespace nephele::glance {

const Table<ImageTask>& image_tasks() {
    static const Table<ImageTask> t(
        {.name = "glance_tasks",
         .service = "glance",
         .kind = "task",
         .project_column = "owner",
         .not_found_code = "NotFound",
         .not_found_message = "Failed to find task {}. It is not there, or has expired.",
         .updated_column = "updated_at"});
    return t;
}

namespace store {

std::vector<ImageTask> tasks_of_image(db::Tx& tx, const std::string& image_id) {
    return select(tx, image_tasks(), Scope::all(), {"image_id = ?", {image_id}},
                  "ORDER BY created_at, id");
}

void set_task(Context& context, const std::string& id, TaskStatus status,
              const std::string& message, Json result, std::optional<Time> expires_at) {
    auto task = find(context.tx, image_tasks(), Scope::all(), id);
    if (!task) return;
    task->status = status;
    task->message = message;
    if (!result.is_null()) task->result = std::move(result);
    task->expires_at = expires_at;
    update(context, image_tasks(), *task);
}

int remove_expired_tasks(Context& context) {
    auto expired = select(context.tx, image_tasks(), Scope::all(),
                          {"expires_at IS NOT NULL AND expires_at < ?", {context.now.us}},
                          "ORDER BY expires_at LIMIT 500");
    for (auto& task : expired) erase(context, image_tasks(), task);
    return static_cast<int>(expired.size());
}

} // namespace store
} // namespace nephele::glance
