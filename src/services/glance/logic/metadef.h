// SPDX-License-Identifier: Apache-2.0
// Rules of metadata definitions: what a property's definition may say, names under a prefix.
#pragma once
#include "platform/fault/fault.h"
#include "platform/json/json.h"

#include <string>
#include <vector>

namespace nephele::glance::logic {

/// JSON schemas of a definition's attributes, by name; clients are shown the same.
const Json& definition_attributes();
/// Schemas that `definition_attributes` refers to.
Json schema_definitions();

/// Throws Failure(bad_request) naming the attribute that is wrong. A definition standing alone
/// carries its name, one in a list stands under it.
void check_definition(const Json& definition, const std::string& where, bool alone);
/// Of an object or a namespace: name -> definition.
void check_definitions(const Json& definitions, const std::string& where);
/// `required` of an object: no name twice.
void check_required(const std::vector<std::string>& names, const std::string& where);
/// Throws Failure(forbidden) for attributes that only the service sets.
void check_not_read_only(const Json& body, const std::vector<std::string>& names);

Json prefixed(const Json& definitions, const std::string& prefix);

} // namespace nephele::glance::logic
