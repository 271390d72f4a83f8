// SPDX-License-Identifier: Apache-2.0
// What the bytes of an image must be: its formats, its size, its signature.
#pragma once
#include "services/glance/ops/receive.h"
#include "services/glance/ops/state.h"

namespace nephele::glance {

/// Throws Failure(bad_request) when the image asks for a signature that cannot be verified.
/// `user_id`: whose certificates may be used; `limit`: bytes.
Expected expected_of(Context& context, const Image& image, const std::string& user_id,
                     std::int64_t limit);

} // namespace nephele::glance
