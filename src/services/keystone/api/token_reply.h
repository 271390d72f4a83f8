// SPDX-License-Identifier: Apache-2.0
// A token as an answer: its text in X-Subject-Token, what it says in the body.
#pragma once
#include "platform/api/route.h"
#include "services/keystone/ops/token_facts.h"

namespace nephele::keystone {

inline void set_token_headers(api::Reply& reply, const std::string& token) {
    reply.headers.set("X-Subject-Token", token);
    reply.headers.set("Vary", "X-Auth-Token");
}

inline api::Reply token_reply(int status, const std::string& token, const TokenFacts& facts,
                              const Json* catalog) {
    api::Reply reply;
    reply.status = status;
    reply.body = Json::object({{"token", facts.body(catalog)}});
    set_token_headers(reply, token);
    return reply;
}

} // namespace nephele::keystone
