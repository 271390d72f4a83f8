// SPDX-License-Identifier: Apache-2.0
// The TOML reader: one pass over the text with a line counter for messages.
#include "platform/config/toml.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <map>
#include <set>

namespace nephele {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_key_character(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

class Reader {
  public:
    /// Messages begin with `where`, and the line when there are lines to count.
    Reader(std::string_view text, std::string where, bool count_lines)
        : text_(text), where_(std::move(where)), count_lines_(count_lines) {}

    std::vector<TomlEntry> document();
    Json value();
    Json lone_value() {
        skip_space();
        Json found = value();
        end_of_line();
        if (at_ < text_.size()) fail("more than one value");
        return found;
    }

  private:
    [[noreturn]] void fail(const std::string& problem) const {
        throw bad_request("BadConfig", where_ + (count_lines_ ? ":" + std::to_string(line_) : "") +
                                           ": " + problem);
    }
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    void skip_space() {
        while (take(' ') || take('\t')) {
        }
    }
    bool take_new_line() {
        if (text_.substr(at_, 2) == "\r\n") ++at_;
        if (!take('\n')) return false;
        ++line_;
        return true;
    }
    void skip_comment() {
        if (peek() != '#') return;
        while (at_ < text_.size() && peek() != '\n') ++at_;
    }
    /// Spaces, comments and line ends.
    void skip_blank() {
        do {
            skip_space();
            skip_comment();
        } while (take_new_line());
    }
    void end_of_line() {
        skip_space();
        skip_comment();
        if (!take_new_line() && at_ < text_.size())
            fail("unexpected text after the value: " + std::string(1, peek()));
    }
    std::string dotted_key();
    Json basic_string();
    Json literal_string();
    void escape(std::string& out);
    Json array();
    Json word();

    std::string_view text_;
    std::string where_;
    bool count_lines_;
    std::size_t at_ = 0;
    int line_ = 1;
};

std::string Reader::dotted_key() {
    std::string key;
    do {
        skip_space();
        const std::size_t start = at_;
        while (is_key_character(peek())) ++at_;
        if (at_ == start) fail("expected a name (letters, digits, _ and -)");
        if (!key.empty()) key += '.';
        key += text_.substr(start, at_ - start);
        skip_space();
    } while (take('.'));
    return key;
}

void Reader::escape(std::string& out) {
    static constexpr std::string_view letters = "btnfr\"\\", meanings = "\b\t\n\f\r\"\\";
    const char c = peek();
    ++at_;
    if (const auto found = letters.find(c); found != letters.npos) {
        out += meanings[found];
        return;
    }
    const std::size_t digits = c == 'u' ? 4 : c == 'U' ? 8 : 0;
    const auto bytes = hex_decode(text_.substr(std::min(at_, text_.size()), digits));
    if (digits == 0 || !bytes || bytes->size() != digits / 2) fail("unknown escape in a string");
    at_ += digits;
    std::uint32_t point = 0;
    for (const char byte : *bytes) point = point << 8 | static_cast<unsigned char>(byte);
    const auto low = [&](int shift) { return static_cast<char>(0x80 | (point >> shift & 0x3F)); };
    std::string encoded;
    if (point < 0x80)
        encoded = {static_cast<char>(point)};
    else if (point < 0x800)
        encoded = {static_cast<char>(0xC0 | point >> 6), low(0)};
    else if (point < 0x10000)
        encoded = {static_cast<char>(0xE0 | point >> 12), low(6), low(0)};
    else
        encoded = {static_cast<char>(0xF0 | point >> 18), low(12), low(6), low(0)};
    if (point > 0x10FFFF || !is_utf8(encoded)) fail("an escape that is no Unicode character");
    out += encoded;
}

Json Reader::basic_string() {
    if (text_.substr(at_, 2) == "\"\"") fail("strings over several lines are not supported");
    std::string out;
    while (!take('"')) {
        const char c = peek();
        if (at_ >= text_.size() || c == '\n' || c == '\r') fail("string without closing quote");
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F)
            fail("control character in a string");
        ++at_;
        if (c == '\\')
            escape(out);
        else
            out += c;
    }
    return Json(std::move(out));
}

Json Reader::literal_string() {
    if (text_.substr(at_, 2) == "''") fail("strings over several lines are not supported");
    const std::size_t end = text_.find_first_of("'\n", at_);
    if (end == text_.npos || text_[end] != '\'') fail("string without closing quote");
    Json value(text_.substr(at_, end - at_));
    at_ = end + 1;
    return value;
}

Json Reader::array() {
    Json items = Json::array();
    skip_blank();
    while (!take(']')) {
        if (at_ >= text_.size()) fail("array without closing bracket");
        items.push_back(value());
        skip_blank();
        if (!take(',') && peek() != ']') fail("expected , or ] in an array");
        skip_blank();
    }
    return items;
}

/// true, false or a number.
Json Reader::word() {
    const std::size_t start = at_;
    while (is_key_character(peek()) || peek() == '.' || peek() == '+') ++at_;
    const std::string_view word = text_.substr(start, at_ - start);
    if (word == "true") return Json(true);
    if (word == "false") return Json(false);

    std::string number;
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (word[i] != '_')
            number += word[i];
        else if (i == 0 || i + 1 == word.size() || !is_digit(word[i - 1]) || !is_digit(word[i + 1]))
            fail("misplaced _ in a number");
    }
    std::string_view digits = number;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const std::string_view size = digits.substr(digits.starts_with('-') ? 1 : 0);
    const bool starts_well = !size.empty() && is_digit(size[0]) &&
                             (size[0] != '0' || size.size() == 1 || !is_digit(size[1]));
    const bool point_is_inside =
        size.find('.') == size.npos || (size.back() != '.' && is_digit(size[size.find('.') + 1]));
    if (starts_well && point_is_inside) {
        if (size.find_first_of(".eE") == size.npos) {
            if (auto integer = to_int(digits)) return Json(*integer);
        } else if (auto real = to_double(digits)) {
            return Json(*real);
        }
    }
    fail("'" + std::string(word) + "' is no value; text needs quotes");
}

