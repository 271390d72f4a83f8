// SPDX-License-Identifier: Apache-2.0
// Custom properties whose values a site restricts: its schema-image.json.
#pragma once
#include "platform/json/json.h"

#include <string>

namespace nephele::glance::logic {

/// Name -> JSON schema (type, enum, pattern, maxLength). Throws Failure(bad_request) with the file
/// for what is no such object.
Json read_image_schema(const std::string& text, const std::string& file_name);
/// Throws Failure(bad_request) naming the property whose value its schema refuses.
void check_schema(const Json& schema, const Json& properties);

} // namespace nephele::glance::logic
