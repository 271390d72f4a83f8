// SPDX-License-Identifier: Apache-2.0
// Regions, services and their endpoints.
#pragma once
#include "platform/shape/table.h"

namespace nephele::keystone {
using namespace shape;

struct Region {
    std::string id;
    std::optional<std::string> parent_region_id;
    std::string description;
    Json extra;
    static const Shape<Region>& shape();
};

struct ServiceEntry {
    std::string id, type;
    std::optional<std::string> name, description;
    bool enabled = true;
    Json extra;
    static const Shape<ServiceEntry>& shape();
};

struct Endpoint {
    std::string id, service_id, interface, url;
    std::optional<std::string> region_id;
    std::optional<std::string> name, description;
    bool enabled = true;
    Json extra;
    static const Shape<Endpoint>& shape();
};

namespace table {
const Table<Region>& regions();
const Table<ServiceEntry>& services();
const Table<Endpoint>& endpoints();
} // namespace table

} // namespace nephele::keystone
