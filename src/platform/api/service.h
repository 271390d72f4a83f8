// SPDX-License-Identifier: Apache-2.0
// A service as main/ lists it: its routes, manners, tables, operations, tasks. Manners are how
// upstream behaves around every handler: error body, paging, versions.
#pragma once
#include "platform/api/route.h"
#include "platform/operation/operation.h"
#include "platform/task/task.h"

namespace nephele::api {

struct Paging {
    std::optional<std::int64_t> default_limit; ///< none: everything
    std::int64_t max_limit = 1000;
    /// sort_key=a&sort_dir=asc (repeated) and sort=a:asc,b:desc are both read.
    std::vector<Sort> default_sort;
    bool unknown_query_is_error = false; ///< 400 for a parameter that is neither field nor extra
    bool show_takes_fields = false;      ///< fields= also narrows the answer of one record
    std::vector<std::string> ignored;    ///< parameters that mean nothing here but clients send
    /// Puts links into the list's answer: {"x_links": [...]}, {"next": ...}, {"links": {...}}.
    enum class Links { none, nova, neutron, keystone, glance } links = Links::none;
};

struct Versions {
    bool negotiated = false;
    std::string service_type;  ///< OpenStack-API-Version: <service_type> 2.1
    std::string legacy_header; ///< "X-OpenStack-Nova-API-Version"; empty: none
    Version min, max;
};

struct Manners {
    /// The service's error body. `head` may be incomplete.
    http::Response (*error)(const Failure& failure, const http::RequestHead& head,
                            const std::string& request_id) = nullptr;
    Paging paging;
    Versions versions;
    /// Bodies of requests: "1" for 1 and the like accepted.
    bool lenient = true;
    /// "/images/" is no resource although "/images" is one.
    bool trailing_slash_is_absent = false;
    /// Rule that means "sees every project" for scope().
    std::string admin_rule = "context_is_admin";
    /// Failure code to use when a shape refuses a body ("HTTPBadRequest"); empty: as thrown.
    std::string invalid_input_code;
    /// Request id header: upstream's "x-openstack-request-id" (all also send it).
    std::string request_id_header = "x-openstack-request-id";
    /// The unauthorized answer's WWW-Authenticate and text are keystonemiddleware's where true.
    bool middleware_401 = true;
};

/// One invariant over tables and engines for `nephele check`; returns what is wrong, a line each.
struct Check {
    std::string name;
    std::vector<std::string> (*find)(Cloud& cloud, db::Tx& tx);
};

/// One operation of a mounted application, in the form of upstream's documents: what tells it from
/// others of its path stands behind '?' ("/v1/{account}/{container}?formpost").
struct MountedOperation {
    std::string method, path, action;
    const char* file = "";
};

struct Service {
    std::string name; ///< "nova": upstream's project
    std::string type; ///< "compute": type in the catalog
    std::string description;
    std::string prefix; ///< "/compute" on the common port
    /// "/v2.1": paths under it may carry a project id as their next segment; empty: never.
    std::string project_prefix;
    /// "/v2": the same paths in the oldest version, without negotiation; empty: none.
    std::string legacy_root;
    std::string catalog_path; ///< "/v2.1" appended to the root in the catalog
    std::uint16_t port = 0;   ///< traditional one
    Manners manners;
    std::vector<Resource> resources;
    /// For an API that is no set of JSON resources: everything under the prefix and on the own port
    /// goes to this application, made once everything has started. What it sees keeps `target`;
    /// `path` is without the prefix. Identity is its own matter (principal_of), and so are the ids
    /// of its requests; it is counted as every service is.
    std::shared_ptr<http::Application> (*mount)(Cloud& cloud) = nullptr;
    std::vector<MountedOperation> mounted_operations;
    /// Paths that clients expect at the root of the host, and that go there too ("/info").
    std::vector<std::string> root_paths;
    std::vector<db::Migration> migrations;
    std::vector<policy::Rule> policies;
    std::vector<Option> options;
    std::vector<ops::Operation> operations;
    std::vector<task::Task> tasks;
    std::vector<const TableBase*> tables;
    std::vector<Check> checks;
    /// After migrations, before requests: adds the service's state to the cloud. May be null.
    void (*start)(Cloud& cloud) = nullptr;
    /// Idempotent starter content of the service itself (standard traits, default flavors). May be
    /// null.
    void (*seed)(Context& context) = nullptr;
    void (*stop)(Cloud& cloud) = nullptr;
    /// Instead of start, where checks run beside the node (`nephele check`): adds what they look
    /// at. May be null.
    void (*look)(Cloud& cloud) = nullptr;
};

/// Who this token says is calling; nothing when it is no good, or good only together with a client
/// certificate that this connection does not have.
std::optional<Principal> principal_of(const Cloud& cloud, const http::RequestHead& head,
                                      std::string_view token);

/// The HTTP application over all services: routing, authentication, policy, transaction, answer.
class Api : public http::Application {
  public:
    Api(Cloud& cloud, const std::vector<Service>& services);
    ~Api() override;
    /// Requests arriving on this local port belong to one service without its prefix.
    void bind_port(std::uint16_t local_port, std::string_view service_name);

    http::BodyPlan plan(const http::RequestHead& head) override;
    http::Response handle(const http::RequestHead& head, std::string body) override;
    http::Response handle_stream(const http::RequestHead& head, http::BodyReader& body) override;
    http::Response refuse(const http::RequestHead& head, int status,
                          const std::string& reason) override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Every route of every service, in declaration order.
struct ListedRoute {
    const Service* service;
    const Route* route;
};
std::vector<ListedRoute> all_routes(const std::vector<Service>& services);
/// `nephele routes --json` (the design, section 3) and the human table.
Json routes_json(const std::vector<Service>& services);
Json openapi(const Service& service);
/// file:line of the routes that METHOD PATH matches, one a line.
std::string where(const std::vector<Service>& services, const std::string& method,
                  const std::string& path);

const std::vector<db::Migration>& idempotency_migrations();

/// Ready-made error bodies; a service's manners.cc picks one or writes its own.
http::Response json_response(int status, const Json& body);

} // namespace nephele::api
