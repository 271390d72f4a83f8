// SPDX-License-Identifier: Apache-2.0
// The door to the identity service for other services and for main.
#pragma once
#include "base/secret.h"
#include "platform/api/service.h"

#include <optional>
#include <string>
#include <vector>

namespace nephele::keystone::client {

/// What a new cloud starts with. Running it again changes nothing but what is missing.
struct Bootstrap {
    std::string admin_password;
    std::string region = "RegionOne";
    struct CatalogEntry {
        std::string type, name, description;
        std::string url; ///< "http://host:port/compute/v2.1"; may hold $(project_id)s
    };
    /// Made as public, internal and admin endpoints.
    std::vector<CatalogEntry> catalog;
    /// Endpoints of the region that have another URL get the one given here.
    bool renew_urls = true;
};
/// The default domain, the roles admin, manager, member, reader and service with what they imply,
/// the projects admin and service, the user admin (on the project, the domain and the system), the
/// region and the catalog. The password is only set (and hashed) when the user is new.
void bootstrap(Cloud& cloud, const Bootstrap& wanted);

/// The same from the configuration: http.public_url, keystone.region and keystone.admin_password.
/// When no password is configured, the first start makes one and writes it with all a client needs
/// to clouds.yaml in data.directory. This is the hook of NodeOptions.
void bootstrap_node(Cloud& cloud, const std::vector<api::Service>& services);

/// Makes a user of the service project with the roles admin and service, or finds it; for parts
/// that talk HTTP to a service as themselves. Returns the user's id.
std::string ensure_service_user(Context& context, const std::string& name,
                                const std::string& password_hash);

struct ProjectFacts {
    std::string id, name, domain_id, parent_id;
    bool enabled = true;
};
std::optional<ProjectFacts> find_project(db::Tx& tx, const std::string& id);
struct UserFacts {
    std::string id, name, domain_id, default_project_id, email;
    bool enabled = true;
};
std::optional<UserFacts> find_user(db::Tx& tx, const std::string& id);

/// The principal a user has on a project at this moment, with the roles assigned to it; nothing
/// when it has none there. For work that goes on for a user without a token (EC2, alarms).
std::optional<Principal> principal_on_project(db::Tx& tx, const std::string& user_id,
                                              const std::string& project_id);
/// A token for that principal's user and project, of the usual lifetime; for outside programs that
/// must speak for the user.
std::string issue_project_token(Cloud& cloud, db::Tx& tx, const std::string& user_id,
                                const std::string& project_id);

/// A unified limit in force, for a service that enforces it on its own usage; -1 is no limit.
struct LimitFacts {
    std::int64_t limit = 0;
    /// Of the project's domain, under strict_two_level: what its projects may use together.
    std::optional<std::int64_t> domain_limit;
};
/// What a project may use of a service's resource ("image", "image_size_total"): its own limit,
/// else the registered default of the region, else that of no region. Nothing: not registered.
std::optional<LimitFacts> find_limit(const Cloud& cloud, db::Tx& tx,
                                     const std::string& service_type,
                                     const std::string& resource_name,
                                     const std::string& project_id, const std::string& region = "");

/// The blob of a credential the user keeps, when it has this type.
std::optional<std::string> stored_credential(Cloud& cloud, db::Tx& tx, const std::string& id,
                                             const std::string& type, const std::string& user_id);

/// An EC2 key, for services that check signatures themselves (S3).
struct Ec2Login {
    Secret<std::string> secret;
    /// Who acts with it at this moment; nothing when user, project, role or what the key was made
    /// with is gone, disabled or over. Only for whom the signature fits.
    std::optional<Principal> principal;
};
/// While too many wrong signatures were told of a key whose secret can be guessed, its secret is
/// one that nobody has.
std::optional<Ec2Login> find_ec2_login(Cloud& cloud, db::Tx& tx, const std::string& access);
/// A signature by this access key, known or not, did not fit.
void note_wrong_signature(Cloud& cloud, const std::string& access);

/// The URL of an endpoint in the catalog, filled in for a project; of any region or of that one.
std::optional<std::string> endpoint_url(db::Tx& tx, const std::string& service_type,
                                        const std::string& interface,
                                        const std::string& project_id = "",
                                        const std::string& region = "");

/// `nephele keystone rotate-keys [token|receipt|credential]`: the next key makes what comes, the
/// former ones still read what is there. Works on the directories (credentials are sealed anew);
/// running servers notice by themselves.
void rotate_keys(Cloud& cloud, const std::string& kind);

} // namespace nephele::keystone::client
