// SPDX-License-Identifier: Apache-2.0
// Tokens of remote consoles: nova issues one for POST /servers/{id}/remote-consoles, the console
// proxy asks what it stands for. Only the token's digest is kept.
#pragma once
#include "platform/context/context.h"

#include <optional>
#include <string>

namespace nephele::nova {

struct ConsoleTarget {
    std::string server_id, project_id, host;
    std::string type;   ///< "serial", "novnc"
    std::string socket; ///< on that host
};
/// A new token for this server's console; good for nova.console_token_seconds.
std::string issue_console_token(Context&, const std::string& server_id, const std::string& type);
/// Nothing when the token is unknown or expired, or the server is gone or has no such console now.
std::optional<ConsoleTarget> console_of_token(db::Tx&, const std::string& token, Time now);

/// Where the proxy answers, beneath the compute service's root: the URL given to clients is
/// ws(s)://host:port/compute{path}?token={token}.
inline constexpr const char* console_proxy_path = "/console";

} // namespace nephele::nova
