// SPDX-License-Identifier: Apache-2.0
// glance.add_location: an address becomes an image's data once it was read: its length, hashes and
// format are known then, and its hashes are those expected.
#pragma once
#include "platform/operation/operation.h"
#include "services/glance/ops/state.h"

namespace nephele::glance {

struct AddLocation {
    static constexpr const char* operation = "glance.add_location";
    static const Shape<AddLocation>& shape();
    std::string image, task, user;
    std::string url, store;
    std::string checksum, os_hash_value; ///< as expected (empty: any); as found after reading
    std::int64_t size = 0, virtual_size = 0;
    std::string inspected_format;
};
ops::Operation add_location_operation();

/// Takes the image's import lock, writes the task's row and starts the operation.
void start_add_location(Context& context, Image& image, AddLocation wanted);

} // namespace nephele::glance
