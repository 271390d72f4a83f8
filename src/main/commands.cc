// SPDX-License-Identifier: Apache-2.0
// Subcommands that look at the program or the database and end.
#include "main/commands.h"

#include "base/strings.h"
#include "main/services.h"
#include "platform/node/node.h"
#include "platform/node/own_service.h"
#include "services/glance/client.h"
#include "services/keystone/client.h"
#include "services/swift/client.h"

#include <cstdio>

namespace nephele::main {
namespace {
void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::vector<api::Service> services_with_own() {
    auto services = all_services();
    services.push_back(own_service());
    return services;
}
} // namespace

Config config_of(const Arguments& arguments, const std::vector<api::Service>& services) {
    Config config = declared_config(services);
    if (!arguments.config_file.empty()) config.load_file(arguments.config_file);
    for (auto& setting : arguments.settings) config.set(setting);
    return config;
}

std::unique_ptr<Cloud> cloud_for_looking(const Arguments& arguments,
                                         const std::vector<api::Service>& services) {
    Config config = config_of(arguments, services);
    db::Options options;
    options.url = config.text("database.url");
    if (options.url.empty())
        options.url = "sqlite:" + config.text("data.directory") + "/nephele.db";
    options.readers = 1;
    auto database = db::Database::open(options);
    return std::make_unique<Cloud>(std::move(config), std::move(database), system_clock(),
                                   system_ids());
}

Arguments read_arguments(const std::vector<std::string>& words) {
    Arguments out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        bool has_next = i + 1 < words.size();
        if (words[i] == "--config" && has_next)
            out.config_file = words[++i];
        else if (words[i] == "--set" && has_next)
            out.settings.push_back(words[++i]);
        else if (words[i] == "--json")
            out.json = true;
        else if (words[i].rfind("--", 0) == 0)
            throw bad_request("BadArgument", format("unknown option {}", words[i]));
        else
            out.words.push_back(words[i]);
    }
    return out;
}

int routes(const Arguments& arguments) {
    auto services = services_with_own();
    if (arguments.json) {
        print(api::routes_json(services).pretty() + "\n");
        return 0;
    }
    for (auto& [service, route] : api::all_routes(services))
        std::printf("%-10s %-6s %s%s%s  [%s]\n", service->name.c_str(), route->method.c_str(),
                    route->path.c_str(), route->action.empty() ? "" : " : ", route->action.c_str(),
                    route->policy.c_str());
    for (auto& service : services)
        for (auto& each : service.mounted_operations)
            std::printf("%-10s %-6s %s%s%s  [%s]\n", service.name.c_str(), each.method.c_str(),
                        each.path.c_str(), each.action.empty() ? "" : " : ", each.action.c_str(),
                        each.file);
    return 0;
}

int where(const Arguments& arguments) {
    if (arguments.words.size() != 2)
        throw bad_request("BadArgument",
                          "where METHOD PATH, for example: where POST /v2.1/servers");
    std::string found = api::where(services_with_own(), arguments.words[0], arguments.words[1]);
    print(found.empty() ? "no route matches\n" : found);
    return found.empty() ? 1 : 0;
}

int openapi(const Arguments& arguments) {
    for (auto& service : services_with_own())
        if (!arguments.words.empty() && service.name == arguments.words[0]) {
            print(api::openapi(service).pretty() + "\n");
            return 0;
        }
    throw bad_request("BadArgument", "openapi SERVICE, for example: openapi nova");
}

int config(const Arguments& arguments) {
    print(config_of(arguments, services_with_own()).describe());
    return 0;
}

int keystone_keys(const Arguments& arguments) {
    const auto& words = arguments.words;
    if (words.empty() || words.size() > 2 || words[0] != "rotate-keys")
        throw bad_request("BadArgument", "keystone rotate-keys [token|receipt|credential]");
    auto cloud = cloud_for_looking(arguments, services_with_own());
    keystone::client::rotate_keys(*cloud, words.size() == 2 ? words[1] : "token");
    print("rotated\n");
    return 0;
}

int glance_metadefs(const Arguments& arguments) {
    if (arguments.words.size() != 2 || arguments.words[0] != "load-metadefs")
        throw bad_request("BadArgument", "glance load-metadefs DIR");
    auto cloud = cloud_for_looking(arguments, services_with_own());
    print(write_as_cloud(*cloud, "glance.load-metadefs",
                         [&](Context& context) {
                             return glance::load_metadefs_of(context, arguments.words[1]);
                         }) +
          "\n");
    return 0;
}

int ring(const Arguments& arguments) {
    print(swift::ring_command(arguments.words));
    return 0;
}

int operations(const Arguments& arguments) {
    auto services = services_with_own();
    auto cloud = cloud_for_looking(arguments, services);
    auto records = cloud->db().read([](db::Tx& tx) { return ops::unfinished(tx, 10000); });
    if (arguments.json) {
        Json list = Json::array();
        for (auto& record : records) list.push_back(ops::Record::shape().write(&record, {}));
        print(list.pretty() + "\n");
        return 0;
    }
    for (auto& record : records)
        std::printf("%s %-8s %-28s step %-18s %3d%% attempt %d %s/%s %s\n", record.id.c_str(),
                    shape::text_of_enum(record.status).c_str(), record.name.c_str(),
                    record.step.c_str(), record.percent, record.attempt,
                    record.resource_kind.c_str(), record.resource_id.c_str(),
                    record.failure.is_null() ? "" : record.failure.dump().c_str());
    std::printf("%zu unfinished\n", records.size());
    return 0;
}

std::size_t check_text(Cloud& cloud, const std::vector<api::Service>& services, std::string& said) {
    for (auto& service : services)
        if (service.look) service.look(cloud);
    std::size_t wrong = 0, checks = 0;
    cloud.db().read([&](db::Tx& tx) {
        for (auto& service : services) {
            for (auto* table : service.tables)
                for (auto& line : shape::schema_differences(tx, *table))
                    said += format("{} schema: {}\n", service.name, line), ++wrong;
            for (auto& each : service.checks) {
                ++checks;
                for (auto& line : each.find(cloud, tx))
                    said += format("{} {}: {}\n", service.name, each.name, line), ++wrong;
            }
        }
    });
    said += format("{} checks, {} violations\n", checks, wrong);
    return wrong;
}

int check(const Arguments& arguments) {
    auto services = services_with_own();
    auto cloud = cloud_for_looking(arguments, services);
    std::string said;
    const std::size_t wrong = check_text(*cloud, services, said);
    print(said);
    return wrong ? 1 : 0;
}

int version(const Arguments&) {
    print("nephele " NEPHELE_VERSION "\n");
    return 0;
}

} // namespace nephele::main
