// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/cors.h"

#include "base/strings.h"
#include "platform/json/json.h"
#include "platform/xml/xml.h"
#include "services/swift/s3/error.h"
#include "services/swift/s3/xml_writer.h"

#include <algorithm>
#include <array>

namespace nephele::swift::s3 {
namespace {
constexpr std::size_t most_rules = 100;
constexpr std::array known_methods = {"GET", "PUT", "HEAD", "POST", "DELETE"};

struct Lists {
    const char *element, *field;
    std::vector<std::string> CorsRule::*member;
};
constexpr std::array lists = {Lists{"AllowedOrigin", "origins", &CorsRule::origins},
                              Lists{"AllowedMethod", "methods", &CorsRule::methods},
                              Lists{"AllowedHeader", "headers", &CorsRule::headers},
                              Lists{"ExposeHeader", "exposed", &CorsRule::exposed}};

void check(const CorsRule& rule) {
    if (rule.origins.empty() || rule.methods.empty()) throw failure(Code::MalformedXML);
    for (const auto& method : rule.methods)
        if (std::find(known_methods.begin(), known_methods.end(), method) == known_methods.end())
            throw failure(Code::InvalidRequest,
                          "Found unsupported HTTP method in CORS config. Unsupported method is " +
                              method);
    for (const auto* names : {&rule.origins, &rule.headers})
        for (const auto& name : *names)
            if (std::count(name.begin(), name.end(), '*') > 1)
                throw failure(Code::InvalidRequest,
                              "\"" + name + "\" can not have more than one wildcard.");
}

// One '*' for any text.
bool fits(std::string_view pattern, std::string_view text) {
    const auto star = pattern.find('*');
    if (star == pattern.npos) return iequals(pattern, text);
    const auto head = pattern.substr(0, star), tail = pattern.substr(star + 1);
    return text.size() >= head.size() + tail.size() && starts_with_icase(text, head) &&
           iequals(text.substr(text.size() - tail.size()), tail);
}

bool any_fits(const std::vector<std::string>& patterns, std::string_view text) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const auto& pattern) { return fits(pattern, text); });
}
} // namespace

Cors cors_of_xml(std::string_view document) {
    const auto root = xml::parse(document);
    if (!root || root->name != "CORSConfiguration") throw failure(Code::MalformedXML);
    Cors cors;
    for (const auto* element : root->all("CORSRule")) {
        CorsRule rule;
        if (const auto* id = element->child("ID")) rule.id = id->text;
        for (const auto& list : lists)
            for (const auto* one : element->all(list.element))
                (rule.*list.member).push_back(one->text);
        if (const auto* age = element->child("MaxAgeSeconds")) {
            const auto seconds = to_int(trim(age->text));
            if (!seconds || *seconds < 0) throw failure(Code::MalformedXML);
            rule.max_age = *seconds;
        }
        check(rule);
        cors.push_back(std::move(rule));
    }
    if (cors.empty() || cors.size() > most_rules) throw failure(Code::MalformedXML);
    return cors;
}

std::string cors_xml(const Cors& cors) {
    Xml xml("CORSConfiguration");
    for (const auto& rule : cors) {
        xml.open("CORSRule");
        if (!rule.id.empty()) xml.text("ID", rule.id);
        for (const auto& list : lists)
            for (const auto& one : rule.*list.member) xml.text(list.element, one);
        if (rule.max_age >= 0) xml.text("MaxAgeSeconds", std::to_string(rule.max_age));
        xml.close();
    }
    return xml.finish();
}

std::string cors_text(const Cors& cors) {
    Json::Array rules;
    for (const auto& rule : cors) {
        Json one = Json::object({{"id", rule.id}, {"max_age", rule.max_age}});
        for (const auto& list : lists) one[list.field] = Json(rule.*list.member);
        rules.push_back(std::move(one));
    }
    return Json(std::move(rules)).dump();
}

Cors parse_cors(std::string_view text) {
    Cors cors;
    const Json rules = Json::parse(text);
    for (const Json& one : rules.as_array()) {
        CorsRule rule;
        rule.id = one.text("id");
        rule.max_age = one.get("max_age").as_int();
        for (const auto& list : lists)
            for (const Json& name : one.get(list.field).as_array())
                (rule.*list.member).push_back(name.as_string());
        cors.push_back(std::move(rule));
    }
    return cors;
}

const CorsRule* find_rule(const Cors& cors, const std::string& origin, const std::string& method,
                          const std::string& asked_headers) {
    for (const auto& rule : cors) {
        if (!any_fits(rule.origins, origin)) continue;
        if (std::find(rule.methods.begin(), rule.methods.end(), method) == rule.methods.end())
            continue;
        bool headers_fit = true;
        for (const auto& name : split(asked_headers, ','))
            if (!trim(name).empty())
                headers_fit = headers_fit && any_fits(rule.headers, trim(name));
        if (headers_fit) return &rule;
    }
    return nullptr;
}

void write_cors_headers(http::Headers& headers, const CorsRule& rule, const std::string& origin,
                        const std::string& asked_headers) {
    const bool everybody = rule.origins == std::vector<std::string>{"*"};
    headers.set("Access-Control-Allow-Origin", everybody ? "*" : origin);
    headers.set("Access-Control-Allow-Methods", join(rule.methods, ", "));
    if (!asked_headers.empty()) headers.set("Access-Control-Allow-Headers", asked_headers);
    if (!rule.exposed.empty())
        headers.set("Access-Control-Expose-Headers", join(rule.exposed, ", "));
    if (rule.max_age >= 0) headers.set("Access-Control-Max-Age", std::to_string(rule.max_age));
    if (!everybody) headers.set("Access-Control-Allow-Credentials", "true");
    headers.set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
}

} // namespace nephele::swift::s3
