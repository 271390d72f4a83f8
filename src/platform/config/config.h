// SPDX-License-Identifier: Apache-2.0
// One TOML file, none of it mandatory. Every option is declared with type, default and help by the
// part that reads it; `nephele config` prints all. An unknown option or a wrong type is an error
// with line.
#pragma once
#include "platform/json/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace nephele {

/// "http.port", default, one line of help. The default's kind is the option's type (integer,
/// string, boolean, real, list of strings).
struct Option {
    std::string name;
    Json fallback;
    std::string help;
};

class Config {
  public:
    /// Declares options; names are unique.
    void declare(const std::vector<Option>& options);
    /// TOML subset: [section], key = string | integer | real | boolean | array of strings, #
    /// comments. Throws Failure(bad_request, "BadConfig") with file:line.
    void load_text(std::string_view toml, const std::string& file_name);
    void load_file(const std::string& path);
    /// "section.key=value" as given on the command line (--set); value in TOML or bare text.
    void set(std::string_view assignment);

    std::string text(std::string_view name) const;
    std::int64_t integer(std::string_view name) const;
    bool boolean(std::string_view name) const;
    double real(std::string_view name) const;
    std::vector<std::string> list(std::string_view name) const;
    /// All options with value, default and help as commented TOML.
    std::string describe() const;

  private:
    struct Entry {
        Option option;
        Json value;
        bool given = false;
    };
    const Entry& entry(std::string_view name) const;
    Entry& mutable_entry(std::string_view name, const std::string& where);
    std::vector<Entry> entries_; // sorted by name
};

} // namespace nephele
