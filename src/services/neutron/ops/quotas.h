// SPDX-License-Identifier: Apache-2.0
// How much of each resource a project may have and has.
#pragma once
#include "services/neutron/store/tables.h"

namespace nephele::neutron {

struct QuotaUse {
    std::string resource;
    std::int64_t limit = 0, used = 0;
};
/// All counted resources of a project; `used` is filled only when asked for.
std::vector<QuotaUse> quotas_of(Context&, const std::string& project_id, bool with_use);
/// The operator's defaults (options neutron.quota_*).
std::vector<QuotaUse> default_quotas(const Cloud&);
/// Throws OverQuota when the project may not have `more` further ones.
void check_quota(Context&, const std::string& project_id, const std::string& resource,
                 std::int64_t more = 1);
/// Sets or (nothing) clears a project's own limit.
void set_quota(Context&, const std::string& project_id, const std::string& resource,
               std::optional<std::int64_t> limit);

std::vector<Option> quota_options();

} // namespace nephele::neutron
