// SPDX-License-Identifier: Apache-2.0
#include "platform/node/node.h"

#include "base/files.h"
#include "base/strings.h"
#include "platform/agent/agent.h"
#include "platform/agent/control.h"
#include "platform/agent_link/authority_files.h"
#include "platform/agent_link/door.h"
#include "platform/api/key_claim.h"
#include "platform/journal/hub.h"
#include "platform/journal/journal.h"
#include "platform/log/log.h"
#include "platform/node/agents_api.h"
#include "platform/node/own_service.h"
#include "platform/node/policy_api.h"
#include "platform/node/readiness.h"

#include <system_error>

namespace nephele {
namespace {
const std::vector<Option>& platform_options() {
    static const std::vector<Option> all{
        {"data.directory", "/var/lib/nephele", "Where everything of this node is kept."},
        {"database.url", "",
         "sqlite:/path or postgresql://...; empty: nephele.db in data.directory."},
        {"database.connections", 8,
         "Read connections (SQLite) or pooled connections (PostgreSQL)."},
        {"http.address", "127.0.0.1", "Address to listen on."},
        {"http.port", 8181, "The one port with a path per service; 0: chosen by the system."},
        {"http.traditional_ports", false,
         "Also listen on each service's traditional port (5000 ...)."},
        {"http.public_url", "", "How clients reach the common port; empty: http://address:port."},
        {"http.workers", 16, "Threads that run handlers."},
        {"http.streamers", 128, "Threads for bodies that stream; used only while they do."},
        {"http.tls_certificate", "", "PEM file; empty: plain HTTP."},
        {"http.tls_key", "", "PEM file of the certificate's key."},
        {"http.tls_client_ca", "",
         "PEM file of the authority of client certificates; empty: none asked."},
        {"agent.silent_seconds", 60,
         "An agent not heard of for so long counts as not connected; its host gets no new work."},
        {"agent.listen", false, "Let agents of other hosts in (mutual TLS, a port of its own)."},
        {"agent.address", "0.0.0.0", "Address of that port."},
        {"agent.port", 8182, "0: chosen by the system."},
        {"agent.names", Json::array(),
         "More names and addresses by which hosts reach this node (a balancer, NAT)."},
        {"agent.authority", "",
         "Folder of the authority of the hosts' certificates, the same on every control node; "
         "empty: agent-authority in data.directory."},
        {"agent.most", 4000, "Remote hosts at once."},
        {"operations.threads", 4, "Threads that run steps of durable operations."},
        {"policy.directory", "", "Folder with <service>.yaml rule overrides; empty: none."},
        {"policy.enforce_scope", true, "Tokens of the wrong scope are refused."},
        {"log.level", "info", "debug, info, warning or error."},
        {"log.json", false, "JSON lines instead of key=value."},
        {"log.file", "", "Empty: standard error."},
        {"journal.keep_days", 30, "Journal entries older than this are removed."},
    };
    return all;
}

void make_directory(const std::string& path) {
    try {
        files::make_folders(path, 0750);
    } catch (const std::system_error& error) {
        throw Failure(Fault::internal, "NoDataDirectory",
                      format("The data directory {} cannot be made: {}. Set data.directory to a "
                             "place this user may write.",
                             path, error.what()));
    }
}

log::Level level_of(const std::string& text) {
    if (text == "debug") return log::Level::debug;
    if (text == "warning") return log::Level::warning;
    if (text == "error") return log::Level::error;
    if (text == "info") return log::Level::info;
    throw bad_request("BadConfig",
                      format("log.level is debug, info, warning or error, not {}", text));
}

std::shared_ptr<policy::Policy> compiled_policy(const Config& config, const api::Service& service) {
    auto policy = std::make_shared<policy::Policy>();
    policy->add(service.policies);
    if (auto directory = config.text("policy.directory"); !directory.empty()) {
        std::string file = directory + "/" + service.name + ".yaml";
        if (auto text = files::read(file); text && !text->empty())
            policy->load_overrides(*text, file);
    }
    policy->enforce_scope(config.boolean("policy.enforce_scope"));
    for (auto& warning : policy->compile())
        log::warning("policy", {{"service", service.name}, {"what", warning}});
    return policy;
}

task::Task trim_journal() {
    return {.name = "journal.trim", .every_ms = 3'600'000, .run = [](Cloud& cloud) {
                auto before =
                    cloud.now().plus_seconds(-86400 * cloud.config().integer("journal.keep_days"));
                while (cloud.db().write([&](db::Tx& tx) { return journal::trim(tx, before); }) ==
                       1000)
                    continue;
            }};
}

// Agents end without a word when their host loses its power or its network.
task::Task note_silent_agents(Time started) {
    return {.name = "agent.note_silent", .every_ms = 10'000, .run = [started](Cloud& cloud) {
                auto seconds = cloud.config().integer("agent.silent_seconds");
                // A control plane that was away itself lets them speak first.
                if (cloud.now() < started.plus_seconds(seconds)) return;
                auto silent = write_as_cloud(cloud, "", [&](Context& context) {
                    return agent::control::save_silent(context, context.now.plus_seconds(-seconds));
                });
                for (auto& host : silent)
                    log::warning("an agent fell silent", {{"host", host}, {"seconds", seconds}});
            }};
}

task::Task forget_join_tokens() {
    return {.name = "agent.forget_tokens", .every_ms = 3'600'000, .run = [](Cloud& cloud) {
                write_as_cloud(cloud, "", agent::forget_old_tokens);
            }};
}

db::Options database_options(const Config& config) {
    db::Options options;
    options.url = config.text("database.url");
    options.readers = static_cast<int>(config.integer("database.connections"));
    if (options.url.empty()) {
        make_directory(config.text("data.directory"));
        options.url = "sqlite:" + config.text("data.directory") + "/nephele.db";
    }
    return options;
}
// "keystone.list_limit" and the like: most records of one list unless the caller says.
void use_list_limit(const Config& config, api::Service& service) {
    const std::string name = service.name + ".list_limit";
    for (const Option& option : service.options)
        if (option.name == name && config.integer(name) > 0)
            service.manners.paging.default_limit = config.integer(name);
}
} // namespace

