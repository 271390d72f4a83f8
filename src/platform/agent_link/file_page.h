// SPDX-License-Identifier: Apache-2.0
// The other end of fetch.h: a file as a door page answers it.
#pragma once
#include "platform/http/http.h"

namespace nephele::agent {

/// The whole file, or what lies behind `bytes=N-` (the only form our agents use). Throws Failure:
/// not_found when this node does not have the file.
http::Response file_answer(const http::RequestHead& head, const std::string& path);

} // namespace nephele::agent
