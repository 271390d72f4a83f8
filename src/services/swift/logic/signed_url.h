// SPDX-License-Identifier: Apache-2.0
// Signatures of temporary URLs and of upload forms. Pure.
#pragma once
#include "base/time.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nephele::swift::logic {

/// A signature as it came: hexadecimal, or "sha256:" and base64.
struct Signature {
    std::string algorithm; ///< "sha1", "sha256" or "sha512"
    std::string hex;
};
std::optional<Signature> parse_signature(std::string_view text);
/// HMAC in hexadecimal.
std::string sign(const std::string& algorithm, std::string_view key, std::string_view text);

/// Seconds since 1970, or "2026-11-22T10:00:00Z"; nothing when it is neither, or past.
std::optional<std::int64_t> expires_at(std::string_view text, Time now);
/// What a temporary URL signs. `path` begins with "/v1/"; `prefix`: the path covers all names
/// below.
std::string text_to_sign(std::string_view method, std::string_view path, bool prefix,
                         std::int64_t expires, const std::optional<std::string>& addresses);
/// True when the address lies in "10.0.0.0/8" or is the one named; both of one family.
bool address_within(std::string_view address, std::string_view range);
/// Content-Disposition for a file name, in both forms clients know.
std::string disposition(std::string_view kind, std::string_view file_name);

} // namespace nephele::swift::logic