Json Reader::value() {
    if (take('"')) return basic_string();
    if (take('\'')) return literal_string();
    if (take('[')) return array();
    return word();
}

std::vector<TomlEntry> Reader::document() {
    std::vector<TomlEntry> entries;
    std::map<std::string, int> lines; // of the keys so far
    std::set<std::string> sections;
    std::string section;
    for (skip_blank(); at_ < text_.size(); skip_blank()) {
        const int line = line_;
        if (take('[')) {
            if (peek() == '[') fail("[[...]] is not supported");
            section = dotted_key();
            if (!take(']')) fail("expected ] after the section name");
            end_of_line();
            if (!sections.insert(section).second) {
                line_ = line;
                fail("section [" + section + "] appears twice");
            }
            continue;
        }
        std::string name = (section.empty() ? "" : section + ".") + dotted_key();
        if (!take('=')) fail("expected = after " + name);
        skip_space();
        Json found = value();
        end_of_line();
        if (const auto [at, fresh] = lines.emplace(name, line); !fresh) {
            line_ = line;
            fail(name + " is given twice, first in line " + std::to_string(at->second));
        }
        entries.push_back({std::move(name), std::move(found), line});
    }
    return entries;
}

} // namespace

std::vector<TomlEntry> read_toml(std::string_view text, const std::string& file_name) {
    if (!is_utf8(text)) throw bad_request("BadConfig", file_name + ": not UTF-8");
    return Reader(text, file_name, true).document();
}

Json read_toml_value(std::string_view text, const std::string& where) {
    if (!is_utf8(text)) throw bad_request("BadConfig", where + ": not UTF-8");
    return Reader(text, where, false).lone_value();
}

std::string toml_text(const Json& value) {
    // JSON's notation is TOML's, except that TOML wants 0x7F escaped.
    std::string out;
    if (value.is_array()) {
        for (const Json& item : value.as_array())
            out += (out.empty() ? "[" : ", ") + toml_text(item);
        return out.empty() ? "[]" : out + "]";
    }
    return replace_all(value.dump(), "\x7F", "\\u007F");
}

} // namespace nephele
