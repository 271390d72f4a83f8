// SPDX-License-Identifier: Apache-2.0
// Reads rule texts. Grammar: any := all ("or" all)*; all := one ("and" one)*;
// one := "not" one | "(" any ")" | "@" | "!" | kind ":" match. As upstream, parentheses are taken
// off the ends of words, so that %(key)s needs no quoting.
#include "platform/policy/check_tree.h"

#include "base/strings.h"
#include "platform/policy/policy.h"

#include <regex.h>

namespace nephele::policy {

struct Pattern {
    regex_t compiled{};
    explicit Pattern(const std::string& expression) {
        // Upstream's match is anchored at the beginning only.
        const std::string anchored = "^(" + expression + ")";
        if (regcomp(&compiled, anchored.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
            throw PolicyError("bad regular expression: " + expression);
    }
    ~Pattern() { regfree(&compiled); }
    Pattern(const Pattern&) = delete;
};

bool matches(const Pattern& pattern, const std::string& value) {
    return regexec(&pattern.compiled, value.c_str(), 0, nullptr, 0) == 0;
}

Attribute attribute_named(std::string_view name) {
    static const std::pair<std::string_view, Attribute> names[] = {
        {"user_id", Attribute::user_id},
        {"user", Attribute::user_id},
        {"token.user.id", Attribute::user_id},
        {"user_name", Attribute::user_name},
        {"token.user.name", Attribute::user_name},
        {"user_domain_id", Attribute::user_domain_id},
        {"token.user.domain.id", Attribute::user_domain_id},
        {"project_id", Attribute::project_id},
        {"tenant_id", Attribute::project_id},
        {"tenant", Attribute::project_id},
        {"token.project.id", Attribute::project_id},
        {"project_name", Attribute::project_name},
        {"tenant_name", Attribute::project_name},
        {"token.project.name", Attribute::project_name},
        {"project_domain_id", Attribute::project_domain_id},
        {"token.project.domain.id", Attribute::project_domain_id},
        {"domain_id", Attribute::domain_id},
        {"token.domain.id", Attribute::domain_id},
        {"domain_name", Attribute::domain_name},
        {"token.domain.name", Attribute::domain_name},
        {"system_scope", Attribute::system_scope},
        {"system", Attribute::system_scope},
        {"is_admin", Attribute::is_admin},
        {"is_admin_project", Attribute::is_admin_project},
        {"token.is_admin_project", Attribute::is_admin_project},
        {"trust_id", Attribute::trust_id},
        {"trustor_id", Attribute::trustor_id},
        {"trustee_id", Attribute::trustee_id},
        {"application_credential_id", Attribute::application_credential_id},
        {"roles", Attribute::roles},
        {"token.roles.name", Attribute::roles},
        {"group_ids", Attribute::group_ids},
    };
    for (const auto& [known, attribute] : names)
        if (known == name) return attribute;
    return Attribute::unknown;
}

namespace {

struct Word {
    enum class Kind { open, close, check, both, either, negate, end } kind;
    std::string_view text;
};

std::vector<Word> words_of(std::string_view text) {
    std::vector<Word> words;
    std::size_t at = 0;
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
    while (at < text.size()) {
        if (is_space(text[at])) {
            ++at;
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && !is_space(text[end])) ++end;
        std::string_view word = text.substr(at, end - at);
        at = end;
        while (!word.empty() && word.front() == '(') {
            words.push_back({Word::Kind::open, "("});
            word.remove_prefix(1);
        }
        std::size_t closing = 0;
        while (!word.empty() && word.back() == ')') {
            word.remove_suffix(1);
            ++closing;
        }
        if (!word.empty()) {
            const std::string small = lower(word);
            Word::Kind kind = small == "and"   ? Word::Kind::both
                              : small == "or"  ? Word::Kind::either
                              : small == "not" ? Word::Kind::negate
                                               : Word::Kind::check;
            words.push_back({kind, word});
        }
        for (; closing > 0; --closing) words.push_back({Word::Kind::close, ")"});
    }
    words.push_back({Word::Kind::end, ""});
    return words;
}

Template parse_template(std::string_view text) {
    Template result;
    std::string fixed;
    for (std::size_t at = 0; at < text.size();) {
        if (text.substr(at).starts_with("%(")) {
            const auto close = text.find(")s", at);
            if (close == text.npos) throw PolicyError("unfinished %(...)s in " + std::string(text));
            if (!fixed.empty()) result.pieces.push_back({false, std::exchange(fixed, {})});
            result.pieces.push_back({true, std::string(text.substr(at + 2, close - at - 2))});
            at = close + 2;
        } else {
            fixed += text[at++];
        }
    }
    if (!fixed.empty() || result.pieces.empty()) result.pieces.push_back({false, fixed});
    return result;
}

// The literal `text` spells, as Python would print it; nothing when it is a name.
std::optional<std::string> literal_of(std::string_view text) {
    if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') &&
        text.back() == text.front())
        return std::string(text.substr(1, text.size() - 2));
    if (text == "True" || text == "False" || text == "None" || to_int(text))
        return std::string(text);
    return std::nullopt;
}

Check parse_field(Check check, std::string_view match) {
    // "networks:shared=True": the resource's name only tells readers what the rule is about.
    const auto colon = match.find(':'), equals = match.find('=');
    if (colon == match.npos || equals == match.npos || equals < colon)
        throw PolicyError("expected field:resource:name=value, got " + check.text);
    check.kind = Check::Kind::field;
    check.left = match.substr(colon + 1, equals - colon - 1);
    std::string_view value = match.substr(equals + 1);
    if (value.starts_with('~'))
        check.pattern = std::make_shared<const Pattern>(std::string(value.substr(1)));
    check.right.pieces.push_back({false, std::string(value)});
    return check;
}

Check parse_one(std::string_view text) {
    Check check;
    check.text = text;
    if (text == "@") {
        check.kind = Check::Kind::always;
        return check;
    }
    if (text == "!") return check;
    const auto colon = text.find(':');
    if (colon == text.npos || colon == 0)
        throw PolicyError("expected kind:match, got '" + std::string(text) + "'");
    const std::string_view kind = text.substr(0, colon), match = text.substr(colon + 1);
    if (kind == "http" || kind == "https")
        throw PolicyError("remote checks are not supported: " + std::string(text));
    if (kind == "field") return parse_field(std::move(check), match);
    if (kind == "rule") {
        check.kind = Check::Kind::rule;
        check.left = match;
        return check;
    }
    check.right = parse_template(match);
    if (kind == "role") {
        check.kind = Check::Kind::role;
    } else if (auto literal = literal_of(kind)) {
        check.kind = Check::Kind::literal;
        check.left = *literal;
    } else {
        check.kind = Check::Kind::attribute;
        check.left = kind;
        check.attribute = attribute_named(kind);
    }
    return check;
}

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text), words_(words_of(text)) {}

