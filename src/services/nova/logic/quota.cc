// SPDX-License-Identifier: Apache-2.0
#include "services/nova/logic/quota.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <algorithm>

namespace nephele::nova::logic {
namespace {
std::int64_t at(const Amounts& amounts, const char* name) {
    auto found = amounts.find(name);
    return found == amounts.end() ? 0 : found->second;
}
std::int64_t room(const Amounts& limits, const Amounts& used, const char* name, std::int64_t each) {
    std::int64_t limit = at(limits, name);
    if (limit < 0 || each <= 0) return INT64_MAX;
    return std::max<std::int64_t>(0, limit - at(used, name)) / each;
}
} // namespace

std::int64_t instances_that_fit(const Amounts& limits, const Amounts& used, std::int64_t wanted,
                                std::int64_t cores_each, std::int64_t ram_each) {
    return std::min({wanted, room(limits, used, "instances", 1),
                     room(limits, used, "cores", cores_each), room(limits, used, "ram", ram_each)});
}

void check_instances(const Amounts& limits, const Amounts& used, std::int64_t count,
                     std::int64_t cores_each, std::int64_t ram_each) {
    std::vector<std::string> names, requested, have, allowed;
    auto look = [&](const char* name, std::int64_t each) {
        if (room(limits, used, name, each) >= count) return;
        names.emplace_back(name);
        requested.push_back(std::to_string(each * count));
        have.push_back(std::to_string(at(used, name)));
        allowed.push_back(std::to_string(at(limits, name)));
    };
    look("cores", cores_each);
    look("instances", 1);
    look("ram", ram_each);
    if (names.empty()) return;
    throw forbidden("TooManyInstances",
                    format("Quota exceeded for {}: Requested {}, but already used {} of {} {}",
                           join(names, ", "), join(requested, ", "), join(have, ", "),
                           join(allowed, ", "), join(names, ", ")));
}

} // namespace nephele::nova::logic
