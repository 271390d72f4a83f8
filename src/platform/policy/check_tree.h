// SPDX-License-Identifier: Apache-2.0
// A rule text as a tree. Private to the policy module.
#pragma once
#include "platform/json/json.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::policy {

/// What a token says of its bearer, as rules name it ("user_id", "token.project.domain.id").
enum class Attribute : std::uint8_t {
    unknown,
    user_id,
    user_name,
    user_domain_id,
    project_id,
    project_name,
    project_domain_id,
    domain_id,
    domain_name,
    system_scope,
    is_admin,
    is_admin_project,
    trust_id,
    trustor_id,
    trustee_id,
    application_credential_id,
    roles,
    group_ids,
};
Attribute attribute_named(std::string_view name);

/// "fixed text", "%(key)s" or a mixture.
struct Template {
    struct Piece {
        bool is_key = false;
        std::string text;
    };
    std::vector<Piece> pieces;
    /// The text when no piece is a key.
    const std::string* fixed() const {
        return pieces.size() == 1 && !pieces[0].is_key ? &pieces[0].text : nullptr;
    }
};

struct Pattern; // a compiled regular expression

struct Check {
    enum class Kind : std::uint8_t {
        always,    ///< "@" or an empty rule
        never,     ///< "!"
        all_of,    ///< and
        any_of,    ///< or
        negation,  ///< not
        role,      ///< role:right
        rule,      ///< rule:left
        attribute, ///< left:right, left an attribute of the token
        literal,   ///< left:right, left a literal
        field,     ///< field:resource:left=right, or left=~pattern
    };
    Kind kind = Kind::never;
    std::string text; ///< as written, or the operator's name
    std::vector<Check> parts;
    std::string left;
    Template right;
    Attribute attribute = Attribute::unknown;
    int rule = -1; ///< index of the rule named, set by Policy::compile
    std::shared_ptr<const Pattern> pattern;
};

/// Throws PolicyError quoting the part that cannot be read.
Check parse_check(std::string_view text);
/// The old form: a list (any) of lists (all) of checks.
Check parse_check_list(const Json& list);
/// True when `value` matches from its beginning.
bool matches(const Pattern& pattern, const std::string& value);

} // namespace nephele::policy
