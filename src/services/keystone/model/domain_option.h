// SPDX-License-Identifier: Apache-2.0
// One option of a domain's own identity configuration.
#pragma once
#include "platform/shape/table.h"

namespace nephele::keystone {
using namespace shape;

struct DomainOption {
    std::string id; ///< "domain/group/option"
    std::string domain_id, group, option;
    Json value;               ///< null for a sensitive one
    std::string sealed_value; ///< of a sensitive one: a Fernet token of the credential keys
    static std::string id_of(const std::string& domain_id, const std::string& group,
                             const std::string& option) {
        return domain_id + "/" + group + "/" + option;
    }
    static const Shape<DomainOption>& shape();
};

namespace table {
const Table<DomainOption>& domain_options();
}

} // namespace nephele::keystone
