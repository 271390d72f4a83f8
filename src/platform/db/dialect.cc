// SPDX-License-Identifier: Apache-2.0
// Spelling of SQL per engine: parameters, column types in DDL. Literals, quoted names and comments
// are copied untouched.
#include "base/strings.h"
#include "platform/db/internal.h"

namespace nephele::db {

namespace {

constexpr std::string_view auto_key = "BIGINT PRIMARY KEY AUTO";

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::size_t word_end(std::string_view sql, std::size_t at) {
    while (at < sql.size() && is_word(sql[at])) ++at;
    return at;
}

std::string_view first_word(std::string_view sql) {
    std::size_t start = sql.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return {};
    return sql.substr(start, word_end(sql, start) - start);
}

std::size_t end_of(std::string_view sql, std::string_view closing, std::size_t from) {
    std::size_t at = sql.find(closing, from);
    return at == std::string_view::npos ? sql.size() : at + closing.size();
}

/// Where the literal, quoted name or comment that starts at `at` ends; `at` itself when none does.
std::size_t opaque_end(std::string_view sql, std::size_t at) {
    std::string_view rest = sql.substr(at);
    if (rest[0] == '\'' || rest[0] == '"') return end_of(sql, rest.substr(0, 1), at + 1);
    if (rest.starts_with("--")) return end_of(sql, "\n", at);
    if (rest.starts_with("/*")) return end_of(sql, "*/", at + 2);
    if (rest[0] == '$') { // $tag$ body $tag$
        std::size_t tag = word_end(sql, at + 1);
        if (tag < sql.size() && sql[tag] == '$' &&
            !(rest.size() > 1 && rest[1] >= '0' && rest[1] <= '9'))
            return end_of(sql, sql.substr(at, tag + 1 - at), tag + 1);
    }
    return at;
}

/// TEXT in a column definition gets the byte order that SQLite uses, so that sorting and paging are
/// the same on both engines whatever the server's locale is.
bool is_column_type(std::string_view sql, std::size_t end, std::string_view word_before) {
    if (iequals(word_before, "AS")) return false;
    std::size_t next = sql.find_first_not_of(" \t\r\n", end);
    if (next == std::string_view::npos) return true;
    return sql[next] != '[' && !iequals(first_word(sql.substr(next)), "COLLATE");
}

} // namespace

bool is_ddl(std::string_view sql) {
    std::string_view word = first_word(sql);
    return iequals(word, "CREATE") || iequals(word, "ALTER") || iequals(word, "DROP");
}

std::string sqlite_text(std::string_view sql) {
    std::string text(sql);
    if (!is_ddl(sql)) return text;
    return replace_all(std::move(text), auto_key, "INTEGER PRIMARY KEY AUTOINCREMENT");
}

std::string postgresql_text(std::string_view original, int* parameters) {
    bool ddl = is_ddl(original);
    std::string source(original);
    if (ddl) source = replace_all(std::move(source), auto_key, "BIGSERIAL PRIMARY KEY");
    std::string_view sql = source;
    std::string upper_start = lower(sql.substr(0, 40));
    bool table = ddl && upper_start.find(" table ") != std::string::npos;

    std::string out;
    out.reserve(sql.size() + 16);
    int parameter = 0;
    std::string_view word_before;
    for (std::size_t at = 0; at < sql.size();) {
        std::size_t end = opaque_end(sql, at);
        if (end != at) {
            out += sql.substr(at, end - at);
        } else if (is_word(sql[at])) {
            end = word_end(sql, at);
            std::string_view word = sql.substr(at, end - at);
            if (ddl && iequals(word, "BLOB")) {
                out += "BYTEA";
            } else if (table && iequals(word, "TEXT") && is_column_type(sql, end, word_before)) {
                out += "TEXT COLLATE \"C\"";
            } else {
                out += word;
            }
            word_before = word;
        } else {
            end = at + 1;
            if (sql[at] == '?') {
                out += '$' + std::to_string(++parameter);
            } else {
                out += sql[at];
            }
        }
        at = end;
    }
    if (parameters) *parameters = parameter;
    return out;
}

} // namespace nephele::db
