// SPDX-License-Identifier: Apache-2.0
// Who could act where, as the identity service knows it at this moment: for explaining policy, not
// for requests. Held by the cloud as a state; absent without an identity service.
#pragma once
#include "platform/auth/principal.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace nephele {
namespace db {
class Tx;
}

/// One of the three, or none of them: a token without scope.
struct ActingOn {
    std::string project_id, domain_id;
    bool system = false;
};

struct People {
    /// Nothing when the user is gone, disabled or has no role there.
    std::function<std::optional<Principal>(db::Tx&, const std::string& user_id, const ActingOn&)>
        one;
    /// All with a role there, at most `limit`.
    std::function<std::vector<Principal>(db::Tx&, const ActingOn&, std::size_t limit)> all;
};

} // namespace nephele
