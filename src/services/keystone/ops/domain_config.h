// SPDX-License-Identifier: Apache-2.0
// A domain's own configuration as stored: sensitive options are sealed, and read only by who needs
// them.
#pragma once
#include "services/keystone/model/domain_option.h"
#include "services/keystone/ops/state.h"

namespace nephele::keystone {

/// {"group": {"option": value}} of what may be shown; of one group or option when named.
Json shown_domain_config(db::Tx& tx, const std::string& domain_id, const std::string& group = "",
                         const std::string& option = "");
/// With sensitive options, and those substituted where texts refer to them. For drivers only.
Json full_domain_config(State& state, db::Tx& tx, const std::string& domain_id);
bool has_domain_option(db::Tx& tx, const std::string& domain_id, const std::string& group = "",
                       const std::string& option = "");

/// Adds or changes these options.
void store_domain_config(Context& context, const std::string& domain_id, const Json& config);
/// All, those of a group, or one.
void remove_domain_config(Context& context, const std::string& domain_id,
                          const std::string& group = "", const std::string& option = "");

} // namespace nephele::keystone
