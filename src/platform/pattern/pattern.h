// SPDX-License-Identifier: Apache-2.0
// Regular expressions that somebody else wrote: matched in time linear in the text, whatever the
// expression. Back references and look-around do not exist in it.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace nephele {

class Pattern {
  public:
    enum class Syntax {
        posix, ///< extended, with \d \s \w besides
        perl   ///< as Python's `re` spells it
    };
    /// Nothing when it is none, or too large; `why` then says so.
    static std::optional<Pattern> parse(std::string_view expression, std::string* why = nullptr,
                                        Syntax syntax = Syntax::posix);
    /// Anywhere in the text, as grep.
    bool matches(std::string_view text) const;

  private:
    explicit Pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}
    std::shared_ptr<const re2::RE2> compiled_;
};

} // namespace nephele
