// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/limit_model.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <algorithm>

namespace nephele::keystone::logic {

LimitModel limit_model_named(std::string_view name) {
    if (name == "flat") return LimitModel::flat;
    if (name == "strict_two_level") return LimitModel::strict_two_level;
    throw bad_request("InvalidConfiguration",
                      format("keystone.limit_enforcement_model is flat or strict_two_level, not "
                             "'{}'.",
                             name));
}

const char* name_of(LimitModel model) {
    return model == LimitModel::flat ? "flat" : "strict_two_level";
}

const char* description_of(LimitModel model) {
    return model == LimitModel::flat
               ? "Limit enforcement and validation does not take project hierarchy into "
                 "consideration."
               : "This model requires project hierarchy never exceeds a depth of two";
}

int most_levels(LimitModel model) { return model == LimitModel::flat ? 0 : 1; }

bool is_above(std::int64_t limit, std::int64_t other) {
    if (other < 0) return false;
    return limit < 0 || limit > other;
}

bool fits_strict_two_level(const Limit& limit, const LimitSurroundings& around) {
    if (limit.project_id)
        return !around.domain_limit || !is_above(limit.resource_limit, *around.domain_limit);
    return std::none_of(around.project_limits.begin(), around.project_limits.end(),
                        [&](std::int64_t one) { return is_above(one, limit.resource_limit); });
}

} // namespace nephele::keystone::logic
