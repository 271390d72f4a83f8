// SPDX-License-Identifier: Apache-2.0
// Resource files of delegated logins, and their policy rules.
#pragma once
#include "platform/api/service.h"

namespace nephele::keystone {

api::Resource oauth1_routes();
api::Resource access_token_routes();
api::Resource oauth2_routes();
api::Resource retired_pki_routes();
std::vector<policy::Rule> oauth_policies();

} // namespace nephele::keystone
