// SPDX-License-Identifier: Apache-2.0
// Reading, changing and writing JSON values. The only file that includes RapidJSON: its event
// reader does the lexing, the Builder below makes our values, and writing is our own.
#include "platform/json/json.h"

#include "base/strings.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <iterator>

namespace nephele {
namespace {

[[noreturn]] void wrong_kind(const char* wanted, const Json& found) {
    throw JsonError(std::string("expected ") + wanted + ", found " + found.kind_name());
}

std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

/// The name that two members share, or null. Small objects are compared pairwise: it beats sorting.
const std::string* duplicate_name(const Json::Member* first, std::size_t count) {
    if (count <= 12) {
        for (std::size_t i = 1; i < count; ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (first[i].first == first[j].first) return &first[i].first;
        return nullptr;
    }
    std::vector<const std::string*> names;
    names.reserve(count);
    for (std::size_t i = 0; i < count; ++i) names.push_back(&first[i].first);
    std::sort(names.begin(), names.end(), [](auto* a, auto* b) { return *a < *b; });
    auto same =
        std::adjacent_find(names.begin(), names.end(), [](auto* a, auto* b) { return *a == *b; });
    return same == names.end() ? nullptr : *same;
}

/// An escaped low surrogate without its high half comes out of the reader as bytes that are no
/// UTF-8.
bool has_encoded_surrogate(const char* text, std::size_t length) {
    const char* end = text + length;
    for (const char* p = text; (p = static_cast<const char*>(std::memchr(p, 0xED, end - p))); ++p)
        if (p + 1 < end && static_cast<unsigned char>(p[1]) >= 0xA0) return true;
    return false;
}

/// Receives the reader's events. Finished values wait on one stack until their container closes, so
/// that every container is allocated once with its exact size.
class Builder {
  public:
    Builder(int max_depth, bool check_surrogates)
        : max_depth_(max_depth), check_surrogates_(check_surrogates) {
        stack_.reserve(64);
    }

    bool Null() { return put(nullptr); }
    bool Bool(bool v) { return put(v); }
    bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
        return number({text, length});
    }
    // Numbers come as text only.
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(std::int64_t) { return false; }
    bool Uint64(std::uint64_t) { return false; }
    bool Double(double) { return false; }
    bool String(const char* text, rapidjson::SizeType length, bool) {
        return text_is_fine(text, length) && put(std::string(text, length));
    }
    bool Key(const char* text, rapidjson::SizeType length, bool) {
        if (!text_is_fine(text, length)) return false;
        stack_.emplace_back(std::string(text, length), Json());
        key_waits_ = true;
        return true;
    }
    bool StartObject() { return open(); }
    bool StartArray() { return open(); }
    bool EndObject(rapidjson::SizeType count) {
        auto first = stack_.end() - count;
        if (const std::string* name = duplicate_name(stack_.data() + stack_.size() - count, count))
            return fail("duplicate member " + quoted(*name));
        Json::Object members(std::make_move_iterator(first), std::make_move_iterator(stack_.end()));
        return close(count, Json(std::move(members)));
    }
    bool EndArray(rapidjson::SizeType count) {
        Json::Array items;
        items.reserve(count);
        for (auto it = stack_.end() - count; it != stack_.end(); ++it)
            items.push_back(std::move(it->second));
        return close(count, Json(std::move(items)));
    }

    const std::string& problem() const { return problem_; }
    Json result() { return std::move(stack_.back().second); }

  private:
    bool fail(std::string problem) {
        problem_ = std::move(problem);
        return false;
    }
    bool text_is_fine(const char* text, std::size_t length) {
        if (check_surrogates_ && has_encoded_surrogate(text, length))
            return fail("unpaired surrogate in a string");
        return true;
    }
    // RapidJSON's own full-precision conversion fails an assertion on some numbers near the limit.
    bool number(std::string_view text) {
        const char* end = text.data() + text.size();
        if (text.find_first_of(".eE") == text.npos) {
            std::int64_t integer = 0;
            if (std::from_chars(text.data(), end, integer).ec == std::errc()) return put(integer);
            std::uint64_t large = 0;
            if (std::from_chars(text.data(), end, large).ec == std::errc()) return put(large);
        }
        double real = 0;
        // Out of range means too large or too small; strtod tells which.
        if (std::from_chars(text.data(), end, real).ec != std::errc())
            real = std::strtod(std::string(text).c_str(), nullptr);
        return std::isfinite(real) ? put(real) : fail("number too large");
    }
    bool put(Json value) {
        if (key_waits_)
            stack_.back().second = std::move(value);
        else
            stack_.emplace_back(std::string(), std::move(value));
        key_waits_ = false;
        return true;
    }
    // The name of an open container (if it has one) stays on the stack below the container's items.
    bool open() {
        if (static_cast<int>(named_.size()) >= max_depth_)
            return fail("nested deeper than " + std::to_string(max_depth_) + " levels");
        named_.push_back(key_waits_);
        key_waits_ = false;
        return true;
    }
    bool close(std::size_t count, Json value) {
        stack_.resize(stack_.size() - count);
        key_waits_ = named_.back();
        named_.pop_back();
        return put(std::move(value));
    }

    std::vector<Json::Member> stack_;
    std::vector<bool> named_; ///< for each open container: is it the value of a member
    bool key_waits_ = false;
    int max_depth_;
    bool check_surrogates_;
    std::string problem_;
};

void append_double(std::string& out, double v) {
    if (!std::isfinite(v)) throw JsonError("cannot write an infinite or undefined number as JSON");
    char text[32];
    auto end = std::to_chars(text, text + sizeof text, v).ptr;
    out.append(text, end);
    // Keep the kind: 1.0 read back must be a number again, not an integer.
    if (std::find_if(text, end, [](char c) { return c == '.' || c == 'e'; }) == end) out += ".0";
}

template <class N> void append_integer(std::string& out, N v) {
    char text[24];
    out.append(text, std::to_chars(text, text + sizeof text, v).ptr);
}

/// For each byte: 0 as is, 'u' as \u00xx, else the letter after the backslash.
constexpr std::array<char, 256> escapes = [] {
    std::array<char, 256> table{};
    for (int i = 0; i < 0x20; ++i) table[i] = 'u';
    table['\b'] = 'b', table['\f'] = 'f', table['\n'] = 'n', table['\r'] = 'r', table['\t'] = 't';
    table['"'] = '"', table['\\'] = '\\';
    return table;
}();

/// Where the first byte is that belongs to no UTF-8 character. `text` is known to hold one.
std::size_t bad_utf8_at(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0x80 ? 2 : 1;
        if (!is_utf8(text.substr(i, length))) break;
        i += length;
    }
    return i;
}

[[noreturn]] void malformed(const std::string& problem, std::size_t position) {
    throw JsonError("invalid JSON at byte " + std::to_string(position) + ": " + problem);
}

void append_pretty(std::string& out, const Json& v, std::size_t indent) {
    if (v.size() == 0) return v.dump_to(out);
    const bool object = v.is_object();
    out += object ? '{' : '[';
    bool first = true;
    auto new_line = [&] {
        if (!first) out += ',';
        first = false;
        out.append(1, '\n').append(indent + 2, ' ');
    };
    if (object) {
        for (const auto& [name, value] : v.as_object()) {
            new_line();
            append_json_string(out, name);
            out += ": ";
            append_pretty(out, value, indent + 2);
        }
    } else {
        for (const auto& item : v.as_array()) {
            new_line();
            append_pretty(out, item, indent + 2);
        }
    }
    out.append(1, '\n').append(indent, ' ');
    out += object ? '}' : ']';
}

} // namespace

