// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/model/id_mapping.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"

namespace nephele::keystone {

std::string IdMapping::id_of(const std::string& domain_id, const std::string& kind,
                             const std::string& local_id) {
    return hex_encode(crypto::sha256(domain_id + kind + local_id));
}

const Shape<IdMapping>& IdMapping::shape() {
    static const auto made = Shape<IdMapping>()
                                 .field("id", &IdMapping::id)
                                 .field("domain_id", &IdMapping::domain_id)
                                 .field("kind", &IdMapping::kind)
                                 .field("local_id", &IdMapping::local_id)
                                 .field("absent", &IdMapping::absent);
    return made;
}

const Table<IdMapping>& table::id_mappings() {
    static const Table<IdMapping> made({.name = "keystone_id_mappings",
                                        .service = "keystone",
                                        .kind = "id_mapping",
                                        .not_found_code = "NotFound",
                                        .not_found_message = "Could not find: {}."});
    return made;
}

} // namespace nephele::keystone
