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

Json sync_section(const SyncRealms& sync) {
    Json realms = Json::object();
    for (auto& [realm, key] : sync.keys)
        realms[realm] = Json::object({{"clusters", Json::object()}});
    for (auto& [cluster, endpoint] : sync.endpoints) {
        auto slash = cluster.find('/');
        if (slash == std::string::npos || !realms.has(cluster.substr(0, slash))) continue;
        realms[cluster.substr(0, slash)]["clusters"][cluster.substr(slash + 1)] = Json::object();
    }
    return Json::object({{"realms", realms}});
}

Json capabilities(const Site& site) {
    const Settings& settings = site.settings;
    Json out = Json::object({{"swift", swift_section(settings)}});
    Json methods = Json::array({"GET", "HEAD", "PUT", "POST", "DELETE"});
    Json digests = Json::array({"sha1", "sha256", "sha512"});
    out["tempurl"] =
        Json::object({{"methods", methods},
                      {"allowed_digests", digests},
                      {"incoming_remove_headers", Json::array({"x-timestamp"})},
                      {"incoming_allow_headers", Json::array()},
                      {"outgoing_remove_headers", Json::array({"x-object-meta-*"})},
                      {"outgoing_allow_headers", Json::array({"x-object-meta-public-*"})}});
    out["formpost"] = Json::object({{"allowed_digests", digests}});
    out["slo"] = Json::object({{"max_manifest_segments", 1000},
                               {"max_manifest_size", 8 << 20},
                               {"min_segment_size", 1},
                               {"yield_frequency", 10},
                               {"allow_async_delete", false}});
    out["dlo"] = Json::object({{"max_segments", 10000}});
    out["bulk_delete"] =
        Json::object({{"max_deletes_per_request", 10000}, {"max_failed_deletes", 1000}});
    out["bulk_upload"] =
        Json::object({{"max_containers_per_extraction", 10000}, {"max_failed_extractions", 1000}});
    out["symlink"] = Json::object({{"symloop_max", 2}, {"static_links", true}});
    out["versioned_writes"] = Json::object(
        {{"allowed_flags", Json::array({"x-versions-location", "x-history-location"})}});
    for (const char* name :
         {"object_versioning", "staticweb", "account_quotas", "container_quotas"})
        out[name] = Json::object();
    out["etag_quoter"] = Json::object({{"enable_by_default", settings.etag_quoted}});
    if (settings.account_writes_per_second > 0 || settings.container_writes_per_second > 0)
        out["ratelimit"] = Json::object({{"account_ratelimit", settings.account_writes_per_second},
                                         {"max_sleep_time_seconds", 1.0}});
    if (!site.sync.keys.empty()) out["container_sync"] = sync_section(site.sync);
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
    answer.body = capabilities(site).dump();
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
