// SPDX-License-Identifier: Apache-2.0
// What others ask of the object store without HTTP.
#pragma once
#include <string>
#include <vector>

namespace nephele::swift {

/// `nephele ring FILE VERB ...`: makes, changes and shows a ring; what is to be printed. Throws
/// Failure(bad_request) with the ways to call it, or with what is wrong with the ring.
std::string ring_command(const std::vector<std::string>& words);

} // namespace nephele::swift