void configure_log(const Config& config) {
    log::configure(
        {level_of(config.text("log.level")), config.boolean("log.json"), config.text("log.file")});
}

Config declared_config(const std::vector<api::Service>& services) {
    Config config;
    config.declare(platform_options());
    for (auto& service : services) config.declare(service.options);
    return config;
}

std::vector<db::Migration> all_migrations(const std::vector<api::Service>& services) {
    std::vector<db::Migration> all;
    auto append = [&](const std::vector<db::Migration>& more) {
        all.insert(all.end(), more.begin(), more.end());
    };
    append(journal::migrations());
    append(ops::migrations());
    append(agent::migrations());
    append(agent::link_migrations());
    append(task::migrations());
    append(api::idempotency_migrations());
    for (auto& service : services) append(service.migrations);
    return all;
}

struct Node::Impl {
    std::vector<api::Service> services;
    std::unique_ptr<Cloud> cloud;
    journal::Hub* hub = nullptr;
    std::unique_ptr<ops::Runner> runner;
    std::unique_ptr<task::Tasks> tasks;
    std::unique_ptr<api::Api> api;
    std::unique_ptr<http::Server> server;
    std::unique_ptr<agent::Door> door;
    std::unique_ptr<http::Server> door_server;
    bool stopped = false;

    void open_cloud(const NodeOptions& options) {
        Config config = declared_config(services);
        if (!options.config_file.empty()) config.load_file(options.config_file);
        for (auto& setting : options.settings) config.set(setting);
        configure_log(config);
        auto database = db::Database::open(database_options(config));
        database->migrate(all_migrations(services));
        database->set_probe(options.database_probe);
        cloud = std::make_unique<Cloud>(std::move(config), std::move(database),
                                        options.clock ? *options.clock : system_clock(),
                                        options.ids ? *options.ids : system_ids());
        cloud->by_hand = options.by_hand;
    }

    void start_journal(bool background) {
        cloud->db().write([](db::Tx& tx) { journal::adopt_restored(tx); });
        hub = &cloud->add_state(std::make_shared<journal::Hub>(cloud->db()));
        if (background) hub->start();
    }

    void start_services(const NodeOptions& options) {
        cloud->add_state(std::make_shared<api::RunningKeys>(*cloud));
        cloud->add_state(std::make_shared<Readiness>(Readiness{own_readiness()}));
        cloud->add_state(std::make_shared<AgentDoor>());
        cloud->add_state(std::make_shared<agent::DoorPages>());
        std::vector<ops::Operation> operations;
        std::vector<task::Task> all_tasks{api::forget_answers(), api::renew_keys(), trim_journal(),
                                          note_silent_agents(cloud->now()), forget_join_tokens()};
        auto& explained = cloud->add_state(std::make_shared<PolicyServices>());
        for (auto& service : services) {
            explained.names.push_back(service.name);
            use_list_limit(cloud->config(), service);
            cloud->set_policy(service.name, compiled_policy(cloud->config(), service));
            operations.insert(operations.end(), service.operations.begin(),
                              service.operations.end());
            all_tasks.insert(all_tasks.end(), service.tasks.begin(), service.tasks.end());
        }
        ops::RunnerOptions runner_options;
        runner_options.threads =
            options.background && !options.by_hand
                ? static_cast<int>(cloud->config().integer("operations.threads"))
                : 0;
        runner = std::make_unique<ops::Runner>(*cloud, std::move(operations), runner_options);
        cloud->runner = runner.get();
        for (auto& service : services)
            if (service.start) service.start(*cloud);
        write_as_cloud(*cloud, "start", [&](Context& context) {
            for (auto& service : services)
                if (service.seed) service.seed(context);
        });
        if (options.bootstrap) options.bootstrap(*cloud, services);
        tasks = std::make_unique<task::Tasks>(*cloud, std::move(all_tasks));
    }

