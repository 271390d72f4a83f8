// SPDX-License-Identifier: Apache-2.0
// What is kept beside a static large object's manifest (logic/manifest.h), as upstream has it, and
// what the container's listing says of it. Pure.
#pragma once
#include "services/swift/logic/manifest.h"
#include "services/swift/model/records.h"

namespace nephele::swift::logic {

bool is_static_large_object(const ObjectInfo& info);
/// Of the whole, from the headers.
std::uint64_t large_object_bytes(const ObjectInfo& info);
/// Fills the headers and the listing's words; parameters that `listed_etag` holds already stay.
void describe_large_object(ObjectInfo& info, const std::vector<Segment>& segments,
                           const std::string& manifest);

} // namespace nephele::swift::logic
