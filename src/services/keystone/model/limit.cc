// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/model/limit.h"

#include "services/keystone/model/project.h"

namespace nephele::keystone {
namespace {
constexpr std::int64_t most = 0x7fffffff; // upstream's column is a signed 32-bit integer
}

const Shape<RegisteredLimit>& RegisteredLimit::shape() {
    static const auto made =
        Shape<RegisteredLimit>("registered_limit", "registered_limits")
            .field("id", &RegisteredLimit::id, {read_only})
            .field("service_id", &RegisteredLimit::service_id,
                   {required, min_length(1), max_length(64)})
            .field("region_id", &RegisteredLimit::region_id, {max_length(255)})
            .field("resource_name", &RegisteredLimit::resource_name,
                   {required, min_length(1), max_length(255)})
            .field("default_limit", &RegisteredLimit::default_limit, {required, between(-1, most)})
            .field("description", &RegisteredLimit::description)
            .computed("links", [](const RegisteredLimit& l, const View& view) {
                return self_link(view, "/v3/registered_limits/", l.id);
            });
    return made;
}

const Shape<Limit>& Limit::shape() {
    static const auto made =
        Shape<Limit>("limit", "limits")
            .field("id", &Limit::id, {read_only})
            .field("project_id", &Limit::project_id, {create_only, min_length(1), max_length(64)})
            .field("domain_id", &Limit::domain_id, {create_only, min_length(1), max_length(64)})
            .field("service_id", &Limit::service_id,
                   {create_only, required, min_length(1), max_length(64)})
            .field("region_id", &Limit::region_id, {create_only, max_length(255)})
            .field("resource_name", &Limit::resource_name,
                   {create_only, required, min_length(1), max_length(255)})
            .field("resource_limit", &Limit::resource_limit, {required, between(-1, most)})
            .field("description", &Limit::description)
            .field("registered_limit_id", &Limit::registered_limit_id, {hidden, read_only})
            .computed("links", [](const Limit& l, const View& view) {
                return self_link(view, "/v3/limits/", l.id);
            });
    return made;
}

const Table<RegisteredLimit>& table::registered_limits() {
    static const Table<RegisteredLimit> made(
        {.name = "keystone_registered_limits",
         .service = "keystone",
         .kind = "registered_limit",
         .not_found_code = "RegisteredLimitNotFound",
         .not_found_message = "Could not find registered limit for {}."});
    return made;
}
const Table<Limit>& table::limits() {
    static const Table<Limit> made({.name = "keystone_limits",
                                    .service = "keystone",
                                    .kind = "limit",
                                    .not_found_code = "LimitNotFound",
                                    .not_found_message = "Could not find limit for {}."});
    return made;
}

} // namespace nephele::keystone