    void listen() {
        const Config& config = cloud->config();
        http::ServerOptions edge;
        edge.address = config.text("http.address");
        edge.ports = {static_cast<std::uint16_t>(config.integer("http.port"))};
        std::vector<const api::Service*> on_ports;
        if (config.boolean("http.traditional_ports"))
            for (auto& service : services)
                if (service.port) edge.ports.push_back(service.port), on_ports.push_back(&service);
        edge.workers = static_cast<int>(config.integer("http.workers"));
        edge.streamers = static_cast<int>(config.integer("http.streamers"));
        edge.tls_certificate_file = config.text("http.tls_certificate");
        edge.tls_key_file = config.text("http.tls_key");
        edge.tls_client_ca_file = config.text("http.tls_client_ca");
        // Ports of services are fixed numbers, so they can be bound before the server answers.
        for (auto* service : on_ports) api->bind_port(service->port, service->name);
        server = std::make_unique<http::Server>(edge, *api);
    }

    void open_door() {
        const Config& config = cloud->config();
        if (!config.boolean("agent.listen")) return;
        std::string folder = config.text("agent.authority");
        if (folder.empty()) folder = config.text("data.directory") + "/agent-authority";
        auto authority = agent::authority_in(folder, cloud->now());
        auto names = agent::own_names();
        for (auto& name : config.list("agent.names")) names.push_back(name);
        auto files =
            agent::write_node_certificate(authority, folder, cloud->node(), names, cloud->now());
        door = std::make_unique<agent::Door>(*cloud, std::move(authority),
                                             cloud->state<agent::DoorPages>().pages);
        http::ServerOptions edge;
        edge.address = config.text("agent.address");
        edge.ports = {static_cast<std::uint16_t>(config.integer("agent.port"))};
        edge.streamers = static_cast<int>(config.integer("agent.most"));
        edge.tls_certificate_file = files.certificate_file;
        edge.tls_key_file = files.key_file;
        edge.tls_client_ca_file = files.authority_file;
        door_server = std::make_unique<http::Server>(edge, *door);
        cloud->state<AgentDoor>().door = door.get();
        log::info("agents may join", {{"port", door_server->ports().front()}});
    }
};

Node::Node(NodeOptions options) : impl_(std::make_unique<Impl>()) {
    impl_->services = options.services;
    impl_->services.push_back(own_service());
    impl_->open_cloud(options);
    impl_->start_journal(options.background && !options.by_hand);
    impl_->start_services(options);
    impl_->api = std::make_unique<api::Api>(*impl_->cloud, impl_->services);
    if (options.by_hand) return;
    if (options.background) {
        impl_->runner->start();
        impl_->tasks->start();
    }
    impl_->open_door();
    impl_->listen();
}

Node::~Node() { stop(); }

void Node::stop() {
    if (impl_->stopped) return;
    impl_->stopped = true;
    // First, so that watchers leave and the edge need not wait for them.
    if (impl_->hub) impl_->hub->stop();
    if (impl_->door) impl_->door->stop();
    if (impl_->server) impl_->server->stop();
    if (impl_->door_server) impl_->door_server->stop();
    if (impl_->tasks) impl_->tasks->stop();
    for (auto& service : impl_->services)
        if (service.stop && impl_->cloud) service.stop(*impl_->cloud);
    if (impl_->runner) impl_->runner->stop();
}

Cloud& Node::cloud() { return *impl_->cloud; }
const std::vector<api::Service>& Node::services() const { return impl_->services; }
std::uint16_t Node::port() const { return impl_->server->ports().front(); }
std::uint16_t Node::agent_port() const {
    return impl_->door_server ? impl_->door_server->ports().front() : 0;
}
ops::Runner& Node::runner() { return *impl_->runner; }
task::Tasks& Node::tasks() { return *impl_->tasks; }
api::Api& Node::api() { return *impl_->api; }

} // namespace nephele
