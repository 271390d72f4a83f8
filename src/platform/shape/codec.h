// SPDX-License-Identifier: Apache-2.0
// Codecs of the member types a shape may have: bool, integers, double, text, Time, Json (free
// form), enums with names, records with a shape, vectors of these, and optional of each.
#pragma once
#include "platform/shape/shape.h"

#include <concepts>
#include <type_traits>
#include <utility>

namespace nephele::shape {

/// An enum gets its texts from `const std::vector<std::pair<E, const char*>>& names_of(E)` found by
/// ADL.
template <class E>
concept NamedEnum = std::is_enum_v<E> && requires(E e) {
    names_of(e);
};
template <class T>
concept Shaped = requires {
    T::shape();
};

namespace detail {
extern const Codec bool_codec, int64_codec, int_codec, double_codec, text_codec, time_codec,
    json_codec, texts_codec, ints_codec;
extern const Codec optional_bool, optional_int64, optional_int, optional_double, optional_text,
    optional_time;

// Lists and nested records are stored as JSON text. The erased engine needs only these three.
std::string enum_text(const Json& value, const FieldInfo& field, const std::string& where,
                      const std::vector<std::string>& names);
Json list_from_db(const db::Row& row, int column);
const Json::Array& list_items(const Json& value, const FieldInfo& field, const std::string& where);
std::string item_where(const std::string& where, std::size_t index);
const View& storage_view();

template <NamedEnum E> std::string text_of_enum(E value) {
    for (auto& [candidate, name] : names_of(E{}))
        if (candidate == value) return name;
    return "";
}
template <NamedEnum E> std::optional<E> enum_of_text(std::string_view text) {
    for (auto& [candidate, name] : names_of(E{}))
        if (text == name) return candidate;
    return std::nullopt;
}

template <NamedEnum E, bool Optional> const Codec* enum_codec() {
    using Member = std::conditional_t<Optional, std::optional<E>, E>;
    static constexpr auto value = [](const void* m) -> std::string {
        if constexpr (Optional) {
            auto& v = *static_cast<const Member*>(m);
            return v ? text_of_enum(*v) : std::string();
        } else {
            return text_of_enum(*static_cast<const Member*>(m));
        }
    };
    static constexpr auto names = []() -> std::vector<std::string> {
        std::vector<std::string> out;
        for (auto& [candidate, name] : names_of(E{})) out.emplace_back(name);
        return out;
    };
    static const Codec codec{
        FieldType::text,
        Optional,
        [](const void* m, const FieldInfo&, const View&) -> Json {
            std::string text = value(m);
            return Optional && text.empty() ? Json() : Json(text);
        },
        [](void* m, const Json& json, const FieldInfo& f, Reading&, const std::string& where) {
            if (Optional && json.is_null()) {
                *static_cast<Member*>(m) = Member{};
                return;
            }
            *static_cast<Member*>(m) = *enum_of_text<E>(enum_text(json, f, where, names()));
        },
        [](const void* m) -> db::Value {
            std::string text = value(m);
            if (Optional && text.empty()) return std::monostate{};
            return text;
        },
        [](void* m, const db::Row& row, int column) {
            auto found = enum_of_text<E>(row.text(column));
            *static_cast<Member*>(m) = found ? Member{*found} : Member{};
        },
        nullptr,
        names,
        [](std::string& out, const void* m, const FieldInfo&, const View&) {
            std::string text = value(m);
            if (Optional && text.empty())
                out += "null";
            else
                append_json_string(out, text);
        }};
    return &codec;
}

template <class S, bool Optional> const Codec* record_codec() {
    using Member = std::conditional_t<Optional, std::optional<S>, S>;
    static constexpr auto get = [](const void* m) -> const S* {
        if constexpr (Optional) {
            auto& v = *static_cast<const Member*>(m);
            return v ? &*v : nullptr;
        } else {
            return static_cast<const S*>(m);
        }
    };
    static const Codec codec{
        FieldType::object,
        Optional,
        [](const void* m, const FieldInfo&, const View& view) -> Json {
            auto* record = get(m);
            if (!record) return Json();
            return &view == &storage_view() ? S::shape().image(record)
                                            : S::shape().write(record, view);
        },
        [](void* m, const Json& json, const FieldInfo&, Reading& reading,
           const std::string& where) {
            auto& member = *static_cast<Member*>(m);
            if (Optional && json.is_null()) {
                member = Member{};
                return;
            }
            Reading inner = reading;
            inner.mode = Reading::Mode::create;
            member = S::shape().parse(json, inner, where);
        },
        [](const void* m) -> db::Value {
            auto* record = get(m);
            if (!record) return std::monostate{};
            return S::shape().image(record).dump();
        },
        [](void* m, const db::Row& row, int column) {
            if (row.is_null(column)) {
                if (!Optional) *static_cast<Member*>(m) = Member{};
                return;
            }
            // Rows of a list often hold the same nested record.
            thread_local std::string last;
            thread_local S record{};
            if (std::string_view text = row.text(column); last != text) {
                last.clear();
                record = S{};
                S::shape().from_image(Json::parse(text), &record);
                last = text;
            }
            *static_cast<Member*>(m) = record;
        },
        [] { return static_cast<const ShapeBase*>(&S::shape()); },
        nullptr,
        [](std::string& out, const void* m, const FieldInfo&, const View& view) {
            if (auto* record = get(m))
                S::shape().append(out, record, view);
            else
                out += "null";
        }};
    return &codec;
}

template <class S> const Codec* records_codec() {
    using Member = std::vector<S>;
    static const Codec codec{
        FieldType::list,
        false,
        [](const void* m, const FieldInfo&, const View& view) -> Json {
            Json::Array out;
            for (auto& item : *static_cast<const Member*>(m))
                out.push_back(&view == &storage_view() ? S::shape().image(&item)
                                                       : S::shape().write(&item, view));
            return out;
        },
        [](void* m, const Json& json, const FieldInfo& f, Reading& reading,
           const std::string& where) {
            Member out;
            std::size_t index = 0;
            for (auto& item : list_items(json, f, where)) {
                Reading inner = reading;
                inner.mode = Reading::Mode::create;
                out.push_back(S::shape().parse(item, inner, item_where(where, index++)));
            }
            *static_cast<Member*>(m) = std::move(out);
        },
        [](const void* m) -> db::Value {
            Json::Array out;
            for (auto& item : *static_cast<const Member*>(m))
                out.push_back(S::shape().image(&item));
            return Json(std::move(out)).dump();
        },
        [](void* m, const db::Row& row, int column) {
            Member out;
            Json list = list_from_db(row, column);
            for (auto& item : list.as_array()) {
                S::shape().from_image(item, &out.emplace_back());
            }
            *static_cast<Member*>(m) = std::move(out);
        },
        [] { return static_cast<const ShapeBase*>(&S::shape()); },
        nullptr,
        [](std::string& out, const void* m, const FieldInfo&, const View& view) {
            char before = '[';
            for (auto& item : *static_cast<const Member*>(m)) {
                out += std::exchange(before, ',');
                S::shape().append(out, &item, view);
            }
            out += before == '[' ? "[]" : "]";
        }};
    return &codec;
}

template <class M> struct Pick;
template <> struct Pick<bool> {
    static const Codec* codec() { return &bool_codec; }
};
template <> struct Pick<std::int64_t> {
    static const Codec* codec() { return &int64_codec; }
};
template <> struct Pick<int> {
    static const Codec* codec() { return &int_codec; }
};
template <> struct Pick<double> {
    static const Codec* codec() { return &double_codec; }
};
template <> struct Pick<std::string> {
    static const Codec* codec() { return &text_codec; }
};
template <> struct Pick<Time> {
    static const Codec* codec() { return &time_codec; }
};
template <> struct Pick<Json> {
    static const Codec* codec() { return &json_codec; }
};
template <> struct Pick<std::vector<std::string>> {
    static const Codec* codec() { return &texts_codec; }
};
template <> struct Pick<std::vector<std::int64_t>> {
    static const Codec* codec() { return &ints_codec; }
};
template <> struct Pick<std::optional<bool>> {
    static const Codec* codec() { return &optional_bool; }
};
template <> struct Pick<std::optional<std::int64_t>> {
    static const Codec* codec() { return &optional_int64; }
};
template <> struct Pick<std::optional<int>> {
    static const Codec* codec() { return &optional_int; }
};
template <> struct Pick<std::optional<double>> {
    static const Codec* codec() { return &optional_double; }
};
template <> struct Pick<std::optional<std::string>> {
    static const Codec* codec() { return &optional_text; }
};
template <> struct Pick<std::optional<Time>> {
    static const Codec* codec() { return &optional_time; }
};
template <NamedEnum E> struct Pick<E> {
    static const Codec* codec() { return enum_codec<E, false>(); }
};
template <NamedEnum E> struct Pick<std::optional<E>> {
    static const Codec* codec() { return enum_codec<E, true>(); }
};
template <Shaped S> struct Pick<S> {
    static const Codec* codec() { return record_codec<S, false>(); }
};
template <Shaped S> struct Pick<std::optional<S>> {
    static const Codec* codec() { return record_codec<S, true>(); }
};
template <Shaped S> struct Pick<std::vector<S>> {
    static const Codec* codec() { return records_codec<S>(); }
};
} // namespace detail

template <class M> const Codec* codec_for() { return detail::Pick<M>::codec(); }

/// Text of a named enum and back; nothing for unknown text.
using detail::enum_of_text;
using detail::text_of_enum;

} // namespace nephele::shape
