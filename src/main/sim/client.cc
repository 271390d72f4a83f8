// SPDX-License-Identifier: Apache-2.0
#include "main/sim/client.h"

#include "base/strings.h"

#include <set>

namespace nephele::sim {
namespace {

const char* collection_of(const std::string& kind) {
    if (kind == "server") return "/compute/v2.1/servers";
    if (kind == "port") return "/network/v2.0/ports";
    return "/network/v2.0/floatingips";
}

} // namespace

std::string Thing::path() const { return collection_of(kind) + ("/" + id); }

Client::Client(World& world, const Template& made) : world_(world), made_(made) {}

std::string Client::new_name(const char* kind) { return format("{}-{}", kind, ++count_); }

const Thing* Client::any(const std::string& kind, const std::string& tenant) {
    std::vector<const Thing*> some;
    for (auto& [name, thing] : things_)
        if (thing.kind == kind && thing.tenant == tenant && thing.made && !thing.delete_asked)
            some.push_back(&thing);
    return some.empty() ? nullptr : world_.random.pick(some);
}

Request Client::make_server() {
    std::size_t tenant = world_.random.below(made_.tenants.size());
    Thing thing{"server", made_.tenants[tenant], new_name("server"), ""};
    Json network = Json::object({{"uuid", made_.networks[tenant]}});
    if (auto* port = any("port", thing.tenant); port && world_.random.chance(0.3))
        network = Json::object({{"port", port->id}});
    Request request{thing.tenant, "POST", collection_of("server"), thing.name};
    request.body =
        Json::object({{"server", Json::object({{"name", thing.name},
                                               {"flavorRef", "1"},
                                               {"imageRef", made_.image},
                                               {"networks", Json::array({std::move(network)})}})}});
    request.makes = thing.name;
    things_[thing.name] = thing;
    return request;
}

Request Client::make_port() {
    std::size_t tenant = world_.random.below(made_.tenants.size());
    Thing thing{"port", made_.tenants[tenant], new_name("port"), ""};
    Request request{thing.tenant, "POST", collection_of("port"), thing.name};
    request.body = Json::object(
        {{"port", Json::object({{"name", thing.name}, {"network_id", made_.networks[tenant]}})}});
    request.makes = thing.name;
    things_[thing.name] = thing;
    return request;
}

Request Client::make_floating_ip() {
    std::size_t tenant = world_.random.below(made_.tenants.size());
    Thing thing{"floatingip", made_.tenants[tenant], new_name("fip"), ""};
    Request request{thing.tenant, "POST", collection_of("floatingip"), thing.name};
    Json record = Json::object(
        {{"description", thing.name}, {"floating_network_id", made_.external_network}});
    if (auto* port = any("port", thing.tenant); port && world_.random.chance(0.5))
        record["port_id"] = port->id;
    request.body = Json::object({{"floatingip", std::move(record)}});
    request.makes = thing.name;
    things_[thing.name] = thing;
    return request;
}

Request Client::act_on_server(const Thing& server) {
    static const std::vector<Json> actions{
        Json::object({{"os-stop", Json()}}),
        Json::object({{"os-start", Json()}}),
        Json::object({{"reboot", Json::object({{"type", "SOFT"}})}}),
        Json::object({{"reboot", Json::object({{"type", "HARD"}})}}),
        Json::object({{"pause", Json()}}),
        Json::object({{"unpause", Json()}}),
        Json::object({{"suspend", Json()}}),
        Json::object({{"resume", Json()}}),
    };
    Request request{server.tenant, "POST", server.path() + "/action", new_name("action")};
    request.body = world_.random.pick(actions);
    return request;
}

Request Client::erase(const Thing& thing) {
    Request request{thing.tenant, "DELETE", thing.path(), new_name("delete")};
    request.erases = thing.name;
    return request;
}

Request Client::next() {
    const std::string& tenant = world_.random.pick(made_.tenants);
    switch (world_.random.below(10)) {
    case 0:
    case 1:
    case 2:
        return make_server();
    case 3:
        return make_port();
    case 4:
        return make_floating_ip();
    case 5:
        if (auto* port = any("port", tenant)) return erase(*port);
        return make_port();
    case 6:
        if (auto* address = any("floatingip", tenant)) return erase(*address);
        return make_floating_ip();
    case 7:
        if (auto* server = any("server", tenant)) return erase(*server);
        return make_server();
    default:
        if (auto* server = any("server", tenant)) return act_on_server(*server);
        return make_server();
    }
}

void Client::act() {
    Random& random = world_.random;
    if (!unanswered_.empty() && random.chance(0.7)) {
        Request request = unanswered_.front();
        unanswered_.pop_front();
        return send(std::move(request));
    }
    if (random.chance(0.1)) return look();
    send(next());
}

bool Client::flush() {
    if (unanswered_.empty()) return false;
    Request request = unanswered_.front();
    unanswered_.pop_front();
    send(std::move(request));
    return true;
}

void Client::died() {
    if (under_way_) unanswered_.push_back(*under_way_);
    under_way_.reset();
}

void Client::send(Request request) {
    ++request.sent;
    if (!request.erases.empty()) things_[request.erases].delete_asked = true;
    under_way_ = request;
    Answer answer =
        world_.call(request.tenant, request.method, request.path, request.body, request.key);
    under_way_.reset();
    if (answer.status >= 500) {
        if (world_.trouble.happened() == Trouble::Kind::none)
            complaints.push_back(format("{} {} answered {} without any trouble: {}", request.method,
                                        request.path, answer.status, answer.text));
        unanswered_.push_back(std::move(request));
        return;
    }
    learn(request, answer);
}

void Client::learn(const Request& request, const Answer& answer) {
    bool good = answer.status < 300;
    if (!request.makes.empty() && good) {
        Thing& thing = things_[request.makes];
        std::string id = answer.json.at(thing.kind).text("id");
        if (thing.made && thing.id != id)
            complaints.push_back(
                format("the same request made {} twice: {} and {}", thing.name, thing.id, id));
        thing.id = id;
        thing.made = true;
    }
    if (!request.erases.empty()) {
        Thing& thing = things_[request.erases];
        if (good || answer.status == 404)
            thing.delete_accepted = true;
        else
            thing.delete_asked = thing.delete_accepted; // refused: it is still there
    }
    // Somebody in between repeats what was answered.
    if (good && request.sent == 1 && world_.random.chance(0.1)) unanswered_.push_back(request);
}

void Client::look() {
    const std::string& tenant = world_.random.pick(made_.tenants);
    auto answer = world_.call(tenant, "GET", "/compute/v2.1/servers/detail");
    if (answer.status != 200) {
        if (world_.trouble.happened() == Trouble::Kind::none)
            complaints.push_back("the list of servers answered " + answer.text);
        return;
    }
    std::set<std::string> listed;
    for (auto& server : answer.json.at("servers").as_array()) {
        listed.insert(server.text("id"));
        if (server.text("tenant_id") != tenant)
            complaints.push_back(tenant + " sees a server of " + server.text("tenant_id"));
    }
    for (auto& [name, thing] : things_)
        if (thing.kind == "server" && thing.tenant == tenant && thing.made && !thing.delete_asked &&
            !listed.count(thing.id))
            complaints.push_back(format("{} was acknowledged and is not listed", name));
}

} // namespace nephele::sim
