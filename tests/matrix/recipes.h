// SPDX-License-Identifier: Apache-2.0
// How to make one of every thing, and bodies that routes accept, for tests generated from routes.
// "$networks" stands for the id of the thing made last under that name, "{n}" for a number that is
// another one each time.
#pragma once
#include "platform/json/json.h"

#include <map>
#include <string>
#include <vector>

namespace nephele::test {

struct Recipe {
    std::string name; ///< the segment in front of its id in paths, where there is one
    std::string method, path;
    Json body;
    bool by_admin = false;
    std::string raw = ""; ///< sent instead of body, as bytes
};
/// In an order that works; all of project "own" (or of nobody).
const std::vector<Recipe>& recipes();

/// Bodies for routes whose shape alone does not say what would be accepted, by "METHOD /path" or
/// "METHOD /path action" without the service's prefix.
const std::map<std::string, Json>& accepted_bodies();

/// Ids that need not be made: standard names and the like.
const std::map<std::string, std::string>& standing_ids();

/// With "$name" and "{n}" filled in.
std::string filled(const std::string& text, const std::map<std::string, std::string>& ids, int n);
Json filled(const Json& json, const std::map<std::string, std::string>& ids, int n);

} // namespace nephele::test
