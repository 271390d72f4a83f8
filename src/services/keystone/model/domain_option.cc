// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/model/domain_option.h"

namespace nephele::keystone {

const Shape<DomainOption>& DomainOption::shape() {
    static const auto made = Shape<DomainOption>()
                                 .field("id", &DomainOption::id)
                                 .field("domain_id", &DomainOption::domain_id)
                                 .field("group", &DomainOption::group, {column("option_group")})
                                 .field("option", &DomainOption::option, {column("option_name")})
                                 .field("value", &DomainOption::value)
                                 .field("sealed_value", &DomainOption::sealed_value, {secret});
    return made;
}

const Table<DomainOption>& table::domain_options() {
    static const Table<DomainOption> made({.name = "keystone_domain_options",
                                           .service = "keystone",
                                           .kind = "domain_config",
                                           .not_found_code = "DomainConfigNotFound",
                                           .not_found_message = "Could not find: {}."});
    return made;
}

} // namespace nephele::keystone
