// SPDX-License-Identifier: Apache-2.0
// Pages of other origins: what a browser may ask before it asks (OPTIONS), and what it may show.
#include "services/swift/api/core.h"
#include "services/swift/api/steps.h"

#include "base/strings.h"

#include <algorithm>

namespace nephele::swift {
namespace {

struct Rules {
    std::vector<std::string> origins;
    std::string exposed, max_age;
};

Rules rules_of(const Request& request) {
    Rules rules{request.site.settings.cors_origins, "", ""};
    if (request.container.empty()) return rules;
    auto info = request.backend().container(request.account, request.container);
    if (!info) return rules;
    auto text = [&](const char* name) {
        return metadata_value(info->metadata,
                              std::string("X-Container-Meta-Access-Control-") + name);
    };
    for (auto& each : split(text("Allow-Origin"), ' '))
        if (!trim(each).empty()) rules.origins.push_back(std::string(trim(each)));
    rules.exposed = text("Expose-Headers");
    rules.max_age = text("Max-Age");
    return rules;
}

bool has(const std::vector<std::string>& list, std::string_view what) {
    return std::find(list.begin(), list.end(), what) != list.end();
}

const char* methods_of(const Request& request) {
    if (request.of_object()) return "HEAD, GET, PUT, POST, OPTIONS, DELETE, COPY";
    if (request.of_container()) return "HEAD, GET, PUT, POST, OPTIONS, DELETE";
    return request.site.settings.account_management ? "HEAD, GET, PUT, POST, OPTIONS, DELETE"
                                                    : "HEAD, GET, POST, OPTIONS";
}

Answer preflight(const Request& request) {
    std::string origin = request.header("Origin");
    std::string wanted = request.header("Access-Control-Request-Method");
    Answer answer = page(200);
    answer.headers.set("Allow", methods_of(request));
    if (origin.empty()) return answer;
    Rules rules = rules_of(request);
    bool allowed = has(rules.origins, "*") || has(rules.origins, origin);
    std::vector<std::string> methods = split(replace_all(methods_of(request), " ", ""), ',');
    if (!allowed || wanted.empty() || !has(methods, wanted)) {
        Answer refused = page(401);
        refused.headers.set("Allow", methods_of(request));
        return refused;
    }
    answer.headers.set("Access-Control-Allow-Origin", has(rules.origins, "*") ? "*" : origin);
    answer.headers.set("Access-Control-Allow-Methods", methods_of(request));
    if (!rules.max_age.empty()) answer.headers.set("Access-Control-Max-Age", rules.max_age);
    if (auto* headers = request.headers.find("Access-Control-Request-Headers"))
        answer.headers.set("Access-Control-Allow-Headers", *headers);
    answer.headers.set("Vary", "Origin, Access-Control-Request-Headers");
    return answer;
}

std::string exposed_headers(const Answer& answer, const Rules& rules) {
    std::string out = "cache-control, content-language, content-type, expires, last-modified, "
                      "pragma, etag, x-timestamp, x-trans-id, x-openstack-request-id";
    for (auto& [name, value] : answer.headers.all())
        if (starts_with_icase(name, "X-Container-Meta-") ||
            starts_with_icase(name, "X-Object-Meta-"))
            out += ", " + lower(name);
    for (auto& each : split(rules.exposed, ' '))
        if (!trim(each).empty()) out += ", " + lower(trim(each));
    return out;
}

} // namespace

Answer cross_origin(Request& request, const Next& next) {
    if (request.method == "OPTIONS") return preflight(request);
    std::string origin = request.header("Origin");
    if (origin.empty() || request.of_account()) return next(request);
    Answer answer = next.tried(request);
    Rules rules = rules_of(request);
    bool everybody = has(rules.origins, "*");
    if (!everybody && !has(rules.origins, origin)) return answer;
    answer.headers.set("Access-Control-Allow-Origin", everybody ? "*" : origin);
    if (!everybody) answer.headers.set("Vary", "Origin");
    answer.headers.set("Access-Control-Expose-Headers", exposed_headers(answer, rules));
    return answer;
}

} // namespace nephele::swift
