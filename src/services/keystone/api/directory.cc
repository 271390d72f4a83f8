// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/api/directory.h"

#include "base/strings.h"
#include "services/keystone/model/domain_option.h"
#include "services/keystone/model/endpoint_filter.h"
#include "services/keystone/model/limit.h"
#include "services/keystone/ops/audit.h"
#include "services/keystone/ops/directories.h"
#include "services/keystone/store/directory_migrations.h"
#include "services/keystone/store/endpoint_filters.h"
#include "services/keystone/store/limits.h"

namespace nephele::keystone {
namespace {

template <class T> void append(std::vector<T>& all, std::vector<T> more) {
    for (T& one : more) all.push_back(std::move(one));
}

template <std::vector<std::string> (*find)(db::Tx&)>
std::vector<std::string> check(Cloud&, db::Tx& tx) {
    return find(tx);
}

} // namespace

void add_directory(Service& service) {
    append(service.resources, {registered_limit_routes(), limit_routes(), endpoint_filter_routes(),
                               endpoint_group_routes(), policy_routes(),
                               policy_association_routes(), domain_config_routes()});
    append(service.policies, directory_policies());
    append(service.migrations, directory_migrations());
    append<const TableBase*>(
        service.tables,
        {&table::registered_limits(), &table::limits(), &table::project_endpoints(),
         &table::endpoint_groups(), &table::project_endpoint_groups(), &table::policies(),
         &table::policy_associations(), &table::domain_options(), &table::id_mappings()});
    append<Check>(service.checks,
                  {{"limits have a project or domain", check<store::limits_of_nobody>},
                   {"endpoint filters have a project", check<store::filters_of_nobody>}});
    append<Option>(service.options,
                   {{"keystone.limit_enforcement_model", "flat",
                     "model of unified limits: flat or strict_two_level"},
                    {"keystone.return_all_endpoints_if_no_filter", true,
                     "a project without endpoint filters sees all endpoints in its catalog"},
                    {"keystone.list_limit", 0,
                     "most records of one list unless the caller asks with limit=; 0: all"},
                    {"keystone.domain_specific_drivers_enabled", false,
                     "domains may have their users in a directory (LDAP) by their configuration"},
                    {"keystone.domain_config_dir", "",
                     "folder with keystone.DOMAIN.conf for domains without stored configuration"},
                    {"keystone.directory_fresh_seconds", 10,
                     "what a directory said is not asked again for so long"}});
    service.tasks.push_back({.name = "keystone.directories",
                             .every_ms = 300'000,
                             .run = [](Cloud& cloud) { refresh_all(cloud); }});
    service.tasks.push_back({.name = "keystone.audit",
                             .every_ms = 500,
                             .run = [](Cloud& cloud) { cloud.state<LoginAudit>().write(cloud); },
                             .one_node = false});
}

const Json::Array& list_in_body(const Json& body, const std::string& name) {
    const Json* list = body.find(name);
    if (!list || !list->is_array() || list->size() == 0)
        throw bad_request(
            "ValidationError",
            format("Invalid input for field '{}': expecting a list of at least one.", name));
    return list->as_array();
}

void read_item(Call& call, const ShapeBase& shape, const Json& item, void* record,
               const std::string& where) {
    Reading reading = call.reading;
    reading.mode = Reading::Mode::create;
    shape.read(item, record, reading, where);
}

Failure expected(const std::string& attribute, const std::string& target) {
    return bad_request("ValidationError",
                       format("Expecting to find {} in {}. The server could not comply with the "
                              "request since it is either malformed or otherwise incorrect. The "
                              "client is assumed to be in error.",
                              attribute, target));
}

void check_catalog_ids(Call& call, const std::string& service_id,
                       const std::optional<std::string>& region_id, const std::string& target) {
    if (!find(call.tx, table::services(), Scope::all(), service_id))
        throw expected("service_id", target);
    if (region_id && !find(call.tx, table::regions(), Scope::all(), *region_id))
        throw expected("region_id", target);
}

Reply reply_with(int status, const std::string& name, Json::Array items) {
    Reply reply;
    reply.status = status;
    reply.body = Json::object({{name, Json(std::move(items))}});
    return reply;
}

} // namespace nephele::keystone
