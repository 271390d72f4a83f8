// SPDX-License-Identifier: Apache-2.0
// What a login at an identity provider must remember while its client is there: sealed and carried
// by the client itself, so that any control node can finish what another began.
#pragma once
#include "platform/context/context.h"

#include <string>

namespace nephele::keystone {

struct TicketOf {
    const char* kind;
    std::string identity_provider_id, protocol_id;
};

std::string seal_ticket(Cloud& cloud, const TicketOf& of, Json content);
/// Nothing when it is not one of ours, of another provider, or older than ten minutes.
std::optional<Json> open_ticket(Cloud& cloud, const TicketOf& of, const std::string& ticket);

} // namespace nephele::keystone
