// SPDX-License-Identifier: Apache-2.0
// OAuth 1: programs (consumers) that users let act for them, step by step: request token, consent,
// access token.
#pragma once
#include "platform/shape/table.h"

namespace nephele::keystone {
using namespace shape;

struct Consumer {
    std::string id;
    std::optional<std::string> description;
    std::string secret; ///< shown once, when made
    Json extra;
    static const Shape<Consumer>& shape();
};

/// Asked for by a consumer, for one project; of nobody until a user consents.
struct RequestToken {
    std::string id, secret, consumer_id, requested_project_id;
    std::string verifier, authorizing_user_id; ///< empty: no consent yet
    std::vector<std::string> role_ids;
    std::optional<Time> expires_at;
    static const Shape<RequestToken>& shape();
};

/// The consent, made usable: some roles of the user on the project.
struct AccessToken {
    std::string id, secret, consumer_id, authorizing_user_id, project_id;
    std::vector<std::string> role_ids;
    std::optional<Time> expires_at;
    static const Shape<AccessToken>& shape();
};

namespace table {
const Table<Consumer>& consumers();
const Table<RequestToken>& request_tokens();
const Table<AccessToken>& access_tokens();
} // namespace table

} // namespace nephele::keystone
