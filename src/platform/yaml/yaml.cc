// SPDX-License-Identifier: Apache-2.0
// The one file that includes libyaml: its events become a Json value and a table of lines.
#include "platform/yaml/yaml.h"

#include "base/strings.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <yaml.h>

namespace nephele::yaml {
namespace {

std::optional<bool> bool_of(std::string_view text) {
    if (text.size() < 2 || text.size() > 5) return std::nullopt;
    // PyYAML knows three spellings: yes, Yes, YES.
    const std::string small = lower(text);
    std::string title = small, upper = small;
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
    for (char& c : upper)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (text != small && text != title && text != upper) return std::nullopt;
    if (small == "true" || small == "yes" || small == "on") return true;
    if (small == "false" || small == "no" || small == "off") return false;
    return std::nullopt;
}

std::optional<Json> integer_of(std::string_view text) {
    bool negative = false;
    std::string digits;
    std::size_t at = 0;
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
        negative = text[0] == '-';
        at = 1;
    }
    for (; at < text.size(); ++at)
        if (text[at] != '_') digits += text[at];
    if (digits.empty() || digits[0] < '0' || digits[0] > '9') return std::nullopt;
    int base = 10;
    std::size_t skip = 0;
    if (digits.size() > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'b')) {
        base = digits[1] == 'x' ? 16 : 2;
        skip = 2;
    } else if (digits.size() > 1 && digits[0] == '0') {
        base = 8;
        skip = 1;
    }
    std::uint64_t value = 0;
    for (char c : std::string_view(digits).substr(skip)) {
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : 99;
        if (digit >= base) return std::nullopt;
        if (value > (UINT64_MAX - digit) / base) return std::nullopt;
        value = value * base + digit;
    }
    if (!negative) return Json(value);
    if (value > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return Json(-static_cast<std::int64_t>(value));
}

std::optional<Json> real_of(std::string_view text) {
    if (text.find('.') == text.npos || text.find_first_of("0123456789") == text.npos)
        return std::nullopt;
    if (text.find_first_not_of("0123456789+-.eE") != text.npos) return std::nullopt;
    std::string plain(text);
    if (plain[0] == '+') plain.erase(0, 1);
    const auto value = to_double(plain);
    if (!value || !std::isfinite(*value)) return std::nullopt;
    return Json(*value);
}

Json plain_scalar(std::string_view text) {
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
        return nullptr;
    if (auto value = bool_of(text)) return Json(*value);
    if (auto value = integer_of(text)) return *value;
    if (auto value = real_of(text)) return *value;
    return Json(text);
}

std::string pointer_part(std::string_view key) {
    return replace_all(replace_all(std::string(key), "~", "~0"), "/", "~1");
}

struct Event {
    yaml_event_t raw{};
    Event() = default;
    Event(const Event&) = delete;
    ~Event() { yaml_event_delete(&raw); }
};

class Reader {
  public:
    Reader(std::string_view text, const std::string& name, const Limits& limits)
        : name_(name), limits_(limits) {
        if (!yaml_parser_initialize(&parser_)) throw std::bad_alloc();
        yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size());
    }
    ~Reader() { yaml_parser_delete(&parser_); }
    Reader(const Reader&) = delete;

    Document read() {
        expect(YAML_STREAM_START_EVENT);
        Event first;
        next(first);
        if (first.raw.type == YAML_STREAM_END_EVENT) return {};
        Event root;
        next(root);
        Json value = node(root, "", 0);
        expect(YAML_DOCUMENT_END_EVENT);
        Event last;
        next(last);
        if (last.raw.type != YAML_STREAM_END_EVENT) fail(last, "more than one document");
        document_.value = std::move(value);
        return std::move(document_);
    }

  private:
    struct Anchored {
        Json value;
        std::size_t nodes;
    };

    [[noreturn]] void fail_at(std::size_t line, const std::string& what) const {
        const int number = static_cast<int>(line) + 1;
        throw YamlError(number, format("{}:{}: {}", name_, number, what));
    }
    [[noreturn]] void fail(const Event& event, const std::string& what) const {
        fail_at(event.raw.start_mark.line, what);
    }
    void next(Event& event) {
        if (!yaml_parser_parse(&parser_, &event.raw))
            fail_at(parser_.problem_mark.line,
                    parser_.problem ? parser_.problem : "malformed document");
    }
    void expect(yaml_event_type_t type) {
        Event event;
        next(event);
        if (event.raw.type != type) fail(event, "unexpected end of document");
    }
    void count(const Event& event, std::size_t more) {
        nodes_ += more;
        if (nodes_ > limits_.nodes) fail(event, "the document is too large once expanded");
    }
    static std::string_view text_of_mark(const yaml_char_t* text) {
        return text ? reinterpret_cast<const char*>(text) : "";
    }