Json::Json(const std::vector<std::string>& v) : value_(Array(v.begin(), v.end())) {}

const char* Json::kind_name() const {
    static constexpr const char* names[] = {"null",   "boolean", "integer", "integer",
                                            "number", "string",  "array",   "object"};
    return names[value_.index()];
}

bool Json::as_bool() const {
    if (auto* v = std::get_if<bool>(&value_)) return *v;
    wrong_kind("boolean", *this);
}

std::int64_t Json::as_int() const {
    if (auto* v = std::get_if<std::int64_t>(&value_)) return *v;
    if (auto* v = std::get_if<std::uint64_t>(&value_))
        throw JsonError("integer " + std::to_string(*v) + " is too large");
    wrong_kind("integer", *this);
}

std::uint64_t Json::as_uint() const {
    if (auto* v = std::get_if<std::uint64_t>(&value_)) return *v;
    const std::int64_t v = as_int();
    if (v < 0) throw JsonError("integer " + std::to_string(v) + " is negative");
    return static_cast<std::uint64_t>(v);
}

double Json::as_double() const {
    if (auto* v = std::get_if<double>(&value_)) return *v;
    if (auto* v = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*v);
    if (auto* v = std::get_if<std::uint64_t>(&value_)) return static_cast<double>(*v);
    wrong_kind("number", *this);
}

const std::string& Json::as_string() const {
    if (auto* v = std::get_if<std::string>(&value_)) return *v;
    wrong_kind("string", *this);
}

const Json::Array& Json::as_array() const {
    if (auto* v = std::get_if<Array>(&value_)) return *v;
    wrong_kind("array", *this);
}

const Json::Object& Json::as_object() const {
    if (auto* v = std::get_if<Object>(&value_)) return *v;
    wrong_kind("object", *this);
}

Json::Array& Json::as_array() { return const_cast<Array&>(std::as_const(*this).as_array()); }

Json::Object& Json::as_object() { return const_cast<Object&>(std::as_const(*this).as_object()); }

const Json* Json::find(std::string_view key) const {
    if (auto* members = std::get_if<Object>(&value_))
        for (const auto& member : *members)
            if (member.first == key) return &member.second;
    return nullptr;
}

Json* Json::find(std::string_view key) { return const_cast<Json*>(std::as_const(*this).find(key)); }

