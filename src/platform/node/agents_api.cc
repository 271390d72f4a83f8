// SPDX-License-Identifier: Apache-2.0
#include "platform/node/agents_api.h"

#include "base/strings.h"
#include "platform/agent/agent.h"
#include "platform/agent_link/door.h"

#include <map>

namespace nephele {
using namespace api;
namespace {

constexpr std::int64_t most_minutes = 7 * 24 * 60;

struct TokenOrder {
    std::string host; ///< empty: any host that is no member yet
    std::int64_t minutes = 60;
    static const Shape<TokenOrder>& shape() {
        static const auto s =
            Shape<TokenOrder>("token", "tokens")
                .field("host", &TokenOrder::host, {max_length(64)})
                .field("minutes", &TokenOrder::minutes, {between(1, most_minutes)});
        return s;
    }
};

Json make_token(Call& call, const TokenOrder& order) {
    auto* door = call.cloud.state<AgentDoor>().door;
    if (!door)
        throw conflict("NoDoorForAgents",
                       "This control node takes no remote agents. Set agent.listen = true and "
                       "restart it.");
    auto token = agent::make_join_token(call, order.host, order.minutes);
    return Json::object(
        {{"token", Json::object({{"id", token.id},
                                 {"host", token.host},
                                 {"expires_at", iso_time(token.expires_at)},
                                 {"text", agent::join_text(token, door->authority())}})}});
}

Json list_agents(Call& call) {
    std::map<std::string, agent::Member> members;
    for (auto& member : agent::members(call.tx)) members[member.host] = member;
    Json list = Json::array();
    auto show = [&](const std::string& host, Json shown) {
        auto found = members.find(host);
        shown["remote"] = found != members.end();
        if (found != members.end()) {
            shown["joined_at"] = iso_time(found->second.joined_at);
            shown["certificate_expires_at"] = iso_time(found->second.expires_at);
            members.erase(found);
        }
        list.push_back(std::move(shown));
    };
    for (auto& state : agent::hosts(call.tx))
        show(state.host, Json::object({{"host", state.host},
                                       {"connected", state.connected},
                                       {"last_seen", iso_time(state.last_seen)},
                                       {"facts", state.facts}}));
    for (auto never_seen = members; auto& [host, member] : never_seen)
        show(host, Json::object({{"host", host},
                                 {"connected", false},
                                 {"last_seen", Json()},
                                 {"facts", Json::object()}}));
    return Json::object({{"agents", std::move(list)}});
}

void remove_agent(Call& call) {
    const std::string& host = call.path("host");
    if (!agent::remove_member(call, host))
        throw not_found("NoSuchAgent", format("No remote host {} has joined.", host.substr(0, 64)));
}

} // namespace

std::vector<policy::Rule> agents_rules() {
    return {
        {"agent:list", "role:admin", "Lists hosts and their agents.", {{"GET", "/v1/agents"}}, {}},
        {"agent:admit",
         "role:admin",
         "Makes tokens by which hosts join.",
         {{"POST", "/v1/agents/tokens"}},
         {}},
        {"agent:remove",
         "role:admin",
         "Throws a host out: its certificate is worth nothing any more.",
         {{"DELETE", "/v1/agents/{host}"}},
         {}}};
}

Resource agents_resource() {
    return Resource()
        .on("GET /v1/agents", "agent:list", list_agents)
        .on("POST /v1/agents/tokens", "agent:admit", make_token, created)
        .on("DELETE /v1/agents/{host}", "agent:remove", remove_agent);
}

} // namespace nephele
