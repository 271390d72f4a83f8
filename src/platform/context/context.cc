// SPDX-License-Identifier: Apache-2.0
#include "platform/context/context.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <unistd.h>

namespace nephele {
namespace {
std::string host_name() {
    char name[256] = {};
    return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}
} // namespace

Cloud::Cloud(Config config, std::unique_ptr<db::Database> database, const Clock& clock,
             IdSource& ids)
    : config_(std::move(config)), database_(std::move(database)), clock_(clock), ids_(ids),
      node_(host_name()) {}

Cloud::~Cloud() = default;

void Cloud::missing_state(const char* type) {
    throw Failure(Fault::internal, "MissingState",
                  format("The part {} of this node was asked for but never started.", type));
}

policy::Policy& Cloud::policy_of(const std::string& service) const {
    auto found = policies_.find(service);
    if (found == policies_.end()) missing_state(("policy of " + service).c_str());
    return *found->second;
}

void Cloud::set_policy(const std::string& service, std::shared_ptr<policy::Policy> policy) {
    policies_[service] = std::move(policy);
}

const Principal& internal_principal() {
    static const Principal principal = Principal::internal();
    return principal;
}

} // namespace nephele
