// SPDX-License-Identifier: Apache-2.0
// The catalog as a token shows it.
#pragma once
#include "services/keystone/model/catalog.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::keystone::logic {

/// The URL with $(project_id)s, %(tenant_id)s and $(user_id)s filled in; nothing when it names
/// something else or something the token does not have.
std::optional<std::string> fill_url(std::string_view url, std::string_view project_id,
                                    std::string_view user_id);
/// True when the URL can be read as a template: what create and update accept.
bool is_url_template(std::string_view url);

/// Enabled services with their enabled endpoints, sorted by type; an endpoint whose URL cannot be
/// filled in is left out; a service without endpoints stays unless endpoints were filtered, as
/// upstream does.
enum class EmptyServices { shown, left_out };
Json catalog_for(const std::vector<ServiceEntry>& services, const std::vector<Endpoint>& endpoints,
                 std::string_view project_id, std::string_view user_id,
                 EmptyServices empty = EmptyServices::shown);

} // namespace nephele::keystone::logic
