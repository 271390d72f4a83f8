// SPDX-License-Identifier: Apache-2.0
// Nova: servers and what they need, as main/ lists it.
#include "services/nova/service.h"

#include "services/nova/api/manners.h"
#include "services/nova/compute/host.h"
#include "services/nova/ops/operations.h"
#include "services/nova/store/checks.h"
#include "services/nova/store/tables.h"
#include "services/nova/tasks/tasks.h"

namespace nephele::nova {
namespace {

std::vector<Option> options() {
    std::vector<Option> all = compute::host_options();
    std::vector<Option> own{
        {"nova.default_availability_zone", "nova", "Zone of compute hosts that name none."},
        {"nova.cpu_allocation_ratio", 4.0, "Virtual processors for each real one."},
        {"nova.ram_allocation_ratio", 1.0, "Memory given out for each real MiB."},
        {"nova.disk_allocation_ratio", 1.0, "Disk given out for each real GiB."},
        {"nova.reserved_host_memory_mb", 512, "Memory kept for the host itself."},
        {"nova.keep_deleted_days", 30,
         "How long deleted servers are shown to administrators and by changes-since."},
        {"nova.reclaim_instance_interval", 0,
         "Seconds that deleted servers can be restored; 0: they go at once."},
        {"nova.shelved_offload_time", 0,
         "0: shelved servers leave their host at once; -1: only by shelveOffload."},
        {"nova.console_token_seconds", 600, "How long a console's address is good."},
    };
    all.insert(all.end(), own.begin(), own.end());
    return all;
}

template <std::vector<std::string> (*Find)(db::Tx&)>
std::vector<std::string> check(Cloud&, db::Tx& tx) {
    return Find(tx);
}

} // namespace

api::Service service() {
    api::Service s;
    s.name = "nova";
    s.type = "compute";
    s.description = "Servers";
    s.prefix = "/compute";
    s.project_prefix = "/v2.1";
    s.legacy_root = "/v2";
    s.catalog_path = "/v2.1";
    s.port = 8774;
    s.manners = manners();
    s.resources = {discovery_resource(),
                   flavors_resource(),
                   flavor_parts_resource(),
                   keypairs_resource(),
                   servers_resource(),
                   server_actions_resource(),
                   server_parts_resource(),
                   server_network_resource(),
                   instance_actions_resource(),
                   consoles_resource(),
                   console_proxy_resource(),
                   quotas_resource(),
                   hosts_resource(),
                   hypervisors_resource(),
                   external_events_resource(),
                   aggregates_resource(),
                   server_groups_resource(),
                   tenant_usage_resource(),
                   server_rebuild_resource(),
                   server_images_resource(),
                   server_shelve_resource(),
                   server_addresses_resource(),
                   server_details_resource(),
                   image_proxy_resource(),
                   network_proxy_resource(),
                   security_group_proxy_resource(),
                   floating_ip_proxy_resource(),
                   old_hosts_resource(),
                   server_diagnostics_resource(),
                   extensions_resource(),
                   gone_resource()};
    s.migrations = migrations();
    s.policies = policies();
    s.options = options();
    s.operations = {create_server(),    delete_server(),  change_power(),   attach_interface(),
                    detach_interface(), rebuild_server(), resize_server(),  revert_resize(),
                    snapshot_server(),  shelve_server(),  offload_server(), unshelve_server(),
                    rescue_server(),    unrescue_server()};
    s.tasks = {register_hosts(), power_sync(), renew_documents(), reclaim(), forget()};
    s.tables = tables();
    s.checks = {{"a server being changed has an operation", check<store::tasks_without_operation>},
                {"a desired guest has a server", check<store::guests_without_server>},
                {"a server on a host has a guest", check<store::servers_without_guest>},
                {"a copy of a disk has an operation", check<store::copies_without_operation>},
                {"a shelved server has its image", check<store::shelved_without_image>},
                {"a claim has a server", check<store::claims_without_server>},
                {"a server on a host has a claim", check<store::servers_without_claim>},
                {"a server's port has a server", check<store::ports_without_server>},
                {"a member of a server group is there", check<store::members_without_server>}};
    s.start = compute::start_hosts;
    s.stop = compute::stop_hosts;
    return s;
}

} // namespace nephele::nova
