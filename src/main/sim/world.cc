// SPDX-License-Identifier: Apache-2.0
#include "main/sim/world.h"

#include "base/check.h"
#include "base/strings.h"
#include "main/services.h"

#include <algorithm>
#include <filesystem>

namespace nephele::sim {
namespace {

const char* const compute_version = "compute 2.37";

std::vector<api::Service> simulated_services() {
    auto all = all_services();
    // Tokens are made up; identity has nothing that outlives a request.
    std::erase_if(all, [](const api::Service& service) { return service.name == "keystone"; });
    return all;
}

NodeOptions node_options(const std::string& directory, const std::string& images) {
    NodeOptions options;
    options.services = simulated_services();
    options.settings = {
        "data.directory=\"" + directory + "\"",
        "glance.store_directory=\"" + images + "\"",
        "log.level=\"error\"",
        "log.file=\"" + directory + "/nephele.log\"",
        "database.connections=1",
        "neutron.driver=\"simulated\"",
        "nova.driver=\"none\"",
    };
    options.by_hand = true;
    options.background = false;
    return options;
}

Answer ask(api::Api& api, const std::string& token, const std::string& method,
           const std::string& path, const Json& body, const std::string& idempotency_key) {
    http::RequestHead head;
    head.method = method;
    head.target = path;
    auto question = path.find('?');
    head.path = path.substr(0, question);
    if (question != path.npos) head.query = path.substr(question + 1);
    head.peer = "127.0.0.1";
    head.headers.set("Host", "sim");
    head.headers.set("X-Auth-Token", token);
    head.headers.set("OpenStack-API-Version", compute_version);
    if (!body.is_null()) head.headers.set("Content-Type", "application/json");
    if (!idempotency_key.empty()) head.headers.set("Idempotency-Key", idempotency_key);
    api.plan(head);
    auto response = api.handle(head, body.is_null() ? "" : body.dump());
    Answer answer{response.status, response.body, Json()};
    if (response.headers.get("Content-Type").find("json") != std::string::npos &&
        !answer.text.empty())
        answer.json = Json::parse(answer.text);
    return answer;
}

class TextBody : public http::BodyReader {
  public:
    explicit TextBody(std::string text) : text_(std::move(text)) {}
    std::size_t read(char* into, std::size_t size) override {
        std::size_t n = std::min(size, text_.size() - at_);
        std::copy_n(text_.data() + at_, n, into);
        at_ += n;
        return n;
    }
    std::optional<std::uint64_t> length() const override { return text_.size(); }

  private:
    std::string text_;
    std::size_t at_ = 0;
};

std::string upload_image(api::Api& api) {
    auto made = ask(api, "admin", "POST", "/image/v2/images",
                    Json::object({{"name", "tiny"},
                                  {"disk_format", "raw"},
                                  {"container_format", "bare"},
                                  {"visibility", "public"}}),
                    "");
    NEPHELE_CHECK(made.status == 201);
    std::string id = made.json.text("id");
    http::RequestHead head;
    head.method = "PUT";
    head.target = head.path = "/image/v2/images/" + id + "/file";
    head.headers.set("Host", "sim");
    head.headers.set("X-Auth-Token", "admin");
    head.headers.set("Content-Type", "application/octet-stream");
    TextBody body(std::string(4096, '\0'));
    NEPHELE_CHECK(api.handle_stream(head, body).status == 204);
    return id;
}

std::string make(api::Api& api, const std::string& token, const std::string& path,
                 const std::string& kind, Json record) {
    auto made = ask(api, token, "POST", path, Json::object({{kind, std::move(record)}}), "");
    if (made.status / 100 != 2)
        throw bad_request("SimulationTemplate", format("POST {}: {}", path, made.text));
    return made.json.at(kind).text("id");
}

void make_network(api::Api& api, Template& made, const std::string& tenant) {
    auto network = make(api, tenant, "/network/v2.0/networks", "network",
                        Json::object({{"name", "net-" + tenant}}));
    // The same addresses for everybody: tenants may overlap.
    auto subnet =
        make(api, tenant, "/network/v2.0/subnets", "subnet",
             Json::object({{"network_id", network}, {"ip_version", 4}, {"cidr", "10.0.0.0/24"}}));
    auto router = make(api, tenant, "/network/v2.0/routers", "router",
                       Json::object({{"external_gateway_info",
                                      Json::object({{"network_id", made.external_network}})}}));
    ask(api, tenant, "PUT", "/network/v2.0/routers/" + router + "/add_router_interface",
        Json::object({{"subnet_id", subnet}}), "");
    made.tenants.push_back(tenant);
    made.networks.push_back(network);
}

} // namespace

std::optional<Principal> Tokens::authenticate(std::string_view token) {
    bool admin = token == "admin";
    if (!admin && !token.starts_with("tenant")) return std::nullopt;
    Principal who;
    who.user_id = who.user_name = "user-" + std::string(token);
    who.user_domain_id = who.project_domain_id = "default";
    who.project_id = who.project_name = std::string(token);
    who.roles = {"member", "reader"};
    if (admin) who.roles.insert(who.roles.begin(), {"admin", "manager"});
    who.expires_at = clock_.now().plus_seconds(3600);
    return who;
}

Template make_template(const std::string& directory) {
    Template made;
    made.directory = directory;
    std::filesystem::create_directories(directory + "/images");
    ManualClock clock;
    SeededIds ids(1);
    Tokens tokens(clock);
    auto options = node_options(directory, directory + "/images");
    options.clock = &clock;
    options.ids = &ids;
    Node node(std::move(options));
    node.cloud().authenticator = &tokens;
    auto& api = node.api();
    make(api, "admin", "/compute/v2.1/flavors", "flavor",
         Json::object({{"id", "1"}, {"name", "small"}, {"ram", 512}, {"vcpus", 1}, {"disk", 1}}));
    made.image = upload_image(api);
    made.external_network = make(api, "admin", "/network/v2.0/networks", "network",
                                 Json::object({{"name", "public"}, {"router:external", true}}));
    make(api, "admin", "/network/v2.0/subnets", "subnet",
         Json::object({{"network_id", made.external_network},
                       {"ip_version", 4},
                       {"enable_dhcp", false},
                       {"cidr", "172.24.4.0/24"}}));
    for (auto* tenant : {"tenant-a", "tenant-b"}) make_network(api, made, tenant);
    node.tasks().run_all();
    return made;
}

World::World(const Template& made, const std::string& directory, std::uint64_t seed, int host_count)
    : random(seed), directory_(directory), images_(made.directory + "/images"), ids_(seed),
      tokens_(clock) {
    std::filesystem::create_directories(directory);
    std::filesystem::copy_file(made.directory + "/nephele.db", directory + "/nephele.db",
                               std::filesystem::copy_options::overwrite_existing);
    for (int i = 1; i <= host_count; ++i) hosts.emplace_back("host" + std::to_string(i));
    restart();
}

World::~World() {
    node_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void World::restart() {
    trouble.disarm();
    node_.reset();
    auto options = node_options(directory_, images_);
    options.clock = &clock;
    options.ids = &ids_;
    options.database_probe = &trouble;
    node_ = std::make_unique<Node>(std::move(options));
    node_->cloud().authenticator = &tokens_;
}

Answer World::call(const std::string& token, const std::string& method, const std::string& path,
                   const Json& body, const std::string& idempotency_key) {
    return ask(node_->api(), token, method, path, body, idempotency_key);
}

} // namespace nephele::sim
