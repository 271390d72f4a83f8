// SPDX-License-Identifier: Apache-2.0
#include "platform/agent_link/messages.h"

#include "platform/log/log.h"

namespace nephele::agent {

Json error_json(const std::exception& error) {
    if (auto* failure = dynamic_cast<const Failure*>(&error))
        return Json::object({{"code", failure->code()},
                             {"message", failure->what()},
                             {"status", failure->status()}});
    log::error("agent link: a call failed", {{"error", error.what()}});
    return Json::object(
        {{"code", "Unavailable"},
         {"message", "The control node cannot do that at the moment; its log says why. Try again."},
         {"status", 503}});
}

} // namespace nephele::agent
