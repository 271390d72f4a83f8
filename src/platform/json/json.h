// SPDX-License-Identifier: Apache-2.0
// The project's JSON value: small, ordered (members keep the order they were added in), exact for
// 64-bit integers of both signs. RapidJSON does the parsing inside json.cc and nowhere else.
#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace nephele {

/// Wrong kind, missing member or malformed text. The message says what and where.
class JsonError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

class Json {
  public:
    using Member = std::pair<std::string, Json>;
    using Array = std::vector<Json>;
    using Object = std::vector<Member>;

    Json() = default;
    Json(std::nullptr_t) {}
    template <std::same_as<bool> B> Json(B v) : value_(v) {}
    template <class N>
    requires(std::integral<N> && !std::same_as<N, bool> && std::is_signed_v<N>) Json(N v)
        : value_(static_cast<std::int64_t>(v)) {}
    template <class N>
    requires(std::integral<N> && !std::same_as<N, bool> && std::is_unsigned_v<N>) Json(N v)
        : value_(static_cast<std::uint64_t>(v)) {
        if (static_cast<std::uint64_t>(v) <= INT64_MAX) value_ = static_cast<std::int64_t>(v);
    }
    Json(double v) : value_(v) {}
    Json(const char* v) : value_(std::string(v)) {}
    Json(std::string v) : value_(std::move(v)) {}
    Json(std::string_view v) : value_(std::string(v)) {}
    Json(Array v) : value_(std::move(v)) {}
    Json(Object v) : value_(std::move(v)) {}
    template <class T> Json(const std::optional<T>& v) {
        if (v) *this = Json(*v);
    }
    Json(const std::vector<std::string>& v);

    /// `Json::object({{"id", id}, {"size", 3}})`
    static Json object(std::initializer_list<Member> members = {}) { return Json(Object(members)); }
    static Json array(std::initializer_list<Json> items = {}) { return Json(Array(items)); }

    bool is_null() const { return value_.index() == 0; }
    bool is_bool() const { return value_.index() == 1; }
    bool is_integer() const { return value_.index() == 2 || value_.index() == 3; }
    bool is_number() const { return is_integer() || value_.index() == 4; }
    bool is_string() const { return value_.index() == 5; }
    bool is_array() const { return value_.index() == 6; }
    bool is_object() const { return value_.index() == 7; }
    /// "null", "boolean", "integer", "number", "string", "array", "object"
    const char* kind_name() const;

    // Each throws JsonError when the value is of another kind (or does not fit).
    bool as_bool() const;
    std::int64_t as_int() const;
    std::uint64_t as_uint() const;
    double as_double() const;
    const std::string& as_string() const;
    const Array& as_array() const;
    const Object& as_object() const;
    Array& as_array();
    Object& as_object();

    /// Member of an object, or null pointer when absent or when this is no object.
    const Json* find(std::string_view key) const;
    Json* find(std::string_view key);
    bool has(std::string_view key) const { return find(key) != nullptr; }
    /// Member of an object; throws when absent.
    const Json& at(std::string_view key) const;
    /// Member, added as null when absent; a null value becomes an object first.
    Json& operator[](std::string_view key);
    /// Member or the shared null value.
    const Json& get(std::string_view key) const;
    /// Text of a string member, or the fallback when absent, null or not a string.
    std::string text(std::string_view key, std::string_view fallback = "") const;
    std::int64_t integer(std::string_view key, std::int64_t fallback = 0) const;
    bool boolean(std::string_view key, bool fallback = false) const;
    bool erase(std::string_view key);
    /// Appends; a null value becomes an array first.
    void push_back(Json item);
    /// Members or items; 0 for others.
    std::size_t size() const;

    std::string dump() const;
    void dump_to(std::string& out) const;
    std::string pretty() const;
    /// Throws JsonError with byte position. Rejects bad UTF-8, depth over `max_depth`, duplicate
    /// member names and trailing text.
    static Json parse(std::string_view text, int max_depth = 64);

    /// Objects are equal when they hold the same members in any order.
    friend bool operator==(const Json& a, const Json& b);

  private:
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array,
                 Object>
        value_;
};

/// Writes `text` as a JSON string literal, quotes included.
void append_json_string(std::string& out, std::string_view text);
void append_json_integer(std::string& out, std::int64_t value);

} // namespace nephele
