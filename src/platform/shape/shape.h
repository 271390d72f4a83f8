// SPDX-License-Identifier: Apache-2.0
// A shape describes a record once: JSON name, member, column, rules, versions, visibility. Reading,
// strict validation, filtering, sorting, storing, writing, the journal image and the API document
// come from it. Templates only record name, offset and codec; one compiled engine does the work.
#pragma once
#include "base/time.h"
#include "platform/db/db.h"
#include "platform/fault/fault.h"
#include "platform/json/json.h"

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::shape {

/// An API version (major.minor) as in microversions.
struct Version {
    int major = 0;
    int minor = 0;
    auto operator<=>(const Version&) const = default;
    std::string text() const;
    static std::optional<Version> parse(std::string_view text);
};

enum class FieldType { boolean, integer, real, text, time, list, object, free };
/// As JSON schema names it: "boolean", "integer", "number", "string", "array", "object".
const char* schema_type(FieldType type);

struct FieldInfo;
struct Reading;
struct View;
class ShapeBase;

/// How one member type is read, written and stored. One static table for each type.
struct Codec {
    FieldType type;
    bool optional;
    Json (*to_json)(const void* member, const FieldInfo&, const View&);
    void (*from_json)(void* member, const Json&, const FieldInfo&, Reading&,
                      const std::string& where);
    db::Value (*to_db)(const void* member);
    void (*from_db)(void* member, const db::Row&, int column);
    /// Shape of nested objects or list items, when they have one.
    const ShapeBase* (*nested)();
    /// Names of an enum, else null.
    std::vector<std::string> (*names)();
    /// The text that to_json() gives, without the value in between; null: there is no shorter way.
    void (*append)(std::string& out, const void* member, const FieldInfo&, const View&) = nullptr;
};

struct FieldInfo {
    std::string name;
    std::string column; ///< empty: not stored
    std::string label;  ///< "\"name\":" as it stands in a view's text
    std::size_t offset = 0;
    const Codec* codec = nullptr; ///< null: computed
    std::function<Json(const void* record, const View&)> computed;
    /// Or computed as text.
    std::function<void(std::string& out, const void* record, const View&)> written;

    bool required = false;    ///< must be in the body on create
    bool read_only = false;   ///< never accepted from a body
    bool create_only = false; ///< accepted on create, not on update
    bool nullable =
        false;           ///< null accepted although the member is not optional (keeps the default)
    bool hidden = false; ///< stored and journaled, never written to a client
    bool secret = false; ///< stored only: neither views nor the journal show it
    bool brief = false;  ///< part of the short list view
    bool omit_null = false;     ///< left out of views when null
    bool shown_as_text = false; ///< a number that clients are shown as a string
    bool not_blank = false;     ///< not empty and not only white space
    bool filterable = true, sortable = true;
    std::optional<std::int64_t> max_length, min_length, max_items, at_least, at_most;
    std::vector<std::string> one_of;
    bool (*format)(std::string_view) = nullptr;
    std::string format_name;
    std::optional<Version> since, until; ///< first and last version in which the field exists
    std::string view_policy;             ///< shown only where this rule allows
    std::string write_policy;            ///< accepted only where this rule allows, else 403
    int time_decimals = 0;
    std::string time_suffix = "Z";
    std::string help;
};

/// One rule of a field. Made by the functions below.
struct Rule {
    std::function<void(FieldInfo&)> apply;
};
extern const Rule required, read_only, create_only, nullable, hidden, secret, brief, omit_null,
    not_blank, shown_as_text, not_stored, not_filterable, not_sortable;
Rule max_length(std::int64_t n); ///< code points
Rule min_length(std::int64_t n);
Rule max_items(std::int64_t n);
Rule at_least(std::int64_t n);
Rule at_most(std::int64_t n);
Rule between(std::int64_t low, std::int64_t high);
Rule one_of(std::vector<std::string> texts);
Rule since(int major, int minor);
Rule until(int major, int minor);
Rule column(std::string name);
Rule shown_if(std::string policy_rule);
Rule settable_if(std::string policy_rule);
Rule time_format(int decimals, std::string suffix);
Rule help(std::string text);
Rule text_format(std::string name, bool (*check)(std::string_view));
extern const Rule uuid; ///< with or without dashes
extern const Rule ip_address, ipv4_address, ipv6_address, cidr, mac_address, url, hostname;

/// What a client is shown.
struct View {
    Version version;
    std::string base_url; ///< of the service's root, no trailing slash
    bool brief = false;
    const std::vector<std::string>* only = nullptr; ///< fields= of the request
    /// Decides view_policy for a record; null: everything is shown (internal use).
    std::function<bool(const std::string& rule, const void* record)> allowed;
};

/// Reading a body: what may be given, and afterwards what was.
struct Reading {
    enum class Mode { create, update };
    Mode mode = Mode::create;
    Version version;
    bool lenient = false; ///< "1" for 1, "true"/1 for true, as most of upstream accepts
    bool ignore_unknown = false;
    std::function<bool(const std::string& rule)> allowed; ///< null: everything
    std::vector<std::string> given;                       ///< names present in the body, top level
    bool has(std::string_view name) const;
};

class ShapeBase {
  public:
    /// "volume": the wrapper key in bodies; empty for bare bodies.
    const std::string& name() const { return name_; }
    /// "volumes": the wrapper key of lists.
    const std::string& plural() const { return plural_; }
    const std::vector<FieldInfo>& fields() const { return fields_; }
    const FieldInfo* field_named(std::string_view name) const;
    /// Accepts unknown string members and keeps them in this free-form member (keystone's extras,
    /// glance's properties); null when unknown members are errors.
    const FieldInfo* extras() const { return extras_ ? field_named(*extras_) : nullptr; }

    /// Throws Failure(bad_request, "InvalidInput") naming the field; writes into `record` only
    /// fields given, so that members keep their defaults (create) or stored values (update).
    void read(const Json& body, void* record, Reading& reading,
              const std::string& where = "") const;
    Json write(const void* record, const View& view) const;
    /// The same as text at the end of `out`.
    void append(std::string& out, const void* record, const View& view) const;
    /// All stored fields but secrets: the journal's image and saved state.
    Json image(const void* record) const;
    void from_image(const Json& image, void* record) const;

  protected:
    ShapeBase(std::string name, std::string plural);
    FieldInfo& add(std::string name, std::size_t offset, const Codec* codec,
                   std::initializer_list<Rule> rules);
    std::string name_, plural_;
    std::vector<FieldInfo> fields_;
    /// Names without rules, for values that were valid when they were stored.
    std::vector<FieldInfo> plain_;
    std::optional<std::string> extras_;
};

template <class M> const Codec* codec_for();

/// Usage: `static const Shape<Volume>& shape()` in the record, returning a function-local static.
template <class T> class Shape : public ShapeBase {
  public:
    explicit Shape(std::string name = "", std::string plural = "")
        : ShapeBase(std::move(name), std::move(plural)) {}

    template <class M>
    Shape& field(std::string name, M T::*member, std::initializer_list<Rule> rules = {}) {
        add(std::move(name), offset_of(member), codec_for<M>(), rules);
        return *this;
    }
    /// A view-only field. `write` sees the record and the view.
    Shape& computed(std::string name, Json (*write)(const T&, const View&),
                    std::initializer_list<Rule> rules = {}) {
        FieldInfo& info = add(std::move(name), 0, nullptr, rules);
        info.column.clear();
        info.read_only = true;
        info.computed = [write](const void* record, const View& view) {
            return write(*static_cast<const T*>(record), view);
        };
        return *this;
    }
    /// The same for long lists: `write` appends the value as JSON text.
    Shape& computed(std::string name, void (*write)(std::string& out, const T&, const View&),
                    std::initializer_list<Rule> rules = {}) {
        computed(std::move(name), static_cast<Json (*)(const T&, const View&)>(nullptr), rules);
        fields_.back().computed = nullptr;
        fields_.back().written = [write](std::string& out, const void* record, const View& view) {
            write(out, *static_cast<const T*>(record), view);
        };
        return *this;
    }
    /// Unknown members go to this Json object member and come back at top level.
    Shape& extras(std::string name, Json T::*member, std::initializer_list<Rule> rules = {}) {
        extras_ = name;
        return field(std::move(name), member, rules);
    }

    T parse(const Json& body, Reading& reading, const std::string& where = "") const {
        T record{};
        ShapeBase::read(body, &record, reading, where);
        return record;
    }

  private:
    template <class M> static std::size_t offset_of(M T::*member) {
        alignas(T) static char storage[sizeof(T)];
        auto* record = reinterpret_cast<T*>(storage);
        return static_cast<std::size_t>(reinterpret_cast<char*>(&(record->*member)) - storage);
    }
};

// ---- checks used by the format rules, also useful to logic ----
bool is_ipv4(std::string_view text);
bool is_ipv6(std::string_view text);
bool is_cidr(std::string_view text); ///< either family, host bits allowed
bool is_mac(std::string_view text);
bool is_hostname(std::string_view text);

/// "Invalid input for field/attribute {where}. Value: {value}. {why}"
Failure invalid_input(const std::string& where, const Json& value, const std::string& why);

} // namespace nephele::shape

#include "platform/shape/codec.h"
