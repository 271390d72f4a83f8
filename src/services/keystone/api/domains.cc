// SPDX-License-Identifier: Apache-2.0
#include "base/ids.h"
#include "base/strings.h"
#include "services/keystone/api/support.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/identity.h"

namespace nephele::keystone {
namespace {

Domain create(Call& call, const Domain& wanted) {
    Domain domain = wanted;
    check_options(domain.options, "domain");
    check_tags(domain.tags);
    domain.id = call.new_hex();
    if (const std::string chosen = domain.extra.text("explicit_domain_id"); !chosen.empty()) {
        if (!is_uuid_like(chosen))
            throw bad_request("DomainIdInvalid",
                              "Domain ID does not conform to required UUID format.");
        domain.id = replace_all(lower(chosen), "-", "");
        domain.extra.erase("explicit_domain_id");
    }
    store::insert(call, table::domains(), domain);
    return domain;
}

Listed<Domain> list_all(Call& call, const Page& page) {
    call.enforce("identity:list_domains", list_target(call));
    return list(call.tx, table::domains(), list_scope(call), page, {"is_domain = 1", {}});
}

Domain need(Call& call, const char* rule) {
    const auto domain = store::find_domain(call.tx, call.path("domain_id"));
    call.enforce(rule, target_of(domain));
    if (!domain) throw_not_found(table::domains(), call.path("domain_id"));
    return *domain;
}

Domain show(Call& call) { return need(call, "identity:get_domain"); }

Domain update(Call& call, const Json& body) {
    Domain domain = need(call, "identity:update_domain");
    check_mutable(domain.options, table::domains(), domain.id, "update",
                  &unwrap(Domain::shape(), body));
    read_update(call, body, domain);
    check_options(domain.options, "domain");
    check_tags(domain.tags);
    if (domain.id == "default" && !domain.enabled)
        throw forbidden("Forbidden", "The default domain cannot be disabled.");
    store::update(call, table::domains(), domain);
    return domain;
}

void remove(Call& call) {
    const Domain domain = need(call, "identity:delete_domain");
    check_mutable(domain.options, table::domains(), domain.id, "delete");
    if (domain.enabled)
        throw forbidden("Forbidden",
                        "Cannot delete a domain that is enabled. Please disable the domain first.");
    store::remove_domain(call, domain);
}

} // namespace

Resource domain_routes() {
    return Resource()
        .on("POST /v3/domains", "identity:create_domain", create, created)
        .on("GET /v3/domains", enforced_by_handler, list_all)
        .on("GET /v3/domains/{domain_id}", enforced_by_handler, show)
        .on("PATCH /v3/domains/{domain_id}", enforced_by_handler, update)
        .on("DELETE /v3/domains/{domain_id}", enforced_by_handler, remove);
}

} // namespace nephele::keystone
