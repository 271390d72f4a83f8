// SPDX-License-Identifier: Apache-2.0
// Column values of an OVSDB row (RFC 7047, 5.1) in one canonical form, so that two values are equal
// exactly when the database would call them equal: sets and maps are sorted, a scalar is a set of
// one.
#pragma once
#include "platform/json/json.h"

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace nephele::ovsdb {

/// The identifier of a stored row.
struct Uuid {
    std::string text;
    auto operator<=>(const Uuid&) const = default;
};
/// The name an insert in the same transaction gave its row ("uuid-name").
struct NamedUuid {
    std::string name;
    auto operator<=>(const NamedUuid&) const = default;
};

using Atom = std::variant<std::int64_t, double, bool, std::string, Uuid, NamedUuid>;
using StringMap = std::map<std::string, std::string>;

class Value {
  public:
    /// The empty set, which is also the empty optional.
    Value() = default;
    explicit Value(std::int64_t v) : items_{Atom(v)} {}
    explicit Value(int v) : items_{Atom(std::int64_t{v})} {}
    explicit Value(bool v) : items_{Atom(v)} {}
    explicit Value(std::string v) : items_{Atom(std::move(v))} {}
    explicit Value(const char* v) : Value(std::string(v)) {}
    explicit Value(Uuid v) : items_{Atom(std::move(v))} {}

    static Value set(std::vector<Atom> items);
    static Value strings(const std::vector<std::string>& items);
    static Value uuids(const std::vector<std::string>& items);
    static Value map(const StringMap& entries);
    static Value map(const std::map<std::string, std::int64_t>& entries);
    static Value map(std::vector<std::pair<Atom, Atom>> entries);
    template <class T> static Value optional(const std::optional<T>& v) {
        return v ? Value(*v) : Value();
    }

    bool empty() const { return items_.empty() && entries_.empty(); }
    bool is_map() const { return is_map_; }
    /// Sorted. Empty for maps.
    const std::vector<Atom>& items() const { return items_; }
    /// Sorted by key. Empty for sets.
    const std::vector<std::pair<Atom, Atom>>& entries() const { return entries_; }
    bool contains(const Atom& item) const;

    Json to_json() const;
    /// Throws JsonError on what RFC 7047 does not allow.
    static Value from_json(const Json& json);

    /// An empty map equals an empty set: the wire form of a value does not tell without a schema.
    friend bool operator==(const Value& a, const Value& b) {
        return a.items_ == b.items_ && a.entries_ == b.entries_;
    }

  private:
    std::vector<Atom> items_;
    std::vector<std::pair<Atom, Atom>> entries_;
    bool is_map_ = false;
};

Json atom_json(const Atom& atom);

/// One row as far as it is monitored. Getters answer the column's default (empty, 0, false) when
/// the column is absent or empty; they do not convert between types.
class Row {
  public:
    std::map<std::string, Value, std::less<>> columns;

    const Value& value(std::string_view column) const;
    std::string text(std::string_view column) const;
    std::int64_t integer(std::string_view column) const;
    std::optional<bool> boolean(std::string_view column) const;
    std::vector<std::string> strings(std::string_view column) const;
    /// The rows a reference column points to.
    std::vector<std::string> uuids(std::string_view column) const;
    /// Entries of a string-to-string map.
    StringMap map(std::string_view column) const;
    /// One entry of a string-to-string map.
    std::optional<std::string> entry(std::string_view column, std::string_view key) const;
    bool holds(std::string_view column, const std::string& uuid) const;

    friend bool operator==(const Row&, const Row&) = default;
};
using RowPointer = std::shared_ptr<const Row>;
using Table = std::unordered_map<std::string, RowPointer>; ///< by row uuid

} // namespace nephele::ovsdb
