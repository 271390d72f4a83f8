// SPDX-License-Identifier: Apache-2.0
// Takes an upload's bytes from the wire to the store: counted, hashed, inspected, made durable.
// Knows nothing of images and rows.
#pragma once
#include "platform/http/http.h"
#include "services/glance/drivers/store.h"
#include "services/glance/logic/inspector.h"

namespace nephele::glance {

struct Received {
    std::int64_t size = 0;
    std::string checksum;      ///< md5
    std::string os_hash_value; ///< sha512
    Inspection inspection;
};
inline constexpr const char* os_hash_algorithm = "sha512";

/// Throws Failure when the content is refused or too long, http::TransferError when the client
/// fails, StoreError when the store does; then nothing of the object is left.
/// `limit`: bytes; one more is too long.
Received receive(http::BodyReader& body, Store& store, const std::string& location,
                 const std::string& disk_format, std::int64_t limit);

} // namespace nephele::glance
