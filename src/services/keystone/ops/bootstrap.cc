// SPDX-License-Identifier: Apache-2.0
// What a new cloud starts with: the first part of the client's functions.
#include "services/keystone/client.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "platform/log/log.h"
#include "services/keystone/model/catalog.h"
#include "services/keystone/ops/state.h"
#include "services/keystone/store/assignments.h"
#include "services/keystone/store/catalog.h"
#include "services/keystone/store/changes.h"
#include "services/keystone/store/identity.h"

#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace nephele::keystone::client {
namespace {

constexpr const char* default_domain = "default";

std::string ensure_role(Context& context, const std::string& name) {
    if (const auto role = store::find_role_named(context.tx, name)) return role->id;
    Role role;
    role.id = context.new_hex();
    role.name = name;
    store::insert(context, table::roles(), role);
    return role.id;
}

std::string ensure_project(Context& context, const std::string& name,
                           const std::string& description) {
    if (const auto project = store::find_project_named(context.tx, name, default_domain))
        return project->id;
    Project project;
    project.id = context.new_hex();
    project.name = name;
    project.domain_id = project.parent_id = default_domain;
    project.description = description;
    store::insert(context, table::projects(), project);
    return project.id;
}

std::string ensure_user(Context& context, const std::string& name, const std::string& hash) {
    if (const auto user = store::find_user_named(context.tx, name, default_domain)) return user->id;
    User user;
    user.id = context.new_hex();
    user.name = name;
    user.domain_id = default_domain;
    user.password_hash = hash;
    user.created_at = context.now;
    user.password_created_at = context.now;
    store::insert(context, table::users(), user);
    return user.id;
}

struct Roles {
    std::string admin, manager, member, reader, service;
};

Roles ensure_roles(Context& context) {
    Roles roles{ensure_role(context, "admin"), ensure_role(context, "manager"),
                ensure_role(context, "member"), ensure_role(context, "reader"),
                ensure_role(context, "service")};
    store::ensure_implication(context, roles.admin, roles.manager);
    store::ensure_implication(context, roles.manager, roles.member);
    store::ensure_implication(context, roles.member, roles.reader);
    return roles;
}

void ensure_catalog_entry(Context& context, const Bootstrap::CatalogEntry& entry,
                          const Bootstrap& wanted) {
    auto service = store::find_service_of_type(context.tx, entry.type);
    if (!service) {
        service = ServiceEntry{.id = context.new_hex(),
                               .type = entry.type,
                               .name = entry.name,
                               .description = entry.description};
        store::insert(context, table::services(), *service);
    }
    auto endpoints = store::endpoints_of(context.tx, service->id);
    for (const char* interface : {"public", "internal", "admin"}) {
        auto found = std::find_if(endpoints.begin(), endpoints.end(), [&](const Endpoint& e) {
            return e.interface == interface && e.region_id == wanted.region;
        });
        if (found == endpoints.end()) {
            store::insert(context, table::endpoints(),
                          Endpoint{.id = context.new_hex(),
                                   .service_id = service->id,
                                   .interface = interface,
                                   .url = entry.url,
                                   .region_id = wanted.region});
        } else if (found->url != entry.url && wanted.renew_urls) {
            found->url = entry.url;
            store::update(context, table::endpoints(), *found);
        }
    }
}

void ensure_admin(Context& context, const Roles& roles, const std::string& project,
                  const std::string& hash) {
    const std::string admin = ensure_user(context, "admin", hash);
    for (const auto& [place, id] :
         {std::pair{Place::project, project}, std::pair{Place::domain, std::string(default_domain)},
          std::pair{Place::system, std::string("all")}})
        store::ensure_assignment(context,
                                 Assignment::of(roles.admin, Actor::user, admin, place, id));
}

void fill(Context& context, const Bootstrap& wanted, const std::string& admin_hash) {
    if (!store::find_domain(context.tx, default_domain)) {
        Domain domain;
        domain.id = default_domain;
        domain.name = "Default";
        domain.description = "The default domain";
        store::insert(context, table::domains(), domain);
    }
    const Roles roles = ensure_roles(context);
    const std::string project =
        ensure_project(context, "admin", "Bootstrap project for initializing the cloud.");
    ensure_project(context, "service", "Users of the services.");
    ensure_admin(context, roles, project, admin_hash);
    if (!find(context.tx, table::regions(), Scope::all(), wanted.region))
        store::insert(context, table::regions(), Region{.id = wanted.region});
    for (const auto& entry : wanted.catalog) ensure_catalog_entry(context, entry, wanted);
}

bool has_admin(Cloud& cloud) {
    return cloud.db().read(
        [](db::Tx& tx) { return store::find_user_named(tx, "admin", default_domain).has_value(); });
}

std::string public_url(const Config& config) {
    if (auto url = config.text("http.public_url"); !url.empty()) return url;
    return format("{}://{}:{}", config.text("http.tls_certificate").empty() ? "http" : "https",
                  config.text("http.address"), config.integer("http.port"));
}

// Everything a client needs, readable by the owner only.
void write_clouds_yaml(const Config& config, const Bootstrap& wanted) {
    const std::string path = config.text("data.directory") + "/clouds.yaml";
    const std::string text =
        format("clouds:\n  nephele:\n    auth:\n      auth_url: {}/identity/v3\n"
               "      username: admin\n      password: {}\n      project_name: admin\n"
               "      user_domain_id: default\n      project_domain_id: default\n"
               "    region_name: {}\n    identity_api_version: 3\n",
               public_url(config), wanted.admin_password, wanted.region);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool written =
        file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (file >= 0) ::close(file);
    if (!written)
        throw Failure(Fault::internal, "CannotWrite",
                      format("The first password of admin cannot be written to {}. Set "
                             "keystone.admin_password or make the directory writable.",
                             path));
    log::info("first start: the administrator's password was made up", {{"file", path}});
}

} // namespace

