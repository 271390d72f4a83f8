// SPDX-License-Identifier: Apache-2.0
#include "services/glance/logic/listing.h"

#include "base/strings.h"

#include <algorithm>
#include <utility>

namespace nephele::glance::logic {
namespace {
bool one_of(std::initializer_list<const char*> all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

Failure refused(const std::string& why) { return bad_request("InvalidInput", why); }

// {"gt", "2026..."} of "gt:2026..."; the operator is empty when there is none.
std::pair<std::string, std::string> split_operator(const std::string& value) {
    auto colon = value.find(':');
    std::string word = value.substr(0, colon);
    if (colon != std::string::npos && one_of({"gt", "gte", "lt", "lte", "eq", "neq", "in"}, word))
        return {word, value.substr(colon + 1)};
    return {"", value};
}

void read_time_filter(Filter& filter, std::vector<Filter>& out) {
    static const std::pair<const char*, Filter::Op> operators[] = {
        {"", Filter::Op::eq},   {"eq", Filter::Op::eq},  {"neq", Filter::Op::ne},
        {"gt", Filter::Op::gt}, {"gte", Filter::Op::ge}, {"lt", Filter::Op::lt},
        {"lte", Filter::Op::le}};
    for (auto& value : filter.values) {
        auto [word, time] = split_operator(value);
        bool known = false;
        for (auto& [name, op] : operators)
            if (word == name) {
                out.push_back({filter.field, op, {time}});
                known = true;
            }
        if (!known)
            throw refused(
                format("Unable to filter by {}: unknown operator '{}'.", filter.field, word));
        if (!parse_time(time))
            throw refused(format("Unable to filter by {}: '{}' is no time in ISO 8601.",
                                 filter.field, time.substr(0, 100)));
    }
}

void read_in_filter(Filter& filter) {
    std::vector<std::string> values;
    for (auto& value : filter.values) {
        auto [word, rest] = split_operator(value);
        if (word.empty())
            values.push_back(value);
        else if (word == "in" || word == "eq")
            for (auto& one : word == "in" ? split_quoted(rest) : std::vector<std::string>{rest})
                values.push_back(one);
        else
            throw refused(format("Unable to filter by {}: the operator '{}' is not for it.",
                                 filter.field, word));
    }
    filter.op = Filter::Op::in;
    filter.values = std::move(values);
}

std::optional<std::int64_t> take_size(Page& page, const char* name) {
    auto text = page.take(name);
    if (!text) return std::nullopt;
    auto number = to_int(*text);
    if (!number || *number < 0)
        throw refused(format("Unable to filter by {}: '{}' is not an integer of 0 or more.", name,
                             text->substr(0, 100)));
    return number;
}

std::string read_visibility(const Filter& filter) {
    const std::string& value = filter.values.back();
    if (value != "all" && !enum_of_text<Visibility>(value))
        throw refused(format("Invalid visibility value: {}", value.substr(0, 100)));
    return value;
}
} // namespace

std::vector<std::string> split_quoted(const std::string& text) {
    std::vector<std::string> out(1);
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && quoted && i + 1 < text.size())
            out.back() += text[++i];
        else if (text[i] == '"')
            quoted = !quoted;
        else if (text[i] == ',' && !quoted)
            out.emplace_back();
        else
            out.back() += text[i];
    }
    if (quoted) throw refused("Invalid filter value: a quotation mark is not closed.");
    return out;
}

Search read_search(Page& page) {
    Search search;
    std::vector<Filter> filters;
    bool hidden_given = false;
    for (auto& filter : page.filters) {
        hidden_given = hidden_given || filter.field == "os_hidden";
        if (filter.field == "visibility") {
            search.visibility = read_visibility(filter);
        } else if (filter.field == "created_at" || filter.field == "updated_at") {
            read_time_filter(filter, filters);
        } else {
            if (one_of({"id", "name", "status", "container_format", "disk_format"}, filter.field))
                read_in_filter(filter);
            filters.push_back(std::move(filter));
        }
    }
    if (!hidden_given) filters.push_back({"os_hidden", Filter::Op::eq, {"false"}});
    page.filters = std::move(filters);
    search.size_min = take_size(page, "size_min");
    search.size_max = take_size(page, "size_max");
    search.tags = page.take_all("tag");
    if (auto status = page.take("member_status")) {
        if (*status != "all" && !one_of({"accepted", "pending", "rejected"}, *status))
            throw refused(format("Invalid status: {}", status->substr(0, 100)));
        search.member_status = *status;
    }
    for (auto& property : page.extra) search.properties.push_back(property);
    page.extra.clear();
    return search;
}

} // namespace nephele::glance::logic
