// SPDX-License-Identifier: Apache-2.0
#include "services/swift/api/pages.h"

#include "services/swift/api/login.h"

namespace nephele::swift {
namespace {

Json policies(const Settings& settings) {
    Json out = Json::array();
    for (std::size_t i = 0; i < settings.policies.size(); ++i) {
        Json one =
            Json::object({{"name", settings.policies[i]}, {"aliases", settings.policies[i]}});
        if (i == 0) one["default"] = true;
        out.push_back(one);
    }
    return out;
}

Json swift_section(const Settings& settings) {
    const auto& limits = settings.limits;
    return Json::object({{"version", "2.30.0"},
                         {"strict_cors_mode", true},
                         {"valid_api_versions", Json::array({"v1", "v1.0"})},
                         {"max_file_size", limits.max_file_size},
                         {"max_meta_name_length", limits.max_meta_name_length},
                         {"max_meta_value_length", limits.max_meta_value_length},
                         {"max_meta_count", limits.max_meta_count},
                         {"max_meta_overall_size", limits.max_meta_overall_size},
                         {"max_header_size", limits.max_header_size},
                         {"max_object_name_length", limits.max_object_name_length},
                         {"max_account_name_length", limits.max_account_name_length},
                         {"max_container_name_length", limits.max_container_name_length},
                         {"container_listing_limit", limits.container_listing_limit},
                         {"account_listing_limit", limits.account_listing_limit},
                         {"extra_header_count", 0},
                         {"account_autocreate", true},
                         {"allow_account_management", settings.account_management},
                         {"policies", policies(settings)}});
}

Json capabilities(const Settings& settings) {
    Json out = Json::object({{"swift", swift_section(settings)}});
    if (settings.tempauth)
        out["tempauth"] = Json::object({{"account_acls", true}});
    else
        out["keystoneauth"] = Json::object();
    return out;
}

Answer info_page(const Site& site, const http::RequestHead& head) {
    Answer answer;
    answer.headers.set("Content-Type", "application/json; charset=UTF-8");
    if (head.method == "OPTIONS") {
        answer.headers.set("Allow", "HEAD, GET, OPTIONS");
        return answer;
    }
    if (head.method != "GET" && head.method != "HEAD") return page(405);
    answer.body = capabilities(site.settings).dump();
    return answer;
}

Answer cross_domain_page() {
    Answer answer;
    answer.headers.set("Content-Type", "application/xml");
    answer.body = "<?xml version=\"1.0\"?>\n"
                  "<!DOCTYPE cross-domain-policy SYSTEM "
                  "\"http://www.adobe.com/xml/dtds/cross-domain-policy.dtd\" >\n"
                  "<cross-domain-policy>\n"
                  "<allow-access-from domain=\"*\" secure=\"false\" />\n"
                  "</cross-domain-policy>";
    return answer;
}

} // namespace

std::optional<Answer> special_page(Site& site, const http::RequestHead& head) {
    bool reads = head.method == "GET" || head.method == "HEAD";
    if (head.path == "/info") return info_page(site, head);
    if (head.path == "/healthcheck" && reads) {
        Answer answer;
        answer.headers.set("Content-Type", "text/plain; charset=UTF-8");
        answer.body = "OK";
        return answer;
    }
    if (head.path == "/crossdomain.xml" && reads) return cross_domain_page();
    return tempauth_page(site, head);
}

} // namespace nephele::swift
