// SPDX-License-Identifier: Apache-2.0
// Which options a domain may have of its own, their defaults, and what may be changed by which
// request. Upstream's names.
#pragma once
#include "platform/json/json.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::keystone::logic {

struct KnownDomainOption {
    const char* group;
    const char* name;
    const char* default_json;
    bool sensitive = false; ///< never shown
    bool by_file = false;   ///< only in a file: not one of those the API takes
};
const std::vector<KnownDomainOption>& known_domain_options();
const KnownDomainOption* find_domain_option(std::string_view group, std::string_view name);

/// Group and option (each may be empty) must be supported. Throws Failure(forbidden,
/// "InvalidDomainConfig").
void check_domain_option(const std::string& group, const std::string& option);
/// {"group": {"option": value}} of a body, with at least one option. Throws like the above.
void check_domain_config(const Json& config);
/// A change that names a group (and option) must hold that and nothing else.
void check_domain_update(const Json& config, const std::string& group, const std::string& option);

/// Defaults as {"group": {"option": value}}, {"option": value} for one option.
Json default_domain_config(const std::string& group, const std::string& option);

/// "%(password)s" in texts replaced by sensitive values.
std::string with_sensitive(std::string_view text, const Json& sensitive);

/// An option list's file: "[group]", "name = value", comments; values read as the option's default
/// says (number, boolean, list, text). Throws Failure(bad_request) naming the line.
Json read_domain_file(std::string_view text, const std::string& file);

} // namespace nephele::keystone::logic
