// SPDX-License-Identifier: Apache-2.0
// Swift's API as the platform mounts it: requests taken apart, sent through the pipeline, answered.
#pragma once
#include "services/swift/api/exchange.h"
#include "services/swift/proxy/face.h"

namespace nephele::swift {

std::shared_ptr<http::Application> make_application(std::shared_ptr<Site> site,
                                                    std::vector<std::shared_ptr<Face>> faces);

} // namespace nephele::swift
