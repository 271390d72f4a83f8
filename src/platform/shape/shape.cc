// SPDX-License-Identifier: Apache-2.0
// The engine behind shapes: reading with validation, writing views, storage images.
#include "platform/shape/shape.h"

#include "base/ids.h"
#include "base/strings.h"

namespace nephele::shape {
namespace {
std::string shorten(std::string text) {
    if (text.size() > 100) text = text.substr(0, 100) + "...";
    return is_utf8(text) ? text : "(text)";
}

std::string joined(const std::string& where, const std::string& name) {
    return where.empty() ? name : where + "." + name;
}

void check_text(const std::string& text, const FieldInfo& f, const std::string& where) {
    auto length = static_cast<std::int64_t>(utf8_length(text));
    if (f.max_length && length > *f.max_length)
        throw invalid_input(where, text,
                            nephele::format("'{}' is too long: {} characters, the limit is {}",
                                            shorten(text), length, *f.max_length));
    if (f.min_length && length < *f.min_length)
        throw invalid_input(
            where, text,
            nephele::format("'{}' is too short: at least {} characters", text, *f.min_length));
    if (f.not_blank && trim(text).empty()) throw invalid_input(where, text, "it must not be blank");
    if (text.find('\0') != std::string::npos)
        throw invalid_input(where, "", "it holds a NUL character");
    if (!f.one_of.empty() && std::find(f.one_of.begin(), f.one_of.end(), text) == f.one_of.end())
        throw invalid_input(
            where, text,
            nephele::format("'{}' is not one of [{}]", shorten(text), join(f.one_of, ", ")));
    if (f.format && !f.format(text))
        throw invalid_input(where, text,
                            nephele::format("'{}' is not a {}", shorten(text), f.format_name));
}

void check_number(std::int64_t value, const FieldInfo& f, const std::string& where) {
    if (f.at_least && value < *f.at_least)
        throw invalid_input(
            where, value, nephele::format("{} is less than the minimum of {}", value, *f.at_least));
    if (f.at_most && value > *f.at_most)
        throw invalid_input(
            where, value,
            nephele::format("{} is greater than the maximum of {}", value, *f.at_most));
}

bool known_in(const FieldInfo& f, Version version) {
    return (!f.since || version >= *f.since) && (!f.until || version <= *f.until);
}

// Top-level keys that a shape with extras keeps: anything that is not a declared field.
void keep_extra(const FieldInfo& extras, void* record, const Json::Member& member,
                const std::string& where) {
    if (member.first.size() > 255)
        throw invalid_input(where, shorten(member.first), "the name is longer than 255 characters");
    auto& kept = *reinterpret_cast<Json*>(static_cast<char*>(record) + extras.offset);
    kept[member.first] = member.second;
}
} // namespace

const char* schema_type(FieldType type) {
    switch (type) {
    case FieldType::boolean:
        return "boolean";
    case FieldType::integer:
        return "integer";
    case FieldType::real:
        return "number";
    case FieldType::list:
        return "array";
    case FieldType::object:
    case FieldType::free:
        return "object";
    default:
        return "string";
    }
}

std::string Version::text() const { return std::to_string(major) + "." + std::to_string(minor); }

std::optional<Version> Version::parse(std::string_view text) {
    auto parts = split(text, '.');
    if (parts.size() != 2) return std::nullopt;
    auto major = to_int(parts[0]), minor = to_int(parts[1]);
    if (!major || !minor || *major < 0 || *minor < 0 || *major > 1000 || *minor > 100000)
        return std::nullopt;
    return Version{static_cast<int>(*major), static_cast<int>(*minor)};
}

Failure invalid_input(const std::string& where, const Json& value, const std::string& why) {
    return Failure(Fault::bad_request, "InvalidInput",
                   nephele::format("Invalid input for field/attribute {}. Value: {}. {}",
                                   where.empty() ? "body" : where, shorten(value.dump()), why))
        .with("field", where);
}

bool Reading::has(std::string_view name) const {
    return std::find(given.begin(), given.end(), name) != given.end();
}

ShapeBase::ShapeBase(std::string name, std::string plural)
    : name_(std::move(name)), plural_(std::move(plural)) {}

FieldInfo& ShapeBase::add(std::string name, std::size_t offset, const Codec* codec,
                          std::initializer_list<Rule> rules) {
    FieldInfo& info = fields_.emplace_back();
    info.name = std::move(name);
    info.column = info.name;
    for (char& c : info.column)
        if (c == ':' || c == '-' || c == '.') c = '_';
    info.offset = offset;
    info.codec = codec;
    append_json_string(info.label, info.name);
    info.label += ':';
    plain_.emplace_back().name = info.name;
    for (auto& rule : rules) rule.apply(info);
    return info;
}

const FieldInfo* ShapeBase::field_named(std::string_view name) const {
    for (auto& field : fields_)
        if (field.name == name) return &field;
    return nullptr;
}

void ShapeBase::read(const Json& body, void* record, Reading& reading,
                     const std::string& where) const {
    if (!body.is_object())
        throw invalid_input(where.empty() ? name_ : where, body,
                            nephele::format("{} is not of type 'object'", body.kind_name()));
    const FieldInfo* rest = extras();
    for (auto& member : body.as_object()) {
        const FieldInfo* f = field_named(member.first);
        std::string at = joined(where, member.first);
        bool unknown = !f || f == rest || f->hidden || f->secret || !known_in(*f, reading.version);
        // A secret or hidden field may still be writable (passwords): read_only tells.
        if (f && f != rest && known_in(*f, reading.version) && !f->read_only) unknown = false;
        if (unknown && rest && !f) {
            keep_extra(*rest, record, member, at);
            continue;
        }
        if (unknown) {
            if (reading.ignore_unknown) continue;
            throw Failure(Fault::bad_request, "InvalidInput",
                          nephele::format("Unrecognized attribute(s) '{}': not in the API for {}{}",
                                          shorten(at), name_.empty() ? "this request" : name_,
                                          f ? " in version " + reading.version.text() : ""))
                .with("field", at);
        }
        bool updating = reading.mode == Reading::Mode::update;
        if (f->read_only || (updating && f->create_only)) {
            if (reading.ignore_unknown) continue;
            throw Failure(Fault::bad_request, "InvalidInput",
                          nephele::format("Attribute '{}' not allowed in {}", at,
                                          updating ? "an update" : "a create"))
                .with("field", at);
        }
        if (!f->write_policy.empty() && reading.allowed && !reading.allowed(f->write_policy))
            throw Failure(Fault::forbidden, "PolicyNotAuthorized",
                          nephele::format("rule:{} is disallowed by policy: '{}' may not be set",
                                          f->write_policy, at))
                .with("rule", f->write_policy);
        if (where.empty()) reading.given.push_back(member.first);
        if (member.second.is_null() && f->nullable && !f->codec->optional) continue;
        f->codec->from_json(static_cast<char*>(record) + f->offset, member.second, *f, reading, at);
    }
    if (reading.mode == Reading::Mode::update) return;
    for (auto& f : fields_)
        if (f.required && known_in(f, reading.version) && !body.has(f.name))
            throw Failure(
                Fault::bad_request, "InvalidInput",
                nephele::format("Invalid input for field/attribute {}. '{}' is a required "
                                "property",
                                where.empty() ? (name_.empty() ? "body" : name_) : where, f.name))
                .with("field", joined(where, f.name));
}

namespace {
bool names_it(const std::vector<std::string>* only, const std::string& name) {
    return !only || std::find(only->begin(), only->end(), name) != only->end();
}

bool is_shown(const FieldInfo& f, const void* record, const View& view) {
    if (f.hidden || f.secret || !known_in(f, view.version)) return false;
    if (view.brief && !f.brief) return false;
    return names_it(view.only, f.name) &&
           (f.view_policy.empty() || !view.allowed || view.allowed(f.view_policy, record));
}

const void* member_of(const void* record, const FieldInfo& f) {
    return static_cast<const char*>(record) + f.offset;
}

Json value_of(const FieldInfo& f, const void* record, const View& view) {
    if (f.written) {
        std::string text;
        f.written(text, record, view);
        return Json::parse(text);
    }
    Json value =
        f.codec ? f.codec->to_json(member_of(record, f), f, view) : f.computed(record, view);
    if (f.shown_as_text && value.is_number()) value = value.dump();
    return value;
}

// Calls f(name, value) for what a record has beside its declared fields.
template <class F>
void each_extra(const FieldInfo* rest, const void* record, const View& view, F&& f) {
    if (!rest || view.brief) return;
    auto& kept = *static_cast<const Json*>(member_of(record, *rest));
    if (!kept.is_object()) return;
    for (auto& member : kept.as_object())
        if (names_it(view.only, member.first)) f(member);
}
} // namespace

Json ShapeBase::write(const void* record, const View& view) const {
    Json::Object out;
    const FieldInfo* rest = extras();
    for (auto& f : fields_) {
        if (&f == rest || !is_shown(f, record, view)) continue;
        Json value = value_of(f, record, view);
        if (!f.omit_null || !value.is_null()) out.emplace_back(f.name, std::move(value));
    }
    each_extra(rest, record, view, [&](const Json::Member& member) { out.push_back(member); });
    return Json(std::move(out));
}

void ShapeBase::append(std::string& out, const void* record, const View& view) const {
    const FieldInfo* rest = extras();
    char before = '{';
    for (auto& f : fields_) {
        if (&f == rest || !is_shown(f, record, view)) continue;
        const std::size_t start = out.size();
        out += before;
        out += f.label;
        const std::size_t value = out.size();
        if (f.codec && f.codec->append && !f.shown_as_text)
            f.codec->append(out, member_of(record, f), f, view);
        else if (f.written)
            f.written(out, record, view);
        else
            value_of(f, record, view).dump_to(out);
        if (f.omit_null && std::string_view(out).substr(value) == "null")
            out.resize(start);
        else
            before = ',';
    }
    each_extra(rest, record, view, [&](const Json::Member& member) {
        out += before;
        before = ',';
        append_json_string(out, member.first);
        out += ':';
        member.second.dump_to(out);
    });
    out += before == '{' ? "{}" : "}";
}

Json ShapeBase::image(const void* record) const {
    Json::Object out;
    for (auto& f : fields_)
        if (f.codec && !f.column.empty() && !f.secret)
            out.emplace_back(f.name,
                             f.codec->to_json(member_of(record, f), f, detail::storage_view()));
    return Json(std::move(out));
}

void ShapeBase::from_image(const Json& image, void* record) const {
    Reading reading;
    reading.version = {1000, 0};
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        const FieldInfo& f = fields_[i];
        if (!f.codec || f.column.empty()) continue;
        const Json* value = image.find(f.name);
        if (!value || (value->is_null() && !f.codec->optional)) continue;
        // Stored values were valid when they were written: rules are not applied again.
        f.codec->from_json(static_cast<char*>(record) + f.offset, *value, plain_[i], reading,
                           f.name);
    }
}

