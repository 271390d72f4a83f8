// SPDX-License-Identifier: Apache-2.0
#include "services/swift/tasks/care.h"

#include "platform/log/log.h"
#include "services/swift/proxy/local_backend.h"

namespace nephele::swift {
namespace {

constexpr std::size_t expired_at_once = 1000;
constexpr std::uint64_t audited_at_once = 64 << 20;

// One request may write the object anew at the same time: what it writes is later than this.
void remove_expired(Cloud& cloud) {
    if (!cloud.has_state<LocalBackend>()) return;
    auto& backend = cloud.state<LocalBackend>();
    for (;;) {
        auto due = backend.device().expired(cloud.now(), expired_at_once);
        std::size_t removed = 0;
        for (auto& each : due) {
            Timestamp when{each.timestamp.ticks, each.timestamp.offset + 1};
            if (backend.remove(each.name, when) == Outcome::updated) ++removed;
        }
        if (removed == 0 || due.size() < expired_at_once) return;
    }
}

void reclaim(Cloud& cloud) {
    if (!cloud.has_state<LocalBackend>()) return;
    auto& device = cloud.state<LocalBackend>().device();
    auto files = device.sweep_large();
    auto done = device.reclaim(0.5, 4);
    if (done.volumes + files > 0)
        log::info("the object store gave space back",
                  {{"volumes", done.volumes}, {"bytes", done.bytes}, {"files", files}});
}

void audit(Cloud& cloud) {
    if (!cloud.has_state<LocalBackend>()) return;
    auto seen = cloud.state<LocalBackend>().device().audit(audited_at_once);
    if (seen.damaged > 0)
        log::error("objects on the device are damaged: they answer 500 until they are written anew",
                   {{"objects", seen.damaged}});
}

} // namespace

std::vector<task::Task> care_tasks() {
    // Each node has a device of its own.
    return {{.name = "swift.expire", .every_ms = 60'000, .run = remove_expired, .one_node = false},
            {.name = "swift.reclaim", .every_ms = 600'000, .run = reclaim, .one_node = false},
            {.name = "swift.audit", .every_ms = 60'000, .run = audit, .one_node = false}};
}

} // namespace nephele::swift
