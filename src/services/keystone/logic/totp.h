// SPDX-License-Identifier: Apache-2.0
// Time-based one-time passwords, RFC 6238 as upstream uses it: HMAC-SHA-1, six digits, 30 seconds.
#pragma once
#include "base/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nephele::keystone::logic {

/// RFC 4648, without case, padding optional. Nothing when it is not base32.
std::optional<std::string> base32_decode(std::string_view text);

std::int64_t totp_step(Time now);
/// The six digits of one step; `key` is the decoded seed.
std::string totp_passcode(std::string_view key, std::int64_t step);

/// The step whose passcode was given: the present one or one of `earlier_steps` before it, and
/// later than `used_until`, the last step a passcode of this seed was taken for. Nothing when the
/// passcode fits none.
std::optional<std::int64_t> matching_step(std::string_view seed, std::string_view passcode,
                                          Time now, int earlier_steps, std::int64_t used_until);

} // namespace nephele::keystone::logic
