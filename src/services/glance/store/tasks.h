// SPDX-License-Identifier: Apache-2.0
// Where tasks are kept. A task's row only tells; the work itself is an operation.
#pragma once
#include "services/glance/model/image_task.h"

namespace nephele::glance {

const Table<ImageTask>& image_tasks();

namespace store {

std::vector<ImageTask> tasks_of_image(db::Tx& tx, const std::string& image_id);
/// Does nothing when the task is gone.
void set_task(Context& context, const std::string& id, TaskStatus status,
              const std::string& message, Json result, std::optional<Time> expires_at);
/// Removes those past their time; returns how many.
int remove_expired_tasks(Context& context);

} // namespace store
} // namespace nephele::glance
