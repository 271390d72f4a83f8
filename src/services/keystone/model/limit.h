// SPDX-License-Identifier: Apache-2.0
// Unified limits: how much of a service's resource everybody has by default, and what single
// projects and domains have instead.
#pragma once
#include "platform/shape/table.h"

namespace nephele::keystone {
using namespace shape;

struct RegisteredLimit {
    std::string id, service_id;
    std::optional<std::string> region_id;
    std::string resource_name;
    std::int64_t default_limit = 0; ///< -1: no limit
    std::optional<std::string> description;
    static const Shape<RegisteredLimit>& shape();
};

struct Limit {
    std::string id;
    std::optional<std::string> project_id, domain_id; ///< one of them
    // Of the registered limit, which does not change as long as this one refers to it.
    std::string service_id;
    std::optional<std::string> region_id;
    std::string resource_name;
    std::int64_t resource_limit = 0; ///< -1: no limit
    std::optional<std::string> description;
    std::string registered_limit_id;
    static const Shape<Limit>& shape();
};

namespace table {
const Table<RegisteredLimit>& registered_limits();
const Table<Limit>& limits();
} // namespace table

} // namespace nephele::keystone
