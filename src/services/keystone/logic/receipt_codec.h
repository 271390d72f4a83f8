// SPDX-License-Identifier: Apache-2.0
// Auth receipts: what a user proved so far, when more methods are asked for. The bytes are
// upstream's payload with the fraction of the second appended, as for tokens.
#pragma once
#include "base/time.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::keystone::logic {

struct Receipt {
    std::string user_id;
    std::vector<std::string> methods;
    Time issued_at, expires_at;
};

std::string encode_receipt(const Receipt& receipt);
std::optional<Receipt> decode_receipt(std::string_view payload, Time created);

} // namespace nephele::keystone::logic
