// SPDX-License-Identifier: Apache-2.0
// Which user or group of a directory stands behind an id of ours.
#pragma once
#include "platform/shape/table.h"

namespace nephele::keystone {
using namespace shape;

struct IdMapping {
    std::string id; ///< ours: sha256 of domain, kind and local id, as upstream makes it
    std::string domain_id, kind, local_id; ///< kind: "user" or "group"
    bool absent = false;                   ///< no longer in the directory: not shown, cannot log in
    static std::string id_of(const std::string& domain_id, const std::string& kind,
                             const std::string& local_id);
    static const Shape<IdMapping>& shape();
};

namespace table {
const Table<IdMapping>& id_mappings();
}

} // namespace nephele::keystone
