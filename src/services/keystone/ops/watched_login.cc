// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/watched_login.h"

namespace nephele::keystone {

LoginOutcome begun_login(const Cloud& cloud, const http::RequestHead& head,
                         const std::string& request_id, std::vector<std::string> methods) {
    LoginOutcome outcome;
    outcome.at = cloud.now();
    outcome.request_id = request_id;
    outcome.methods = std::move(methods);
    outcome.address = source_address(cloud.config(), head);
    outcome.agent = head.headers.get("User-Agent").substr(0, 255);
    return outcome;
}

void note_failure(Cloud& cloud, LoginOutcome outcome, const Failure& failure) {
    if (failure.kind() == Fault::bad_request) return;
    outcome.status = failure.status();
    cloud.state<LoginAudit>().note(std::move(outcome));
}

Issued watched(Cloud& cloud, LoginOutcome outcome,
               const std::function<Issued(LoginOutcome&)>& login) {
    try {
        Issued issued = login(outcome);
        const Claims& claims = issued.facts.claims;
        outcome.user_id = claims.user_id;
        outcome.project_id = claims.project_id;
        outcome.domain_id = claims.domain_id;
        cloud.state<LoginAudit>().note(std::move(outcome));
        return issued;
    } catch (const Failure& failure) {
        note_failure(cloud, std::move(outcome), failure);
        throw;
    }
}

} // namespace nephele::keystone
