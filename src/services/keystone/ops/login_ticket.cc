// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/login_ticket.h"

#include "services/keystone/ops/state.h"

namespace nephele::keystone {
namespace {
constexpr std::int64_t ticket_seconds = 600;
} // namespace

std::string seal_ticket(Cloud& cloud, const TicketOf& of, Json content) {
    content["kind"] = of.kind;
    content["identity_provider"] = of.identity_provider_id;
    content["protocol"] = of.protocol_id;
    return cloud.state<State>().credential_keys.keys()->encode(content.dump(), cloud.now());
}

std::optional<Json> open_ticket(Cloud& cloud, const TicketOf& of, const std::string& ticket) {
    auto& keys = cloud.state<State>().credential_keys;
    auto payload = keys.keys()->decode(ticket, ticket_seconds, cloud.now());
    if (!payload) payload = keys.reload()->decode(ticket, ticket_seconds, cloud.now());
    if (!payload) return std::nullopt;
    // The same keys seal other things.
    Json content;
    try {
        content = Json::parse(payload->data);
    } catch (const JsonError&) {
        return std::nullopt;
    }
    if (!content.is_object() || content.text("kind") != of.kind ||
        content.text("identity_provider") != of.identity_provider_id ||
        content.text("protocol") != of.protocol_id)
        return std::nullopt;
    return content;
}

} // namespace nephele::keystone
