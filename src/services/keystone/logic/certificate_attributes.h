// SPDX-License-Identifier: Apache-2.0
// What a client certificate says of its holder, as attributes for a mapping.
#pragma once
#include "services/keystone/logic/mapping_rules.h"

namespace nephele::keystone::logic {

/// Under the names Apache's mod_ssl gives: SSL_CLIENT_S_DN, SSL_CLIENT_S_DN_CN, SSL_CLIENT_I_DN...
/// Nothing when a name cannot be read.
Attributes tokenless_attributes(const std::string& subject, const std::string& issuer);
/// Under upstream's names for OAuth 2: SSL_CLIENT_SUBJECT_DN_CN, SSL_CLIENT_ISSUER_DN_CN...
Attributes oauth2_attributes(const std::string& subject, const std::string& issuer);

} // namespace nephele::keystone::logic
