// SPDX-License-Identifier: Apache-2.0
#include "services/swift/api/listing.h"

#include "base/strings.h"
#include "platform/xml/xml.h"

#include <array>

namespace nephele::swift {
namespace {

constexpr std::array<std::pair<std::string_view, ListingForm>, 4> forms{
    {{"text/plain", ListingForm::text},
     {"application/json", ListingForm::json},
     {"application/xml", ListingForm::xml},
     {"text/xml", ListingForm::xml}}};

// How much the header wants this type: the best q of what fits, -1 when nothing does.
double wanted(const std::string& accept, std::string_view type) {
    double best = -1;
    std::size_t closest = 0;
    for (auto& part : split(accept, ',')) {
        auto words = split(part, ';');
        std::string range = lower(trim(words[0]));
        std::size_t near = range == type                                                 ? 3
                           : range == std::string(type.substr(0, type.find('/'))) + "/*" ? 2
                           : range == "*/*" || range == "*"                              ? 1
                                                                                         : 0;
        if (near == 0 || near < closest) continue;
        double quality = 1;
        for (std::size_t i = 1; i < words.size(); ++i) {
            auto word = trim(words[i]);
            if (!starts_with_icase(word, "q=")) continue;
            auto value = to_double(trim(word.substr(2)));
            if (!value || *value < 0 || *value > 1) throw Refused(400, "Invalid Accept header");
            quality = *value;
        }
        closest = near;
        best = quality;
    }
    return best;
}

std::string checked(const Request& request, std::string_view name) {
    auto* value = request.param(name);
    if (!value) return "";
    if (!is_utf8(*value))
        throw Refused(400, format("\"{}\" parameter not valid UTF-8", name), true);
    return *value;
}

// Names that the store made itself are nobody's business.
bool is_reserved(std::string_view name) { return name.find('\0') != std::string_view::npos; }

void append_element(std::string& out, std::string_view name, std::string_view text) {
    out.append("<").append(name).append(">");
    out += xml::escaped(text);
    out.append("</").append(name).append(">");
}

template <class Row> std::string text_of_names(const std::vector<Row>& rows) {
    std::string out;
    for (auto& row : rows)
        if (!is_reserved(row.name)) out.append(row.name).append("\n");
    return out;
}

void open_row(std::string& out) { out += out.size() > 1 ? ", {" : "{"; }

void append_subdir(std::string& out, const std::string& name) {
    out += "\"subdir\": ";
    append_json_string(out, name);
    out += '}';
}

// "md5; slo_etag=..; symlink_target=.." as the row's hash and members of its own.
void append_hash(std::string& out, const std::string& listed) {
    auto parts = split(listed, ';');
    std::string hash = parts[0], extra;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        std::string part(trim(parts[i]));
        auto equals = part.find('=');
        std::string key = part.substr(0, equals);
        std::string value = equals == std::string::npos ? "" : part.substr(equals + 1);
        if (key == "slo_etag")
            key = "slo_etag", value = "\"" + value + "\"";
        else if (key == "symlink_target")
            key = "symlink_path";
        else if (key == "symlink_target_etag")
            key = "symlink_etag";
        else if (key == "version_id")
            continue;
        else if (key != "symlink_target_bytes") {
            hash += "; " + part;
            continue;
        }
        if (key == "symlink_target_bytes") {
            extra += ", \"symlink_bytes\": " + std::to_string(to_int(value).value_or(0));
            continue;
        }
        extra += ", \"" + key + "\": ";
        append_json_string(extra, value);
    }
    append_json_string(out, hash);
    out += extra;
}

std::string json(const std::vector<ListedObject>& rows) {
    std::string out = "[";
    out.reserve(rows.size() * 200 + 2);
    for (auto& row : rows) {
        if (is_reserved(row.name)) continue;
        open_row(out);
        if (row.subdir) {
            append_subdir(out, row.name);
            continue;
        }
        out += "\"bytes\": ";
        out += std::to_string(row.bytes);
        out += ", \"hash\": ";
        if (row.etag.find(';') == std::string::npos)
            append_json_string(out, row.etag);
        else
            append_hash(out, row.etag);
        out += ", \"name\": ";
        append_json_string(out, row.name);
        out += ", \"content_type\": ";
        append_json_string(out, row.content_type);
        out += ", \"last_modified\": \"";
        out += row.timestamp.iso();
        out += "\"}";
    }
    return out + "]";
}

std::string json(const std::vector<ListedContainer>& rows) {
    std::string out = "[";
    for (auto& row : rows) {
        if (is_reserved(row.name)) continue;
        open_row(out);
        if (row.subdir) {
            append_subdir(out, row.name);
            continue;
        }
        out += "\"name\": ";
        append_json_string(out, row.name);
        out += ", \"count\": " + std::to_string(row.objects);
        out += ", \"bytes\": " + std::to_string(row.bytes);
        out += ", \"last_modified\": \"" + row.timestamp.iso() + "\"}";
    }
    return out + "]";
}

constexpr const char* xml_head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

} // namespace