    Json node(const Event& event, const std::string& path, int depth) {
        if (depth > limits_.depth) fail(event, "nested too deeply");
        if (event.raw.type == YAML_ALIAS_EVENT) {
            const std::string anchor(text_of_mark(event.raw.data.alias.anchor));
            const auto found = anchors_.find(anchor);
            if (found == anchors_.end()) fail(event, "unknown anchor " + anchor);
            count(event, found->second.nodes);
            return found->second.value;
        }
        const std::size_t before = nodes_;
        count(event, 1);
        Json value;
        std::string_view anchor;
        if (event.raw.type == YAML_SCALAR_EVENT) {
            anchor = text_of_mark(event.raw.data.scalar.anchor);
            value = scalar(event);
        } else if (event.raw.type == YAML_SEQUENCE_START_EVENT) {
            anchor = text_of_mark(event.raw.data.sequence_start.anchor);
            check_tag(event, text_of_mark(event.raw.data.sequence_start.tag), "seq");
            value = sequence(path, depth);
        } else if (event.raw.type == YAML_MAPPING_START_EVENT) {
            anchor = text_of_mark(event.raw.data.mapping_start.anchor);
            check_tag(event, text_of_mark(event.raw.data.mapping_start.tag), "map");
            value = mapping(path, depth);
        } else {
            fail(event, "unexpected end of document");
        }
        if (!anchor.empty()) anchors_[std::string(anchor)] = {value, nodes_ - before};
        return value;
    }

    void check_tag(const Event& event, std::string_view tag, std::string_view wanted) const {
        if (tag.empty() || tag == "!" || tag == "tag:yaml.org,2002:" + std::string(wanted)) return;
        fail(event, "unsupported tag " + std::string(tag));
    }

    Json scalar(const Event& event) const {
        const auto& raw = event.raw.data.scalar;
        const std::string_view text(reinterpret_cast<const char*>(raw.value), raw.length);
        const std::string_view tag = text_of_mark(raw.tag);
        if (!tag.empty() && tag != "!") {
            constexpr std::string_view prefix = "tag:yaml.org,2002:";
            if (!tag.starts_with(prefix)) fail(event, "unsupported tag " + std::string(tag));
            const std::string_view kind = tag.substr(prefix.size());
            if (kind == "str") return Json(text);
            Json value = plain_scalar(text);
            if (kind == "int" && value.is_integer()) return value;
            if (kind == "float" && value.is_number()) return Json(value.as_double());
            if (kind == "bool" && value.is_bool()) return value;
            if (kind == "null" && value.is_null()) return value;
            fail(event, "the value does not fit the tag " + std::string(tag));
        }
        if (raw.style != YAML_PLAIN_SCALAR_STYLE || tag == "!") return Json(text);
        return plain_scalar(text);
    }

    Json sequence(const std::string& path, int depth) {
        Json::Array items;
        for (;;) {
            Event event;
            next(event);
            if (event.raw.type == YAML_SEQUENCE_END_EVENT) return Json(std::move(items));
            const std::string place = path + "/" + std::to_string(items.size());
            note(event, place);
            items.push_back(node(event, place, depth + 1));
        }
    }

    // Keys of other kinds become their text, as in JSON; the word as written, so that `on:` stays
    // "on" only when quoted but 8080: is "8080".
    std::string key_of(const Event& event) {
        if (event.raw.type == YAML_ALIAS_EVENT) {
            Json value = node(event, "", 0);
            if (value.is_string()) return value.as_string();
        }
        if (event.raw.type != YAML_SCALAR_EVENT) fail(event, "a mapping key must be a scalar");
        const auto& raw = event.raw.data.scalar;
        if (raw.anchor) anchors_[std::string(text_of_mark(raw.anchor))] = {scalar(event), 1};
        return std::string(reinterpret_cast<const char*>(raw.value), raw.length);
    }

    Json mapping(const std::string& path, int depth) {
        Json::Object members;
        std::set<std::string> seen;
        std::vector<Json> merged;
        for (;;) {
            Event event;
            next(event);
            if (event.raw.type == YAML_MAPPING_END_EVENT) break;
            const std::string key = key_of(event);
            const bool merge = key == "<<" && event.raw.type == YAML_SCALAR_EVENT &&
                               event.raw.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
            if (!merge && !seen.insert(key).second) fail(event, "duplicate key '" + key + "'");
            const std::string place = path + "/" + pointer_part(key);
            if (!merge) note(event, place);
            Event value_event;
            next(value_event);
            Json value = node(value_event, place, depth + 1);
            if (!merge) {
                members.emplace_back(key, std::move(value));
            } else if (value.is_object()) {
                merged.push_back(std::move(value));
            } else if (value.is_array()) {
                for (Json& one : value.as_array()) {
                    if (!one.is_object()) fail(value_event, "<< needs mappings");
                    merged.push_back(std::move(one));
                }
            } else {
                fail(value_event, "<< needs a mapping");
            }
        }
        // Own keys win over merged ones, earlier merges over later ones.
        for (Json& source : merged)
            for (auto& [key, value] : source.as_object())
                if (seen.insert(key).second) members.emplace_back(key, std::move(value));
        return Json(std::move(members));
    }

    void note(const Event& event, const std::string& place) {
        document_.lines.emplace_back(place, static_cast<int>(event.raw.start_mark.line) + 1);
    }

    yaml_parser_t parser_{};
    std::string name_;
    Limits limits_;
    std::size_t nodes_ = 0;
    std::map<std::string, Anchored> anchors_;
    Document document_;
};

} // namespace

int Document::line_of(std::string_view path) const {
    for (const auto& [known, line] : lines)
        if (known == path) return line;
    return 0;
}

Document parse(std::string_view text, const std::string& name, const Limits& limits) {
    return Reader(text, name, limits).read();
}

} // namespace nephele::yaml
