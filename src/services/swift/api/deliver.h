// SPDX-License-Identifier: Apache-2.0
// From a finished answer to bytes on the wire: conditions, ranges, and how the body is sent.
#pragma once
#include "services/swift/api/exchange.h"

namespace nephele::swift {

http::Response deliver(const Request& request, Answer answer);

} // namespace nephele::swift
