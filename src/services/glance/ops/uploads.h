// SPDX-License-Identifier: Apache-2.0
// What an upload does to its image's row: saving, active, or back to queued.
#pragma once
#include "services/glance/ops/receive.h"
#include "services/glance/ops/state.h"

namespace nephele::glance {

/// Chooses the object and says where this node will write it.
void mark_saving(Context& context, Image& image, const Store& store);
/// Throws Failure(gone) when the image was deleted or given up meanwhile.
void mark_active(Context& context, const Image& begun, const Received& received,
                 const logic::Quotas& quotas);
/// The row to queued if it is still this upload's, the object away. Never throws: what it cannot do
/// the sweep does later.
void abandon(Cloud& cloud, const std::string& request_id, const Image& begun,
             const std::string& reason);

} // namespace nephele::glance
