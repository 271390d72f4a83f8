// SPDX-License-Identifier: Apache-2.0
// `nephele agent ...`: hosts that are not control nodes. token, list and remove ask a running cloud
// as the user of OS_AUTH_URL, OS_USERNAME and so on; join and run are for the host itself.
#include "base/strings.h"
#include "main/api_client.h"
#include "main/commands.h"
#include "main/services.h"
#include "main/stop_signals.h"
#include "platform/agent_link/fetch.h"
#include "platform/agent_link/remote_link.h"
#include "platform/fault/fault.h"
#include "platform/log/log.h"
#include "platform/node/node.h"
#include "services/nova/client.h"

#include <cstdio>
#include <map>
#include <unistd.h>

namespace nephele::main {
namespace {

const char* const usage =
    "agent token [host=NAME] [minutes=60] | list | remove HOST | join URL[,URL]... TOKEN "
    "[host=NAME] [directory=DIR] | run [directory=DIR] [--config FILE] [--set nova.driver=libvirt]";
const char* const default_directory = "/var/lib/nephele-agent";

struct Words {
    std::vector<std::string> plain;
    std::map<std::string, std::string> named;
    std::string named_or(const std::string& name, const std::string& fallback) const {
        auto found = named.find(name);
        return found == named.end() ? fallback : found->second;
    }
};

Words read_words(const std::vector<std::string>& words) {
    Words out;
    for (const auto& word : words) {
        const auto equals = word.find('=');
        const std::string name = word.substr(0, equals);
        if (equals != std::string::npos &&
            (name == "host" || name == "minutes" || name == "directory"))
            out.named[name] = word.substr(equals + 1);
        else
            out.plain.push_back(word);
    }
    return out;
}

std::string machine_name() {
    char name[65] = "";
    ::gethostname(name, sizeof name - 1);
    return name;
}

int print_token(const Words& words) {
    Json order = Json::object({{"host", words.named_or("host", "")}});
    if (auto minutes = words.named.find("minutes"); minutes != words.named.end())
        order["minutes"] = to_int(minutes->second).value_or(0);
    ApiClient client(login_of_environment());
    const Json answer =
        client.call("cloud", "POST", "/agents/tokens", Json::object({{"token", order}}));
    std::printf("%s\n", answer.at("token").text("text").c_str());
    return 0;
}

int print_agents(bool as_json) {
    ApiClient client(login_of_environment());
    const Json answer = client.call("cloud", "GET", "/agents");
    if (as_json) {
        std::printf("%s\n", answer.pretty().c_str());
        return 0;
    }
    for (const Json& one : answer.at("agents").as_array())
        std::printf("%-32s %-12s %-7s last seen %s\n", one.text("host").c_str(),
                    one.boolean("connected") ? "connected" : "away",
                    one.boolean("remote") ? "remote" : "local", one.text("last_seen").c_str());
    return 0;
}

int remove(const std::string& host) {
    ApiClient client(login_of_environment());
    client.call("cloud", "DELETE", "/agents/" + percent_encode(host));
    std::printf("%s is no member any more\n", host.c_str());
    return 0;
}

int join(const Words& words) {
    const auto urls = split(words.plain[1], ',');
    auto identity = agent::join_cloud(urls, words.plain[2], words.named_or("host", machine_name()),
                                      words.named_or("directory", default_directory));
    std::printf("%s has joined; its identity is in %s.\nNext: nephele agent run directory=%s\n",
                identity.host.c_str(), identity.directory.c_str(), identity.directory.c_str());
    return 0;
}

int run(const Arguments& arguments, const Words& words) {
    auto identity = agent::load_identity(words.named_or("directory", default_directory));
    Config config = declared_config(all_services());
    config.set("data.directory=\"" + identity.directory + "\"");
    if (!arguments.config_file.empty()) config.load_file(arguments.config_file);
    for (auto& setting : arguments.settings) config.set(setting);
    config.set("nova.host=\"" + identity.host + "\"");
    configure_log(config);
    if (config.text("nova.driver") == "none")
        throw bad_request("BadConfig", "An agent without a driver has nothing to do: --set "
                                       "nova.driver=libvirt");
    StopSignals signals;
    // Hosts take what they are told from the link alone: this database stays empty.
    Cloud cloud(std::move(config), db::Database::open({}), system_clock(), system_ids());
    cloud.add_state(std::make_shared<agent::RemoteFiles>(
        agent::RemoteFiles{[identity](const std::string& page, const std::string& to) {
            agent::fetch_file(identity, page, to);
        }}));
    nova::start_remote_hosts(cloud, agent::remote_link(identity, system_clock()));
    log::info("agent is up", {{"host", identity.host}});
    signals.wait();
    log::info("stopping");
    nova::stop_remote_hosts(cloud);
    return 0;
}

} // namespace

int agent_command(const Arguments& arguments) {
    const Words words = read_words(arguments.words);
    const std::string verb = words.plain.empty() ? "" : words.plain[0];
    const std::size_t count = words.plain.size();
    if (verb == "token" && count == 1) return print_token(words);
    if (verb == "list" && count == 1) return print_agents(arguments.json);
    if (verb == "remove" && count == 2) return remove(words.plain[1]);
    if (verb == "join" && count == 3) return join(words);
    if (verb == "run" && count == 1) return run(arguments, words);
    throw bad_request("BadArgument", usage);
}

} // namespace nephele::main
