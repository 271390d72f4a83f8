// SPDX-License-Identifier: Apache-2.0
// Staging: data is kept aside as it comes; it is looked at when it is imported.
#pragma once
#include "services/glance/ops/uploads.h"

namespace nephele::glance {

void mark_staging(Context& context, Image& image);
/// Writes the body to the staging store and calls `mark` with its size; the image is `uploading`
/// with its data, or queued again.
void stage_data(Cloud& cloud, const std::string& request_id, const Image& begun,
                http::BodyReader& body, std::int64_t limit,
                const std::function<void(std::int64_t)>& mark);
void mark_staged(Context& context, const Image& begun, std::int64_t size);

} // namespace nephele::glance
