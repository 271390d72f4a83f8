// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "platform/json/json.h"

namespace nephele::nova {

/// [{"rel": "self", ...}, {"rel": "bookmark", ...}] of one thing, as nova writes links. The
/// bookmark is without a version.
Json links_of(const std::string& base_url, const std::string& collection, const std::string& id);
/// The same as text, for long lists, and only the bookmark.
void append_links(std::string& out, const std::string& base_url, std::string_view collection,
                  const std::string& id);
void append_bookmark(std::string& out, const std::string& base_url, std::string_view collection,
                     const std::string& id);

} // namespace nephele::nova