const Json& Json::at(std::string_view key) const {
    if (auto* value = find(key)) return *value;
    if (!is_object()) wrong_kind("object", *this);
    throw JsonError("missing member " + quoted(key));
}

Json& Json::operator[](std::string_view key) {
    if (auto* value = find(key)) return *value;
    if (is_null()) value_.emplace<Object>();
    return as_object().emplace_back(std::string(key), Json()).second;
}

const Json& Json::get(std::string_view key) const {
    static const Json null;
    auto* value = find(key);
    return value ? *value : null;
}

std::string Json::text(std::string_view key, std::string_view fallback) const {
    auto* value = find(key);
    return value && value->is_string() ? value->as_string() : std::string(fallback);
}

std::int64_t Json::integer(std::string_view key, std::int64_t fallback) const {
    auto* value = find(key);
    auto* number = value ? std::get_if<std::int64_t>(&value->value_) : nullptr;
    return number ? *number : fallback;
}

bool Json::boolean(std::string_view key, bool fallback) const {
    auto* value = find(key);
    return value && value->is_bool() ? value->as_bool() : fallback;
}

bool Json::erase(std::string_view key) {
    auto* members = std::get_if<Object>(&value_);
    return members && std::erase_if(*members, [&](const Member& m) { return m.first == key; }) > 0;
}

void Json::push_back(Json item) {
    if (is_null()) value_.emplace<Array>();
    as_array().push_back(std::move(item));
}

std::size_t Json::size() const {
    if (auto* items = std::get_if<Array>(&value_)) return items->size();
    if (auto* members = std::get_if<Object>(&value_)) return members->size();
    return 0;
}

std::string Json::dump() const {
    std::string out;
    dump_to(out);
    return out;
}

void Json::dump_to(std::string& out) const {
    switch (value_.index()) {
    case 0:
        out += "null";
        break;
    case 1:
        out += *std::get_if<bool>(&value_) ? "true" : "false";
        break;
    case 2:
        append_integer(out, *std::get_if<std::int64_t>(&value_));
        break;
    case 3:
        append_integer(out, *std::get_if<std::uint64_t>(&value_));
        break;
    case 4:
        append_double(out, *std::get_if<double>(&value_));
        break;
    case 5:
        append_json_string(out, *std::get_if<std::string>(&value_));
        break;
    case 6: {
        char before = '[';
        for (const auto& item : *std::get_if<Array>(&value_)) {
            out += std::exchange(before, ',');
            item.dump_to(out);
        }
        out += before == '[' ? "[]" : "]";
        break;
    }
    default: {
        char before = '{';
        for (const auto& [name, value] : *std::get_if<Object>(&value_)) {
            out += std::exchange(before, ',');
            append_json_string(out, name);
            out += ':';
            value.dump_to(out);
        }
        out += before == '{' ? "{}" : "}";
    }
    }
}

std::string Json::pretty() const {
    std::string out;
    append_pretty(out, *this, 0);
    return out;
}

Json Json::parse(std::string_view text, int max_depth) {
    // Once here for the whole text costs less than the reader's check character by character.
    if (!is_utf8(text)) malformed("not UTF-8", bad_utf8_at(text));
    Builder builder(max_depth, text.find("\\u") != text.npos);
    rapidjson::MemoryStream stream(text.data(), text.size());
    rapidjson::Reader reader;
    auto outcome =
        reader.Parse<rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag |
                     rapidjson::kParseStopWhenDoneFlag>(stream, builder);
    if (outcome.IsError())
        malformed(builder.problem().empty() ? rapidjson::GetParseError_En(outcome.Code())
                                            : builder.problem(),
                  outcome.Offset());
    // The reader takes a NUL byte for the end, hence this check of our own.
    const auto trailing = text.find_first_not_of(" \t\r\n", stream.Tell());
    if (trailing != text.npos) malformed("text after the value", trailing);
    return builder.result();
}

bool operator==(const Json& a, const Json& b) {
    if (a.is_object() && b.is_object()) {
        if (a.size() != b.size()) return false;
        return std::all_of(a.as_object().begin(), a.as_object().end(), [&](const auto& member) {
            const Json* other = b.find(member.first);
            return other && member.second == *other;
        });
    }
    // Integers of both signs never overlap; an integer and a real are equal as numbers.
    if (a.is_number() && b.is_number() && a.value_.index() != b.value_.index())
        return (!a.is_integer() || !b.is_integer()) && a.as_double() == b.as_double();
    return a.value_ == b.value_;
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t done = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const char escape = escapes[byte];
        if (escape == 0) continue;
        out.append(text, done, i - done);
        done = i + 1;
        out += '\\';
        out += escape;
        if (escape != 'u') continue;
        out += "00";
        out += byte < 0x10 ? '0' : '1';
        out += "0123456789abcdef"[byte & 15];
    }
    out.append(text, done);
    out += '"';
}

void append_json_integer(std::string& out, std::int64_t value) { append_integer(out, value); }

} // namespace nephele
