// SPDX-License-Identifier: Apache-2.0
// The enforcement models of unified limits: flat (every project for itself) and strict two-level (a
// project's limit is never above its domain's).
#pragma once
#include "services/keystone/model/limit.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::keystone::logic {

enum class LimitModel { flat, strict_two_level };
/// Throws Failure(bad_request) on another name.
LimitModel limit_model_named(std::string_view name);
const char* name_of(LimitModel model);
const char* description_of(LimitModel model);
/// Levels of projects below a domain that the model allows; 0: any.
int most_levels(LimitModel model);

/// What a limit is compared with; -1 is no limit, and above every other.
bool is_above(std::int64_t limit, std::int64_t other);

/// What strict_two_level looks at for one limit.
struct LimitSurroundings {
    /// Of a project's limit: what its domain has, in the same request or stored, else the
    /// registered default.
    std::optional<std::int64_t> domain_limit;
    /// Of a domain's limit: what its projects have.
    std::vector<std::int64_t> project_limits;
};
bool fits_strict_two_level(const Limit& limit, const LimitSurroundings& around);

} // namespace nephele::keystone::logic
