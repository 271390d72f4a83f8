// SPDX-License-Identifier: Apache-2.0
// JSON schemas made from shapes: of one thing, of a list of them.
#pragma once
#include "platform/shape/shape.h"

#include <string>
#include <vector>

namespace nephele::glance {
using namespace shape;

/// The schemas of a shape's fields, by name.
Json properties_of(const ShapeBase& shape);
/// {"rel": rel, "href": href}
Json schema_link(const char* rel, const char* href);
/// {"<plural>": [item...]} with the links of a paged list, or only its own schema.
Json list_schema(const char* plural, Json items, bool paged);

} // namespace nephele::glance
