// SPDX-License-Identifier: Apache-2.0
// OAuth 2.0 client credentials: an application credential is the client, or a user with a client
// certificate (RFC 8705), whose token is bound to that certificate.
#pragma once
#include "services/keystone/ops/log_in.h"

namespace nephele::keystone {

/// `secret_basic`: id and secret of an application credential.
Issued token_for_client(Cloud& cloud, const LoginSource& source, const std::string& client_id,
                        const std::string& secret);
/// `tls_client_auth`: the subject of the client's certificate must be that of user `client_id`.
Issued token_for_certificate(Cloud& cloud, const LoginSource& source, const std::string& client_id);

} // namespace nephele::keystone
