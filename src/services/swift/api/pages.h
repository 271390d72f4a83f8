// SPDX-License-Identifier: Apache-2.0
// What is no account's: the capabilities, the health page, the policy for old browser plug-ins.
#pragma once
#include "services/swift/api/exchange.h"

namespace nephele::swift {

/// Nothing when the path is none of these.
std::optional<Answer> special_page(Site& site, const http::RequestHead& head);

} // namespace nephele::swift
