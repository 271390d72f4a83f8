// SPDX-License-Identifier: Apache-2.0
#include "platform/api/query.h"

#include "base/strings.h"

namespace nephele::api {
namespace {
std::int64_t read_limit(const std::string& text, const Paging& paging) {
    auto limit = to_int(text);
    if (!limit || *limit < 0)
        throw bad_request(
            "InvalidInput",
            nephele::format("limit must be an integer of 0 or more, not '{}'", text.substr(0, 50)));
    // Upstream takes 0 as "as many as one answer may hold"; glance, nova and cinder as none at all.
    bool literal = paging.links == Paging::Links::glance || paging.links == Paging::Links::nova;
    if (*limit == 0 && !literal) return paging.max_limit;
    return std::min(*limit, paging.max_limit);
}

bool descending(const std::string& direction) {
    if (direction == "asc" || direction.empty()) return false;
    if (direction == "desc") return true;
    throw bad_request("InvalidInput", nephele::format("sort_dir is 'asc' or 'desc', not '{}'",
                                                      direction.substr(0, 50)));
}

// What a client may filter by.
bool is_filter(const FieldInfo* field) {
    return field && field->codec && !field->column.empty() && field->filterable && !field->secret &&
           !field->hidden && field->codec->type != FieldType::list &&
           field->codec->type != FieldType::object && field->codec->type != FieldType::free;
}

// "name__icontains" of keystone.
bool suffixed_filter(const std::string& key, const std::string& value, const ShapeBase& shape,
                     Page& page) {
    static const std::pair<const char*, Filter::Op> suffixes[] = {
        {"__contains", Filter::Op::contains},      {"__icontains", Filter::Op::icontains},
        {"__startswith", Filter::Op::like_prefix}, {"__istartswith", Filter::Op::like_prefix},
        {"__endswith", Filter::Op::like_suffix},   {"__iendswith", Filter::Op::like_suffix}};
    for (auto& [suffix, op] : suffixes) {
        auto at = key.rfind(suffix);
        if (at == std::string::npos || at + std::string_view(suffix).size() != key.size()) continue;
        auto* field = shape.field_named(key.substr(0, at));
        if (!is_filter(field) || field->codec->type != FieldType::text) return false;
        page.filters.push_back({field->name, op, {value}});
        return true;
    }
    return false;
}

bool listed(const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

std::string url_with(const Incoming& in, const std::string& marker, bool reverse) {
    std::string url = in.base_url + in.service_path;
    char glue = '?';
    for (auto& [key, value] : in.query) {
        if (key == "marker" || key == "page_reverse") continue;
        url += glue + percent_encode(key) + "=" + percent_encode(value);
        glue = '&';
    }
    if (!marker.empty()) {
        url += glue + std::string("marker=") + percent_encode(marker);
        glue = '&';
    }
    if (reverse) url += glue + std::string("page_reverse=True");
    return url;
}

std::string path_of(const std::string& url) {
    auto scheme = url.find("://");
    auto slash = scheme == std::string::npos ? std::string::npos : url.find('/', scheme + 3);
    return slash == std::string::npos ? "/" : url.substr(slash);
}
} // namespace

Page read_page(const Incoming& in, const ShapeBase* shape) {
    const Paging& paging = in.service.manners.paging;
    Page page;
    page.brief = in.route.options.brief;
    page.limit = paging.default_limit;
    std::vector<std::string> keys, directions;
    for (auto& [key, value] : in.query) {
        if (!is_utf8(key) || !is_utf8(value))
            throw bad_request("InvalidInput", "The query string is not valid UTF-8.");
        if (key == "limit") {
            page.limit = read_limit(value, paging);
        } else if (key == "marker") {
            page.marker = value;
        } else if (key == "sort_key") {
            keys.push_back(value);
        } else if (key == "sort_dir") {
            directions.push_back(value);
        } else if (key == "sort") {
            for (auto& part : split(value, ',')) {
                auto pieces = split(part, ':');
                page.sort.push_back({pieces[0], pieces.size() > 1 && descending(pieces[1])});
            }
        } else if (key == "page_reverse") {
            page.reverse = iequals(value, "true") || value == "1";
        } else if (key == "fields") {
            for (auto& field : split(value, ',')) page.fields.push_back(field);
        } else if (listed(paging.ignored, key)) {
            continue;
        } else if (auto* field = shape ? shape->field_named(key) : nullptr; is_filter(field)) {
            // Repeated means any of them.
            auto same =
                std::find_if(page.filters.begin(), page.filters.end(), [&](const Filter& f) {
                    return f.field == field->name && f.op == Filter::Op::eq;
                });
            if (same != page.filters.end())
                same->values.push_back(value);
            else
                page.filters.push_back({field->name, Filter::Op::eq, {value}});
        } else if (!shape || !suffixed_filter(key, value, *shape, page)) {
            page.extra.emplace(key, value);
        }
    }
    for (std::size_t i = 0; i < keys.size(); ++i)
        page.sort.push_back({keys[i], descending(i < directions.size() ? directions[i]
                                                 : directions.empty()  ? "asc"
                                                                       : directions.back())});
    if (page.sort.empty()) {
        page.sort = paging.default_sort;
        if (keys.empty() && !directions.empty())
            for (auto& sort : page.sort) sort.descending = descending(directions.front());
    }
    return page;
}

void refuse_leftovers(const Incoming& in, const Page& page) {
    if (!in.service.manners.paging.unknown_query_is_error || in.route.options.tolerant_query ||
        page.extra.empty())
        return;
    std::vector<std::string> names;
    for (auto& [key, value] : page.extra)
        if (!listed(names, key)) names.push_back(key.substr(0, 100));
    throw bad_request("InvalidInput",
                      nephele::format("{} is invalid attribute for filtering", join(names, ", ")));
}

Json paging_links(const Incoming& in, const Page& page, const Result& result) {
    Json out = Json::object();
    const std::string& wrap = result.wrap;
    bool paged = page.limit.has_value() && !result.last_key.empty();
    auto link = [](const char* rel, const std::string& url) {
        return Json::object({{"rel", rel}, {"href", url}});
    };
    switch (in.service.manners.paging.links) {
    case Paging::Links::none:
        break;
    case Paging::Links::nova:
        if (paged && result.more)
            out[wrap + "_links"] =
                Json::array({link("next", url_with(in, result.last_key, false))});
        break;
    case Paging::Links::neutron: {
        Json links = Json::array();
        // As upstream: a full page has a link onwards, and what is not a short page backwards has
        // one back, whether or not there is anything; an empty page's links name no marker.
        if (!page.limit || *page.limit >= in.service.manners.paging.max_limit) break;
        bool full = static_cast<std::int64_t>(result.count) >= *page.limit;
        if (full || page.reverse)
            links.push_back(link("next", url_with(in, result.last_key, false)));
        if (full || !page.reverse)
            links.push_back(link("previous", url_with(in, result.first_key, true)));
        if (links.size()) out[wrap + "_links"] = std::move(links);
        break;
    }
    case Paging::Links::keystone: {
        Json links = Json::object(
            {{"next", nullptr}, {"self", in.base_url + in.service_path}, {"previous", nullptr}});
        if (paged && result.more) {
            links["next"] = url_with(in, result.last_key, false);
            // Cut by the configured limit and not by the caller's.
            bool asked = std::any_of(in.query.begin(), in.query.end(),
                                     [](auto& parameter) { return parameter.first == "limit"; });
            if (!asked) out["truncated"] = true;
        }
        out["links"] = std::move(links);
        break;
    }
    case Paging::Links::glance: {
        std::string self = path_of(in.base_url + "/v2/" + wrap);
        std::string first = self;
        char glue = '?';
        for (auto& [key, value] : in.query) {
            if (key == "marker") continue;
            first += glue + percent_encode(key) + "=" + percent_encode(value);
            glue = '&';
        }
        out["first"] = "/v2/" + wrap + first.substr(self.size());
        if (paged && result.more)
            out["next"] = "/v2/" + wrap + first.substr(self.size()) + glue +
                          "marker=" + percent_encode(result.last_key);
        out["schema"] = "/v2/schemas/" + wrap;
        break;
    }
    }
    return out;
}

} // namespace nephele::api
