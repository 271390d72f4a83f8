// SPDX-License-Identifier: Apache-2.0
// Glance's own filter language, brought into the platform's: "name=in:a,b", "created_at=gt:...",
// size ranges, tags, custom properties.
#pragma once
#include "services/glance/model/image.h"
#include "services/glance/model/search.h"

#include <string>
#include <vector>

namespace nephele::glance::logic {

/// Takes from `page` what it cannot express and rewrites the rest. Throws Failure(bad_request).
Search read_search(Page& page);
/// 'a,"b,c"' as a, "b,c".
std::vector<std::string> split_quoted(const std::string& text);

} // namespace nephele::glance::logic
