// SPDX-License-Identifier: Apache-2.0
#include "services/nova/store/tables.h"

#include "services/nova/store/groups.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
using shape::TableBase;

const Table<Flavor>& flavors() {
    static const Table<Flavor> t(TableBase{.name = "nova_flavors",
                                           .service = "nova",
                                           .kind = "flavor",
                                           .not_found_code = "FlavorNotFound",
                                           .not_found_message = "Flavor {} could not be found."});
    return t;
}

const Table<FlavorAccess>& flavor_accesses() {
    static const Table<FlavorAccess> t(TableBase{.name = "nova_flavor_access",
                                                 .service = "nova",
                                                 .kind = "flavor_access",
                                                 .project_column = "tenant_id"});
    return t;
}

const Table<Keypair>& keypairs() {
    static const Table<Keypair> t(TableBase{.name = "nova_keypairs",
                                            .service = "nova",
                                            .kind = "keypair",
                                            .user_column = "user_id",
                                            .not_found_code = "KeypairNotFound",
                                            .not_found_message = "Keypair {} could not be found."});
    return t;
}

std::vector<const TableBase*> tables() {
    return {&flavors(),         &flavor_accesses(), &keypairs(),   &servers(),
            &deleted_servers(), &compute_hosts(),   &aggregates(), &server_groups()};
}

} // namespace nephele::nova
