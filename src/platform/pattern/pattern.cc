// SPDX-License-Identifier: Apache-2.0
#include "platform/pattern/pattern.h"

#include <re2/re2.h>

namespace nephele {
namespace {
// Of one compiled expression; (a{1000}){1000} would be larger and is refused.
constexpr std::int64_t memory_at_most = 1 << 20;
constexpr std::size_t length_at_most = 1024;
} // namespace

std::optional<Pattern> Pattern::parse(std::string_view expression, std::string* why,
                                      Syntax syntax) {
    // Lists of names in mappings are long and harmless; memory bounds what they become.
    if (expression.size() > (syntax == Syntax::perl ? 8 : 1) * length_at_most) {
        if (why) *why = "it is too long";
        return std::nullopt;
    }
    re2::RE2::Options options;
    options.set_posix_syntax(syntax == Syntax::posix);
    options.set_perl_classes(syntax == Syntax::posix);
    options.set_log_errors(false);
    options.set_max_mem(memory_at_most);
    auto compiled = std::make_shared<const re2::RE2>(
        re2::StringPiece(expression.data(), expression.size()), options);
    if (!compiled->ok()) {
        if (why) *why = compiled->error();
        return std::nullopt;
    }
    return Pattern(std::move(compiled));
}

bool Pattern::matches(std::string_view text) const {
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

} // namespace nephele