    Check parse() {
        Check check = any();
        if (now().kind != Word::Kind::end) fail("unexpected '" + std::string(now().text) + "'");
        return check;
    }

  private:
    const Word& now() const { return words_[at_]; }
    [[noreturn]] void fail(const std::string& what) const {
        throw PolicyError(what + " in \"" + std::string(text_) + "\"");
    }
    Check any() { return chain(Word::Kind::either, Check::Kind::any_of, "or", &Parser::all); }
    Check all() { return chain(Word::Kind::both, Check::Kind::all_of, "and", &Parser::one); }

    Check chain(Word::Kind joint, Check::Kind kind, const char* name, Check (Parser::*part)()) {
        Check first = (this->*part)();
        if (now().kind != joint) return first;
        Check joined;
        joined.kind = kind;
        joined.text = name;
        joined.parts.push_back(std::move(first));
        while (now().kind == joint) {
            ++at_;
            joined.parts.push_back((this->*part)());
        }
        return joined;
    }
    Check one() {
        if (++depth_ > 200) fail("nested too deeply");
        Check check;
        if (now().kind == Word::Kind::negate) {
            ++at_;
            check.kind = Check::Kind::negation;
            check.text = "not";
            check.parts.push_back(one());
        } else if (now().kind == Word::Kind::open) {
            ++at_;
            check = any();
            if (now().kind != Word::Kind::close) fail("missing ')'");
            ++at_;
        } else if (now().kind == Word::Kind::check) {
            check = parse_one(now().text);
            ++at_;
        } else {
            fail(now().kind == Word::Kind::end ? "unexpected end"
                                               : "unexpected '" + std::string(now().text) + "'");
        }
        --depth_;
        return check;
    }

    std::string_view text_;
    std::vector<Word> words_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

Check always() {
    Check check;
    check.kind = Check::Kind::always;
    check.text = "@";
    return check;
}

} // namespace

Check parse_check(std::string_view text) {
    if (trim(text).empty()) return always();
    return Parser(text).parse();
}

Check parse_check_list(const Json& list) {
    if (list.size() == 0) return always();
    Check either;
    either.kind = Check::Kind::any_of;
    either.text = "or";
    for (const Json& inner : list.as_array()) {
        Check both;
        both.kind = Check::Kind::all_of;
        both.text = "and";
        if (inner.is_string()) {
            both.parts.push_back(parse_one(inner.as_string()));
        } else {
            for (const Json& one : inner.as_array())
                both.parts.push_back(parse_one(one.as_string()));
        }
        if (!both.parts.empty()) either.parts.push_back(std::move(both));
    }
    return either;
}

} // namespace nephele::policy
