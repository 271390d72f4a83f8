// SPDX-License-Identifier: Apache-2.0
// The receiving half of container sync, and the note of what is to be sent (tasks/sync.cc sends).
#include "services/swift/proxy/sync.h"

#include "services/swift/api/core.h"
#include "services/swift/api/steps.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"

namespace nephele::swift {
namespace {

constexpr const char* sync_to = "X-Container-Sync-To";

[[noreturn]] void invalid() {
    throw Refused(401,
                  "X-Container-Sync-Auth header not valid; contact cluster operator for "
                  "support.",
                  true)
        .with("WWW-Authenticate", "SwiftContainerSync realm=\"unknown\"");
}

// The other cluster's word counts as far as both keys do: one container, at the time it says.
void take_signature(Request& request) {
    auto words = split(request.header("X-Container-Sync-Auth"), ' ');
    auto* stamp = request.head.headers.find("X-Timestamp");
    auto when = stamp ? Timestamp::parse(*stamp) : std::nullopt;
    auto container = request.backend().container(request.account, request.container);
    if (words.size() != 3 || !when || !container || !request.of_object()) invalid();
    const SyncRealms& realms = request.site.sync;
    std::string realm = words[0];
    for (char& c : realm)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    auto key = realms.keys.find(realm);
    auto own_key = metadata_value(container->metadata, "X-Container-Sync-Key");
    if (key == realms.keys.end() || own_key.empty()) invalid();
    auto expected =
        sync_signature(key->second, own_key, request.method, request.head.path, *stamp, words[1]);
    if (!crypto::equal_constant_time(expected, words[2])) invalid();
    // Nobody may write into the future, where nothing could overtake it.
    if (when->time() > request.site.cloud.now().plus_seconds(300)) invalid();
    request.caller.kind = Caller::Kind::temporary_url;
    request.caller.only_account = request.account;
    request.caller.only_container = request.container;
    request.when = when;
}

void check_setting(const Request& request) {
    auto* place = request.headers.find(sync_to);
    if (!place || place->empty()) return;
    if (!sync_place(request.site.sync, *place))
        throw Refused(400,
                      "X-Container-Sync-To must be //realm/cluster/account/container, with a "
                      "realm and cluster that this cloud knows.\n",
                      true);
}

// What was there before syncing began is sent as well.
void queue_all(const Request& request) {
    ListQuery query{.limit = 1000};
    for (;;) {
        auto rows = request.backend().objects(request.account, request.container, query);
        for (auto& row : rows)
            queue_sync(request.backend(), {request.account, request.container, row.name},
                       row.timestamp);
        if (rows.size() < query.limit) return;
        query.marker = rows.back().name;
    }
}

} // namespace

Answer container_sync(Request& request, const Next& next) {
    if (request.headers.find("X-Container-Sync-Auth")) take_signature(request);
    return next(request);
}

Answer note_for_sync(Request& request, const Next& next) {
    bool changes =
        request.method == "PUT" || request.method == "POST" || request.method == "DELETE";
    if (request.of_account() || !changes) return next(request);
    if (request.of_container()) {
        check_setting(request);
        Answer answer = next(request);
        if (answer.good() && !request.header(sync_to).empty()) queue_all(request);
        return answer;
    }
    Answer answer = next(request);
    if (!answer.good() || request.site.sync.keys.empty()) return answer;
    auto container = request.backend().container(request.account, request.container);
    auto when = Timestamp::parse(answer.headers.get("X-Timestamp"));
    if (container && when && !metadata_value(container->metadata, sync_to).empty())
        queue_sync(request.backend(), request.name(), *when);
    return answer;
}

} // namespace nephele::swift
