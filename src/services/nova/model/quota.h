// SPDX-License-Identifier: Apache-2.0
// Quotas: which there are, and what they are by default.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nephele::nova {

struct QuotaKind {
    const char* name;
    std::int64_t fallback;
    bool legacy;  ///< shown until 2.56 (injected files) only
    bool network; ///< shown until 2.35 (networks' proxies) only
};
/// In upstream's order.
const std::vector<QuotaKind>& quota_kinds();
std::int64_t default_limit(const std::string& name);

/// Numbers by quota name.
using Amounts = std::map<std::string, std::int64_t>;

} // namespace nephele::nova
