// SPDX-License-Identifier: Apache-2.0
// Options: declared with their defaults, then overridden by the file and by --set.
#include "platform/config/config.h"

#include "base/check.h"
#include "base/strings.h"
#include "platform/config/toml.h"
#include "platform/fault/fault.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace nephele {
namespace {

constexpr std::string_view set_origin = "--set";

[[noreturn]] void bad_config(const std::string& where, const std::string& problem) {
    throw bad_request("BadConfig", where + ": " + problem);
}

/// What people call the type of an option.
std::string type_name(const Json& fallback) {
    if (fallback.is_array()) return "list of strings";
    return fallback.kind_name() == std::string_view("number") ? "real" : fallback.kind_name();
}

bool is_list_of_strings(const Json& value) {
    return value.is_array() && std::all_of(value.as_array().begin(), value.as_array().end(),
                                           [](const Json& item) { return item.is_string(); });
}

/// The value as the option's type (an integer serves for a real), or a failure.
Json fitting(const Option& option, Json value, const std::string& where) {
    const Json& like = option.fallback;
    const bool fits = like.is_bool()      ? value.is_bool()
                      : like.is_integer() ? value.is_integer()
                      : like.is_number()  ? value.is_number()
                      : like.is_string()  ? value.is_string()
                                          : is_list_of_strings(value);
    if (!fits)
        bad_config(where, option.name + " must be " + (like.is_integer() ? "an " : "a ") +
                              type_name(like) + ", not " + toml_text(value));
    if (like.is_number() && !like.is_integer()) return Json(value.as_double());
    return value;
}

/// The number of letters to insert, delete or change to come from one to the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j)
            diagonal = std::exchange(
                row[j], std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])}));
    }
    return row[b.size()];
}

std::string section_of(std::string_view name) {
    const auto dot = name.find('.');
    return std::string(dot == name.npos ? "" : name.substr(0, dot));
}

std::string one_line(std::string text) { return replace_all(std::move(text), "\n", " "); }

} // namespace

void Config::declare(const std::vector<Option>& options) {
    for (const Option& option : options) {
        const Json& like = option.fallback;
        NEPHELE_CHECK(like.is_bool() || like.is_number() || like.is_string() ||
                      is_list_of_strings(like));
        auto place = std::lower_bound(
            entries_.begin(), entries_.end(), option.name,
            [](const Entry& e, const std::string& n) { return e.option.name < n; });
        NEPHELE_CHECK(place == entries_.end() || place->option.name != option.name);
        entries_.insert(place, Entry{option, option.fallback});
    }
}

void Config::load_text(std::string_view toml, const std::string& file_name) {
    for (TomlEntry& given : read_toml(toml, file_name)) {
        const std::string where = file_name + ":" + std::to_string(given.line);
        Entry& entry = mutable_entry(given.name, where);
        entry.value = fitting(entry.option, std::move(given.value), where);
        entry.given = true;
    }
}

void Config::load_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text;
    char block[4096];
    while (file.read(block, sizeof block) || file.gcount() > 0)
        text.append(block, static_cast<std::size_t>(file.gcount()));
    if (!file.eof()) bad_config(path, std::string("cannot be read: ") + std::strerror(errno));
    load_text(text, path);
}

void Config::set(std::string_view assignment) {
    const std::string where(set_origin);
    const auto equals = assignment.find('=');
    if (equals == assignment.npos)
        bad_config(where, "expected section.key=value, not " + std::string(assignment));
    const std::string_view value = trim(assignment.substr(equals + 1));
    Entry& entry = mutable_entry(trim(assignment.substr(0, equals)), where);
    const Json& like = entry.option.fallback;
    const bool bare = (like.is_string() && !value.starts_with('"') && !value.starts_with('\'')) ||
                      (like.is_array() && !value.starts_with('['));
    if (!bare)
        entry.value = fitting(entry.option, read_toml_value(value, where), where);
    else if (like.is_string())
        entry.value = value;
    else
        entry.value = value.empty() ? Json::array() : Json(split(value, ','));
    entry.given = true;
}

std::string Config::text(std::string_view name) const { return entry(name).value.as_string(); }

std::int64_t Config::integer(std::string_view name) const { return entry(name).value.as_int(); }

bool Config::boolean(std::string_view name) const { return entry(name).value.as_bool(); }

double Config::real(std::string_view name) const { return entry(name).value.as_double(); }

std::vector<std::string> Config::list(std::string_view name) const {
    std::vector<std::string> items;
    for (const Json& item : entry(name).value.as_array()) items.push_back(item.as_string());
    return items;
}

std::string Config::describe() const {
    // Options without a section come first: after a [section] line they would belong to it. The
    // stable sort also brings "a.x" and "a.y" together, which "a-b.x" separates in the order of
    // names.
    std::vector<const Entry*> ordered;
    for (const Entry& entry : entries_) ordered.push_back(&entry);
    std::stable_sort(ordered.begin(), ordered.end(), [](const Entry* a, const Entry* b) {
        return section_of(a->option.name) < section_of(b->option.name);
    });
    std::string out, section;
    for (const Entry* entry : ordered) {
        const Option& option = entry->option;
        const std::string home = section_of(option.name);
        if (!out.empty()) out += '\n';
        if (home != section) out += "[" + home + "]\n";
        section = home;
        out += "# " + one_line(option.help) + " (" + type_name(option.fallback) + ", default " +
               toml_text(option.fallback) + ")\n";
        // What nobody chose stays a comment: a file made from this text follows later defaults.
        out += (entry->given ? "" : "# ") + option.name.substr(home.empty() ? 0 : home.size() + 1) +
               " = " + toml_text(entry->value) + "\n";
    }
    return out;
}

const Config::Entry& Config::entry(std::string_view name) const {
    auto found =
        std::lower_bound(entries_.begin(), entries_.end(), name,
                         [](const Entry& e, std::string_view n) { return e.option.name < n; });
    NEPHELE_CHECK(found != entries_.end() && found->option.name == name); // asked before declared
    return *found;
}

Config::Entry& Config::mutable_entry(std::string_view name, const std::string& where) {
    const Entry* nearest = nullptr;
    std::size_t nearest_distance = 4; // more than three letters off is no slip
    for (Entry& entry : entries_) {
        const std::size_t far = distance(entry.option.name, name);
        if (far == 0) return entry;
        if (far < nearest_distance) nearest = &entry, nearest_distance = far;
    }
    bad_config(where, "unknown option " + std::string(name) +
                          (nearest ? "; did you mean " + nearest->option.name + "?"
                                   : "; `nephele config` lists all options"));
}

} // namespace nephele
