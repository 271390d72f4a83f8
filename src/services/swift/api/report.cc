// SPDX-License-Identifier: Apache-2.0
#include "services/swift/api/report.h"

#include "platform/xml/xml.h"
#include "services/swift/api/listing.h"

#include "base/strings.h"

#include <algorithm>

namespace nephele::swift {
namespace {

bool is_number(const std::string& name) { return name.rfind("Number ", 0) == 0; }

std::string element_name(const std::string& fact) { return replace_all(lower(fact), " ", "_"); }

std::string as_json(const Report& report) {
    Json out = Json::object();
    for (auto& [name, value] : report.facts)
        out[name] = is_number(name) ? Json(to_int(value).value_or(0)) : Json(value);
    Json errors = Json::array();
    for (auto& [name, status] : report.errors) errors.push_back(Json::array({name, status}));
    out["Errors"] = errors;
    return out.dump();
}

std::string as_xml(const Report& report, const std::string& root) {
    std::string out = "<" + root + ">\n";
    for (auto& [name, value] : report.facts)
        out += format("<{}>{}</{}>\n", element_name(name), xml::escaped(value), element_name(name));
    out += "<errors>\n";
    for (auto& [name, status] : report.errors)
        out += format("<object><name>{}</name><status>{}</status></object>\n", xml::escaped(name),
                      xml::escaped(status));
    return out + "</errors>\n</" + root + ">\n";
}

std::string as_text(const Report& report) {
    auto facts = report.facts;
    std::sort(facts.begin(), facts.end());
    std::string out;
    for (auto& [name, value] : facts) out += format("{}: {}\n", name, value);
    out += "Errors:\n";
    for (auto& [name, status] : report.errors) out += format("{}, {}\n", name, status);
    return out;
}

} // namespace

Answer write_report(const Request& request, int status, const Report& report,
                    const std::string& root) {
    Request look = request.ask(request.method, request.container, request.object);
    look.headers.set("Accept", request.header("Accept"));
    auto form = ListingForm::text;
    try {
        form = listing_form(look);
    } catch (const Refused&) {
        form = ListingForm::text; // What cannot be had in the form asked for is told in text.
    }
    Answer answer;
    answer.status = status;
    answer.headers.set("Content-Type", content_type_of(form));
    answer.body = form == ListingForm::json  ? as_json(report)
                  : form == ListingForm::xml ? as_xml(report, root)
                                             : as_text(report);
    return answer;
}

std::string status_line(int status) {
    std::string phrase = status == 413   ? "Request Entity Too Large"
                         : status == 422 ? "Unprocessable Entity"
                                         : http::reason_phrase(status);
    return format("{} {}", status, phrase);
}

} // namespace nephele::swift
