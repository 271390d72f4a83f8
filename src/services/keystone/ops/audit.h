// SPDX-License-Identifier: Apache-2.0
// Outcomes of logins for the journal, from which audit makes its events. They are collected in
// memory and written in batches twice a second: no login waits for a write of its own.
#pragma once
#include "platform/context/context.h"
#include "services/keystone/logic/auth_request.h"

#include <mutex>

namespace nephele::keystone {

struct LoginOutcome {
    Time at;
    std::string request_id;
    std::vector<std::string> methods;
    std::string address, agent;
    /// Of a success.
    std::string user_id, project_id, domain_id;
    /// Of a failure: the status, and whom the request named. A name nobody has is not kept: it may
    /// be a password typed in the wrong field.
    int status = 0;
    logic::Named named;
    std::string application_credential_id; ///< its owner is whom the request names
    /// Of a login at an identity provider.
    std::string identity_provider_id, protocol_id;
};

class LoginAudit {
  public:
    void note(LoginOutcome outcome);
    /// Writes what was collected; returns how many.
    std::size_t write(Cloud& cloud);

  private:
    std::mutex mutex_;
    std::vector<LoginOutcome> outcomes_;
    std::size_t lost_ = 0;
};

/// What a request for a token names as its user, as far as it can be read.
void read_named(const Json& body, LoginOutcome& outcome);
std::vector<std::string> methods_in(const Json& body);

} // namespace nephele::keystone
