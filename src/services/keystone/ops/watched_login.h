// SPDX-License-Identifier: Apache-2.0
// Logins of every kind are watched alike: each outcome becomes a row of the audit.
#pragma once
#include "services/keystone/ops/audit.h"
#include "services/keystone/ops/log_in.h"

#include <functional>

namespace nephele::keystone {

/// From where and when; what is tried, and by whom, the caller adds.
LoginOutcome begun_login(const Cloud& cloud, const http::RequestHead& head,
                         const std::string& request_id, std::vector<std::string> methods);

/// Notes a failure, but for requests that could not be read: those are no logins.
void note_failure(Cloud& cloud, LoginOutcome outcome, const Failure& failure);

/// Runs `login` and notes its outcome. `login` may add to the outcome whom the request names.
Issued watched(Cloud& cloud, LoginOutcome outcome,
               const std::function<Issued(LoginOutcome&)>& login);

} // namespace nephele::keystone
