// SPDX-License-Identifier: Apache-2.0
// Reads the part of TOML that configuration needs: [section], key = value with strings on one line,
// decimal integers, reals, booleans and arrays of these, # comments.
#pragma once
#include "platform/json/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace nephele {

struct TomlEntry {
    std::string name; ///< "section.key"
    Json value;
    int line = 0;
};

/// Throws Failure(bad_request, "BadConfig") with file:line.
std::vector<TomlEntry> read_toml(std::string_view text, const std::string& file_name);
/// One value alone; `where` begins the message of the failure.
Json read_toml_value(std::string_view text, const std::string& where);
/// The value as read_toml reads it.
std::string toml_text(const Json& value);

} // namespace nephele
