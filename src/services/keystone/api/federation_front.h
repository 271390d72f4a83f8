// SPDX-License-Identifier: Apache-2.0
// A web server in front that does the federated logins (mod_auth_openidc, mod_auth_mellon,
// shibboleth) and hands on what it learned in headers. Believed only when it proves itself: anybody
// can send headers.
#pragma once
#include "platform/api/call.h"
#include "services/keystone/logic/mapping_rules.h"

namespace nephele::keystone {

/// True when the request came through the configured web server: it knows the secret, and connects
/// from one of the addresses where those are configured. Without a secret and without addresses
/// nobody is believed. Wrong secrets are counted like wrong passwords: throws Failure(too_many).
bool came_through_front(Cloud& cloud, const http::RequestHead& head);

/// The headers as attributes, under their own names and as CGI names them (HTTP_...), each split at
/// ';'; credentials are left out.
logic::Attributes attributes_of_headers(const Config& config, const http::RequestHead& head);

} // namespace nephele::keystone
