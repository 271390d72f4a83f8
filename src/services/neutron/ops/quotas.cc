// SPDX-License-Identifier: Apache-2.0
// Counting against quotas.
#include "services/neutron/ops/quotas.h"

#include "base/strings.h"

namespace nephele::neutron {
namespace {
std::string option_name(const std::string& resource) { return "neutron.quota_" + resource; }

std::int64_t used_of(db::Tx& tx, const QuotaResource& resource, const std::string& project_id) {
    return tx.count(format("SELECT COUNT(*) FROM {} WHERE project_id = ?", resource.table),
                    {project_id});
}

std::optional<std::int64_t> own_limit(db::Tx& tx, const std::string& project_id,
                                      const std::string& resource) {
    std::optional<std::int64_t> limit;
    tx.first("SELECT max_count FROM neutron_quotas WHERE id = ?", {project_id + "/" + resource},
             [&](const db::Row& row) { limit = row.integer(0); });
    return limit;
}
} // namespace

std::vector<Option> quota_options() {
    std::vector<Option> out;
    for (auto& resource : quota_resources())
        out.push_back({option_name(resource.name), resource.fallback,
                       format("How many of {} a project may have; -1: no limit.", resource.name)});
    return out;
}

std::vector<QuotaUse> default_quotas(const Cloud& cloud) {
    std::vector<QuotaUse> out;
    for (auto& resource : quota_resources())
        out.push_back({resource.name, cloud.config().integer(option_name(resource.name)), 0});
    return out;
}

std::vector<QuotaUse> quotas_of(Context& context, const std::string& project_id, bool with_use) {
    std::vector<QuotaUse> out = default_quotas(context.cloud);
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (auto own = own_limit(context.tx, project_id, out[i].resource)) out[i].limit = *own;
        if (with_use) out[i].used = used_of(context.tx, quota_resources()[i], project_id);
    }
    return out;
}

void check_quota(Context& context, const std::string& project_id, const std::string& resource,
                 std::int64_t more) {
    for (auto& counted : quota_resources()) {
        if (resource != counted.name) continue;
        auto limit = own_limit(context.tx, project_id, resource)
                         .value_or(context.cloud.config().integer(option_name(resource)));
        if (limit < 0 || used_of(context.tx, counted, project_id) + more <= limit) return;
        throw conflict("OverQuota", format("Quota exceeded for resources: ['{}'].", resource));
    }
}

void set_quota(Context& context, const std::string& project_id, const std::string& resource,
               std::optional<std::int64_t> limit) {
    QuotaLimit record{project_id + "/" + resource, project_id, resource, limit.value_or(0)};
    bool there = find(context.tx, quota_limits(), Scope::all(), record.id).has_value();
    if (!limit && there)
        erase(context, quota_limits(), record);
    else if (limit && there)
        update(context, quota_limits(), record);
    else if (limit)
        insert(context, quota_limits(), record);
}

} // namespace nephele::neutron