// ---- codecs of the plain types ----
namespace detail {
namespace {
template <class M> M& at(void* member) { return *static_cast<M*>(member); }
template <class M> const M& at(const void* member) { return *static_cast<const M*>(member); }

[[noreturn]] void wrong_type(const Json& v, const std::string& where, const char* wanted) {
    throw invalid_input(where, v,
                        nephele::format("{} is not of type '{}'", shorten(v.dump()), wanted));
}

bool bool_in(const Json& v, Reading& r, const std::string& where) {
    if (v.is_bool()) return v.as_bool();
    if (r.lenient) {
        std::string text = v.is_string() ? lower(v.as_string()) : v.dump();
        for (auto yes : {"true", "1", "yes", "on", "t", "y"})
            if (text == yes) return true;
        for (auto no : {"false", "0", "no", "off", "f", "n"})
            if (text == no) return false;
    }
    wrong_type(v, where, "boolean");
}

std::int64_t int_in(const Json& v, const FieldInfo& f, Reading& r, const std::string& where) {
    std::int64_t number = 0;
    if (v.is_integer()) {
        if (v.as_double() > 9.3e18 || v.as_double() < -9.3e18) wrong_type(v, where, "integer");
        try {
            number = v.as_int();
        } catch (const JsonError&) {
            wrong_type(v, where, "integer");
        }
    } else if (v.is_string() && r.lenient && to_int(v.as_string())) {
        number = *to_int(v.as_string());
    } else {
        wrong_type(v, where, "integer");
    }
    check_number(number, f, where);
    return number;
}

double real_in(const Json& v, const FieldInfo& f, Reading& r, const std::string& where) {
    double number = 0;
    if (v.is_number())
        number = v.as_double();
    else if (v.is_string() && r.lenient && to_double(v.as_string()))
        number = *to_double(v.as_string());
    else
        wrong_type(v, where, "number");
    if (f.at_least && number < static_cast<double>(*f.at_least))
        throw invalid_input(where, v, nephele::format("less than the minimum of {}", *f.at_least));
    if (f.at_most && number > static_cast<double>(*f.at_most))
        throw invalid_input(where, v, nephele::format("more than the maximum of {}", *f.at_most));
    return number;
}

std::string text_in(const Json& v, const FieldInfo& f, Reading&, const std::string& where) {
    if (!v.is_string()) wrong_type(v, where, "string");
    check_text(v.as_string(), f, where);
    return v.as_string();
}

Time time_in(const Json& v, const FieldInfo&, Reading&, const std::string& where) {
    auto t = v.is_string() ? parse_time(v.as_string()) : std::nullopt;
    if (!t) throw invalid_input(where, v, "it is not a date-time in ISO 8601");
    return *t;
}

std::string time_text(Time t, const FieldInfo& f, const View& view) {
    if (&view == &storage_view()) return iso_time(t, 6);
    return iso_time(t, f.time_decimals, f.time_suffix);
}
Json time_out(Time t, const FieldInfo& f, const View& view) { return time_text(t, f, view); }

db::Value json_to_db(const Json& v) {
    if (v.is_null()) return std::monostate{};
    return v.dump();
}

// Most free-form columns are empty.
Json json_from_db(const db::Row& row, int column) {
    std::string_view text = row.text(column);
    if (row.is_null(column)) return Json();
    if (text == "{}") return Json::object();
    if (text == "[]") return Json::array();
    return Json::parse(text);
}
} // namespace

const View& storage_view() {
    static const View view;
    return view;
}

std::string enum_text(const Json& v, const FieldInfo& f, const std::string& where,
                      const std::vector<std::string>& names) {
    if (!v.is_string()) wrong_type(v, where, "string");
    auto& allowed = f.one_of.empty() ? names : f.one_of;
    if (std::find(allowed.begin(), allowed.end(), v.as_string()) == allowed.end())
        throw invalid_input(where, v,
                            nephele::format("'{}' is not one of [{}]", shorten(v.as_string()),
                                            join(allowed, ", ")));
    return v.as_string();
}

Json list_from_db(const db::Row& row, int column) {
    std::string_view text = row.text(column);
    if (text.empty() || text == "[]") return Json::array();
    return Json::parse(text);
}

const Json::Array& list_items(const Json& v, const FieldInfo& f, const std::string& where) {
    if (!v.is_array()) wrong_type(v, where, "array");
    if (f.max_items && static_cast<std::int64_t>(v.size()) > *f.max_items)
        throw invalid_input(where, "",
                            nephele::format("{} items, the limit is {}", v.size(), *f.max_items));
    return v.as_array();
}

std::string item_where(const std::string& where, std::size_t index) {
    return where + "." + std::to_string(index);
}

#define NEPHELE_CODEC(NAME, TYPE, CPP, READ, WRITE, APPEND, TO_DB, FROM_DB)                        \
    const Codec NAME{TYPE,                                                                         \
                     false,                                                                        \
                     [](const void* m, [[maybe_unused]] const FieldInfo& f,                        \
                        [[maybe_unused]] const View& view) -> Json {                               \
                         auto& v = at<CPP>(m);                                                     \
                         return WRITE;                                                             \
                     },                                                                            \
                     [](void* m, const Json& j, [[maybe_unused]] const FieldInfo& f,               \
                        [[maybe_unused]] Reading& r,                                               \
                        const std::string& where) { at<CPP>(m) = READ; },                          \
                     [](const void* m) -> db::Value {                                              \
                         auto& v = at<CPP>(m);                                                     \
                         return TO_DB;                                                             \
                     },                                                                            \
                     [](void* m, const db::Row& row, int c) { at<CPP>(m) = FROM_DB; },             \
                     nullptr,                                                                      \
                     nullptr,                                                                      \
                     [](std::string& out, const void* m, [[maybe_unused]] const FieldInfo& f,      \
                        [[maybe_unused]] const View& view) {                                       \
                         auto& v = at<CPP>(m);                                                     \
                         APPEND;                                                                   \
                     }};                                                                           \
    static_assert(true)
#define NEPHELE_OPTIONAL_CODEC(NAME, TYPE, CPP, READ, WRITE, APPEND, TO_DB, FROM_DB)               \
    const Codec NAME{TYPE,                                                                         \
                     true,                                                                         \
                     [](const void* m, [[maybe_unused]] const FieldInfo& f,                        \
                        [[maybe_unused]] const View& view) -> Json {                               \
                         auto& o = at<std::optional<CPP>>(m);                                      \
                         if (!o) return Json();                                                    \
                         auto& v = *o;                                                             \
                         return WRITE;                                                             \
                     },                                                                            \
                     [](void* m, const Json& j, [[maybe_unused]] const FieldInfo& f,               \
                        [[maybe_unused]] Reading& r, const std::string& where) {                   \
                         if (j.is_null())                                                          \
                             at<std::optional<CPP>>(m).reset();                                    \
                         else                                                                      \
                             at<std::optional<CPP>>(m) = READ;                                     \
                     },                                                                            \
                     [](const void* m) -> db::Value {                                              \
                         auto& o = at<std::optional<CPP>>(m);                                      \
                         if (!o) return std::monostate{};                                          \
                         auto& v = *o;                                                             \
                         return TO_DB;                                                             \
                     },                                                                            \
                     [](void* m, const db::Row& row, int c) {                                      \
                         if (row.is_null(c))                                                       \
                             at<std::optional<CPP>>(m).reset();                                    \
                         else                                                                      \
                             at<std::optional<CPP>>(m) = FROM_DB;                                  \
                     },                                                                            \
                     nullptr,                                                                      \
                     nullptr,                                                                      \
                     [](std::string& out, const void* m, [[maybe_unused]] const FieldInfo& f,      \
                        [[maybe_unused]] const View& view) {                                       \
                         auto& o = at<std::optional<CPP>>(m);                                      \
                         if (!o) {                                                                 \
                             out += "null";                                                        \
                             return;                                                               \
                         }                                                                         \
                         auto& v = *o;                                                             \
                         APPEND;                                                                   \
                     }};                                                                           \
    static_assert(true)
#define NEPHELE_BOTH(NAME, TYPE, ...)                                                              \
    NEPHELE_CODEC(NAME##_codec, TYPE, __VA_ARGS__);                                                \
    NEPHELE_OPTIONAL_CODEC(optional_##NAME, TYPE, __VA_ARGS__)

NEPHELE_BOTH(bool, FieldType::boolean, bool, bool_in(j, r, where), Json(v),
             out += v ? "true" : "false", std::int64_t(v ? 1 : 0), row.boolean(c));
NEPHELE_BOTH(int64, FieldType::integer, std::int64_t, int_in(j, f, r, where), Json(v),
             append_json_integer(out, v), v, row.integer(c));
NEPHELE_BOTH(int, FieldType::integer, int, static_cast<int>(int_in(j, f, r, where)), Json(v),
             append_json_integer(out, v), std::int64_t(v), static_cast<int>(row.integer(c)));
NEPHELE_BOTH(double, FieldType::real, double, real_in(j, f, r, where), Json(v),
             Json(v).dump_to(out), v, row.real(c));
NEPHELE_BOTH(text, FieldType::text, std::string, text_in(j, f, r, where), Json(v),
             append_json_string(out, v), v, row.str(c));
NEPHELE_BOTH(time, FieldType::time, Time, time_in(j, f, r, where), time_out(v, f, view),
             append_json_string(out, time_text(v, f, view)), v.us, Time{row.integer(c)});
NEPHELE_CODEC(json_codec, FieldType::free, Json, ((void)where, j), v, v.dump_to(out), json_to_db(v),
              json_from_db(row, c));

namespace {
template <class Item> Json items_out(const std::vector<Item>& items) {
    Json::Array out;
    for (auto& item : items) out.emplace_back(item);
    return out;
}
void append_item(std::string& out, const std::string& item) { append_json_string(out, item); }
void append_item(std::string& out, std::int64_t item) { append_json_integer(out, item); }
template <class Item> void append_items(std::string& out, const std::vector<Item>& items) {
    out += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i) out += ',';
        append_item(out, items[i]);
    }
    out += ']';
}
std::vector<std::string> texts_in(const Json& j, const FieldInfo& f, Reading& r,
                                  const std::string& where) {
    std::vector<std::string> out;
    for (auto& item : list_items(j, f, where))
        out.push_back(text_in(item, f, r, item_where(where, out.size())));
    return out;
}
std::vector<std::int64_t> ints_in(const Json& j, const FieldInfo& f, Reading& r,
                                  const std::string& where) {
    std::vector<std::int64_t> out;
    for (auto& item : list_items(j, f, where))
        out.push_back(int_in(item, f, r, item_where(where, out.size())));
    return out;
}
std::vector<std::string> texts_from_db(const db::Row& row, int c) {
    std::vector<std::string> out;
    Json list = list_from_db(row, c);
    for (auto& item : list.as_array()) out.push_back(item.as_string());
    return out;
}
std::vector<std::int64_t> ints_from_db(const db::Row& row, int c) {
    std::vector<std::int64_t> out;
    Json list = list_from_db(row, c);
    for (auto& item : list.as_array()) out.push_back(item.as_int());
    return out;
}
} // namespace
NEPHELE_CODEC(texts_codec, FieldType::list, std::vector<std::string>, texts_in(j, f, r, where),
              items_out(v), append_items(out, v), items_out(v).dump(), texts_from_db(row, c));
NEPHELE_CODEC(ints_codec, FieldType::list, std::vector<std::int64_t>, ints_in(j, f, r, where),
              items_out(v), append_items(out, v), items_out(v).dump(), ints_from_db(row, c));

} // namespace detail
} // namespace nephele::shape