void bootstrap(Cloud& cloud, const Bootstrap& wanted) {
    std::string hash;
    if (!has_admin(cloud))
        hash = cloud.state<State>().passwords.hash(password::Password(wanted.admin_password));
    write_as_cloud(cloud, "bootstrap", [&](Context& context) { fill(context, wanted, hash); });
}

void bootstrap_node(Cloud& cloud, const std::vector<api::Service>& services) {
    const Config& config = cloud.config();
    Bootstrap wanted;
    wanted.region = config.text("keystone.region");
    wanted.admin_password = config.text("keystone.admin_password");
    if (const char* given = std::getenv("NEPHELE_ADMIN_PASSWORD");
        given && wanted.admin_password.empty())
        wanted.admin_password = given;
    if (wanted.admin_password.empty() && !has_admin(cloud)) {
        wanted.admin_password = hex_encode(crypto::random_bytes(16));
        write_clouds_yaml(config, wanted);
    }
    for (const auto& service : services)
        if (!service.type.empty())
            wanted.catalog.push_back({service.type, service.name, service.description,
                                      public_url(config) + service.prefix + service.catalog_path});
    // With several nodes on one database each would set its own address.
    wanted.renew_urls =
        !config.text("http.public_url").empty() || cloud.db().dialect() == db::Dialect::sqlite;
    bootstrap(cloud, wanted);
}

std::string ensure_service_user(Context& context, const std::string& name,
                                const std::string& password_hash) {
    const Roles roles = ensure_roles(context);
    const std::string project = ensure_project(context, "service", "Users of the services.");
    const std::string user = ensure_user(context, name, password_hash);
    for (const auto& role : {roles.admin, roles.service})
        store::ensure_assignment(context,
                                 Assignment::of(role, Actor::user, user, Place::project, project));
    return user;
}

} // namespace nephele::keystone::client
