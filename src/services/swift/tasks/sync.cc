// SPDX-License-Identifier: Apache-2.0
#include "services/swift/tasks/sync.h"

#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/log/log.h"
#include "services/swift/proxy/state.h"
#include "services/swift/proxy/sync.h"

namespace nephele::swift {
namespace {

constexpr std::size_t entries_at_once = 500;

std::string text_of(const Metadata& metadata, const char* name) {
    auto found = metadata.find(name);
    return found == metadata.end() ? std::string() : found->second;
}

std::string path_quoted(const std::string& path) {
    return replace_all(percent_encode(path), "%2F", "/");
}

// Links and versions mean something only where they are.
bool is_link(const ObjectInfo& info) {
    return info.metadata.count("X-Object-Sysmeta-Symlink-Target") ||
           info.metadata.count("X-Object-Sysmeta-Version-Id");
}

void take_headers(http::ClientRequest& request, const ObjectInfo& info) {
    for (auto& [name, value] : info.metadata)
        if (name.find("-Sysmeta-") == std::string::npos) request.headers.set(name, value);
    request.headers.set("Content-Type", info.content_type);
    request.headers.set("Etag", info.etag);
}

// What became of sending: done, or to be tried again later.
bool send(Cloud& cloud, Backend& backend, const SyncRealms& realms, const SyncEntry& entry) {
    auto container = backend.container(entry.object.account, entry.object.container);
    if (!container) return true;
    auto place = sync_place(realms, text_of(container->metadata, "X-Container-Sync-To"));
    std::string key = text_of(container->metadata, "X-Container-Sync-Key");
    if (!place || key.empty()) return true; // Nobody wants it sent any more.
    auto reader = backend.open(entry.object);
    if (reader && is_link(reader->info())) return true;
    http::ClientRequest request;
    request.method = reader ? "PUT" : "DELETE";
    Timestamp when = reader ? reader->info().timestamp : entry.when;
    std::string path =
        format("/{}/{}/{}", place->account, place->container, path_quoted(entry.object.object));
    request.url = place->endpoint + path;
    std::string nonce = cloud.ids().hex();
    request.headers.set("X-Timestamp", when.internal());
    request.headers.set("X-Container-Sync-Auth",
                        format("{} {} {}", place->realm, nonce,
                               sync_signature(realms.keys.at(place->realm), key, request.method,
                                              "/v1" + path, when.internal(), nonce)));
    std::uint64_t at = 0;
    if (reader) {
        take_headers(request, reader->info());
        request.body_length = reader->info().bytes;
        request.timeout_ms = 0;
        request.stall_timeout_ms = 60000;
        request.body_source = [&](char* into, std::size_t size) {
            auto count = reader->read(at, into, size);
            at += count;
            return count;
        };
    }
    auto answer = http::fetch(request);
    // 404: nothing to delete there; 409 and 412: something newer is there.
    bool done = answer.status / 100 == 2 || answer.status == 409 || answer.status == 412 ||
                (answer.status == 404 && !reader);
    if (!done)
        log::warning("container sync: the other cluster refused an object",
                     {{"account", entry.object.account},
                      {"container", entry.object.container},
                      {"status", answer.status}});
    return done;
}

void send_all(Cloud& cloud) {
    if (!cloud.has_state<State>()) return;
    SyncRealms realms(cloud.config());
    if (realms.keys.empty()) return;
    Backend& backend = *cloud.state<State>().backend;
    std::string after;
    for (;;) {
        auto entries = queued_syncs(backend, entries_at_once, after);
        for (auto& entry : entries) {
            after = entry.entry.object;
            try {
                if (send(cloud, backend, realms, entry)) backend.remove(entry.entry, backend.now());
            } catch (const EngineFailure& failure) {
                log::warning("container sync: the other cluster does not answer",
                             {{"account", entry.object.account}, {"why", failure.what()}});
            }
        }
        if (entries.size() < entries_at_once) return;
    }
}

} // namespace

task::Task sync_task() {
    return {.name = "swift.sync", .every_ms = 30'000, .run = send_all, .one_node = false};
}

} // namespace nephele::swift
