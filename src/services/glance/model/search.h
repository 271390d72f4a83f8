// SPDX-License-Identifier: Apache-2.0
// What a list of images asks beyond the fields a Page filters by.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nephele::glance {

struct Search {
    /// A visibility or "all"; none: all but community images of others.
    std::optional<std::string> visibility;
    std::string member_status = "accepted"; ///< of shared images of others; "all": any
    std::vector<std::string> tags;          ///< all of them
    std::optional<std::int64_t> size_min, size_max;
    std::vector<std::pair<std::string, std::string>> properties; ///< all of them
};

} // namespace nephele::glance
