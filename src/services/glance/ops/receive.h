// SPDX-License-Identifier: Apache-2.0
// Takes an upload's bytes from the wire to the store: counted, hashed, inspected, made durable.
// Knows nothing of images and rows.
#pragma once
#include "platform/crypto/crypto.h"
#include "platform/http/http.h"
#include "services/glance/drivers/store.h"
#include "services/glance/ops/inspect.h"

#include <functional>
#include <optional>

namespace nephele::glance {

struct Received {
    std::int64_t size = 0;
    std::string checksum;      ///< md5
    std::string os_hash_value; ///< sha512
    Inspection inspection;
};
inline constexpr const char* os_hash_algorithm = "sha512";

/// A signature over the bytes: true when their digest (not hexadecimal) is what was signed.
struct SignatureCheck {
    crypto::Digest algorithm;
    std::function<bool(const std::string& digest)> verify;
};

/// What the bytes must be.
struct Expected {
    Declared declared;
    FormatRules rules;
    std::int64_t limit = INT64_MAX; ///< bytes; one more is too long
    std::optional<SignatureCheck> signature;
    std::string checksum, os_hash_value; ///< empty: any
};

/// Throws Failure when the content is refused or too long, http::TransferError when the client
/// fails, StoreError when the store does; then nothing of the object is left.
Received receive(http::BodyReader& body, Store& store, const std::string& location,
                 const Expected& expected);
Received receive(http::BodyReader& body, ObjectWriter& writer, const Expected& expected);

} // namespace nephele::glance
