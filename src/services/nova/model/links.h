// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "platform/json/json.h"

namespace nephele::nova {

/// [{"rel": "self", ...}, {"rel": "bookmark", ...}] of one thing, as nova writes links. The
/// bookmark is without a version.
Json links_of(const std::string& base_url, const std::string& collection, const std::string& id);
/// Only the bookmark.
Json bookmark_of(const std::string& base_url, const std::string& collection, const std::string& id);

} // namespace nephele::nova
