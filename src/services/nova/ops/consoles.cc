// SPDX-License-Identifier: Apache-2.0
#include "services/nova/ops/consoles.h"
#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/nova/ops/guest.h"
#include "services/nova/store/servers.h"

namespace nephele::nova {
namespace {
std::string digest_of(const std::string& token) { return hex_encode(crypto::sha256(token)); }
} // namespace

std::string issue_console_token(Context& context, const std::string& server_id,
                                const std::string& type) {
    std::string token = context.new_uuid();
    Time until =
        context.now.plus_seconds(context.cloud.config().integer("nova.console_token_seconds"));
    context.tx.exec("INSERT INTO nova_console_tokens (digest, server_id, type, expires_at) VALUES "
                    "(?, ?, ?, ?)",
                    db::Params{digest_of(token), server_id, type, until.us});
    return token;
}

std::optional<ConsoleTarget> console_of_token(db::Tx& tx, const std::string& token, Time now) {
    ConsoleTarget target;
    bool found = tx.first("SELECT server_id, type FROM nova_console_tokens WHERE digest = ? AND "
                          "expires_at > ?",
                          {digest_of(token), now.us}, [&](const db::Row& row) {
                              target.server_id = row.str(0);
                              target.type = row.str(1);
                          });
    if (!found) return std::nullopt;
    auto server = store::find_server(tx, target.server_id);
    if (!server || !server->host) return std::nullopt;
    auto status = guest_status(tx, *server->host, server->id);
    if (!status) return std::nullopt;
    target.project_id = server->project_id;
    target.host = *server->host;
    target.socket = target.type == "serial" ? status->serial_socket : status->vnc_socket;
    if (target.socket.empty()) return std::nullopt;
    return target;
}

} // namespace nephele::nova
