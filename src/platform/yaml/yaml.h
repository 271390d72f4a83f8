// SPDX-License-Identifier: Apache-2.0
// YAML text to the project's JSON value, with the line every value came from. Plain scalars are
// read as PyYAML reads them (yes/no/on/off are booleans), except that dates and base-60 numbers
// stay text. libyaml stays inside yaml.cc.
#pragma once
#include "platform/json/json.h"

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nephele::yaml {

/// Malformed text, a duplicate key, an unknown anchor or tag, or a document over its limits.
class YamlError : public std::runtime_error {
  public:
    YamlError(int line, const std::string& message) : std::runtime_error(message), line(line) {}
    int line;
};

struct Document {
    Json value;
    /// Every mapping key and sequence item by path ("/resources/a/0"), in document order.
    std::vector<std::pair<std::string, int>> lines;
    /// 1 for the first line; 0 when the path is unknown.
    int line_of(std::string_view path) const;
};

struct Limits {
    int depth = 64;
    /// Values after aliases are expanded: what stops an exponential document.
    std::size_t nodes = 200'000;
};

/// One document; an empty text is null. Throws YamlError whose message begins with "name:line: ".
Document parse(std::string_view text, const std::string& name = "yaml", const Limits& limits = {});

} // namespace nephele::yaml
