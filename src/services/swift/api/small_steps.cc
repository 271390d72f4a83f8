// SPDX-License-Identifier: Apache-2.0
// Steps of a few lines each: a store that takes no changes, a pace for writers, etags in quotes.
#include "services/swift/api/core.h"
#include "services/swift/api/pacer.h"
#include "services/swift/api/steps.h"

#include "base/strings.h"

namespace nephele::swift {
namespace {
bool changes(const Request& request) { return !request.reads() && request.method != "OPTIONS"; }
} // namespace

bool Pacer::allow(const std::string& what, double per_second, std::int64_t now_us) {
    std::lock_guard lock(mutex_);
    // Who was quiet for longer than a second has nothing saved up; the table stays small by that.
    if (used_until_.size() > 10000)
        std::erase_if(used_until_, [&](const auto& each) { return each.second < now_us; });
    auto& until = used_until_[what];
    until = std::max(until, now_us - 1'000'000);
    if (until > now_us + 1'000'000) return false;
    until += static_cast<std::int64_t>(1e6 / per_second);
    return true;
}

Answer refuse_changes(Request& request, const Next& next) {
    bool refused = request.site.settings.read_only && changes(request) &&
                   request.caller.kind != Caller::Kind::anonymous;
    if (refused && !is_reseller(request)) throw Refused(405, "Writes are disabled");
    return next(request);
}

Answer rate_limit(Request& request, const Next& next) {
    const Settings& settings = request.site.settings;
    double pace = request.of_object()      ? settings.container_writes_per_second
                  : request.of_container() ? settings.account_writes_per_second
                                           : 0;
    bool paced = pace > 0 && (request.method == "PUT" || request.method == "DELETE" ||
                              (request.method == "POST" && request.of_object()));
    if (!paced) return next(request);
    std::string what = request.account + "/" + (request.of_object() ? request.container : "");
    auto now_us = request.site.cloud.clock().monotonic_ns() / 1000;
    if (!request.site.pacer->allow(what, pace, now_us)) {
        Answer answer = page(498, "Slow down", true);
        return answer;
    }
    return next(request);
}

Answer quoted_etags(Request& request, const Next& next) {
    Answer answer = next(request);
    std::string etag = answer.headers.get("Etag");
    bool bare = !etag.empty() && etag[0] != '"' && answer.good();
    if (!bare || !request.of_object()) return answer;
    bool wanted = request.site.settings.etag_quoted;
    if (auto info = request.backend().container(request.account, request.container)) {
        auto own = metadata_value(info->metadata, "X-Container-Meta-Rfc-Compliant-Etags");
        if (!own.empty()) wanted = logic::is_true(own);
    }
    if (wanted) answer.headers.set("Etag", "\"" + etag + "\"");
    return answer;
}

} // namespace nephele::swift