ListingForm listing_form(const Request& request) {
    if (auto* asked = request.param("format"); asked && !asked->empty()) {
        if (!is_utf8(*asked)) throw Refused(400, "\"format\" parameter not valid UTF-8", true);
        std::string name = lower(*asked);
        return name == "json"  ? ListingForm::json
               : name == "xml" ? ListingForm::xml
                               : ListingForm::text;
    }
    std::string accept = request.header("Accept");
    if (trim(accept).empty()) return ListingForm::text;
    double best = 0;
    std::optional<ListingForm> found;
    for (auto& [type, form] : forms)
        if (double quality = wanted(accept, type); quality > best) best = quality, found = form;
    if (!found) throw Refused(406);
    return *found;
}

const char* content_type_of(ListingForm form) {
    return form == ListingForm::text   ? "text/plain; charset=utf-8"
           : form == ListingForm::json ? "application/json; charset=utf-8"
                                       : "application/xml; charset=utf-8";
}

ListQuery list_query(const Request& request, std::uint64_t most) {
    ListQuery query;
    query.limit = most;
    std::string limit = checked(request, "limit");
    bool digits = !limit.empty();
    for (char c : limit) digits = digits && c >= '0' && c <= '9';
    if (digits) {
        auto number = to_int(limit);
        if (!number || static_cast<std::uint64_t>(*number) > most)
            throw Refused(412, format("Maximum limit is {}", most));
        query.limit = static_cast<std::uint64_t>(*number);
    }
    query.prefix = checked(request, "prefix");
    query.delimiter = checked(request, "delimiter");
    query.marker = checked(request, "marker");
    query.end_marker = checked(request, "end_marker");
    query.reverse = logic::is_true(checked(request, "reverse"));
    if (request.of_container() && request.has_param("path")) query.path = checked(request, "path");
    return query;
}

std::string write_listing(ListingForm form, const std::string& account,
                          const std::vector<ListedContainer>& rows) {
    if (form == ListingForm::text) return text_of_names(rows);
    if (form == ListingForm::json) return json(rows);
    std::string out = xml_head;
    out += "<account name=\"";
    out += xml::escaped(account);
    out += "\">\n";
    for (auto& row : rows) {
        if (is_reserved(row.name)) continue;
        if (row.subdir) {
            out += "<subdir name=\"";
            out += xml::escaped(row.name);
            out += "\" />\n";
            continue;
        }
        out += "<container>";
        append_element(out, "name", row.name);
        append_element(out, "count", std::to_string(row.objects));
        append_element(out, "bytes", std::to_string(row.bytes));
        append_element(out, "last_modified", row.timestamp.iso());
        out += "</container>\n";
    }
    return out + "</account>";
}

std::string write_listing(ListingForm form, const std::string& container,
                          const std::vector<ListedObject>& rows) {
    if (form == ListingForm::text) return text_of_names(rows);
    if (form == ListingForm::json) return json(rows);
    std::string out = xml_head;
    out += "<container name=\"";
    out += xml::escaped(container);
    out += "\">";
    for (auto& row : rows) {
        if (is_reserved(row.name)) continue;
        if (row.subdir) {
            out += "<subdir name=\"";
            out += xml::escaped(row.name);
            out += "\">";
            append_element(out, "name", row.name);
            out += "</subdir>";
            continue;
        }
        out += "<object>";
        append_element(out, "name", row.name);
        append_element(out, "hash", row.etag);
        append_element(out, "bytes", std::to_string(row.bytes));
        append_element(out, "content_type", row.content_type);
        append_element(out, "last_modified", row.timestamp.iso());
        out += "</object>";
    }
    return out + "</container>";
}

void answer_listing(Answer& answer, ListingForm form, std::string text, const Request& request) {
    answer.headers.set("Content-Type", content_type_of(form));
    if (!request.has_param("format")) answer.headers.set("Vary", "Accept");
    answer.status = text.empty() ? 204 : 200;
    answer.body = std::move(text);
}

} // namespace nephele::swift
