// SPDX-License-Identifier: Apache-2.0
// What a task tells of work on an image that goes on by itself.
#pragma once
#include "platform/shape/table.h"

#include <optional>
#include <string>
#include <vector>

namespace nephele::glance {
using namespace shape;

enum class TaskStatus { pending, processing, success, failure };
const std::vector<std::pair<TaskStatus, const char*>>& names_of(TaskStatus);

struct ImageTask {
    std::string id, type;
    TaskStatus status = TaskStatus::pending;
    std::string owner;
    Json input, result;
    std::string message;
    std::optional<std::string> image_id, request_id, user_id;
    std::optional<Time> expires_at; ///< set when it ends
    Time created_at, updated_at;
    static const Shape<ImageTask>& shape();
};
inline constexpr const char* task_import = "import";
inline constexpr const char* task_api_image_import = "api_image_import";
inline constexpr const char* task_location_import = "location_import";

} // namespace nephele::glance
