// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/image_page.h"

#include "base/strings.h"
#include "platform/agent/control.h"
#include "platform/agent_link/file_page.h"
#include "platform/fault/fault.h"
#include "services/nova/compute/guest_records.h"

namespace nephele::nova::compute {
namespace {

/// Where glance has the image for a guest of this host.
std::string path_for(db::Tx& tx, const std::string& host, const std::string& image_id) {
    for (const auto& record : agent::control::changes(tx, host, 0).records) {
        if (record.kind != guest_kind || record.absent) continue;
        const GuestSpec guest = guest_of(record);
        if (guest.image_id == image_id) return guest.image_path;
        if (guest.rescue_image_id == image_id) return guest.rescue_image_path;
    }
    throw forbidden("NotForThisHost",
                    format("No guest that host {} is to have is made of image {}.", host,
                           image_id.substr(0, 64)));
}

http::Response answer(Cloud& cloud, const http::RequestHead& head, const std::string& host,
                      const std::string& image_id) {
    const auto path = cloud.db().read([&](db::Tx& tx) { return path_for(tx, host, image_id); });
    return agent::file_answer(head, path);
}

} // namespace

agent::DoorPage image_page() { return {"/v1/images", answer}; }

} // namespace nephele::nova::compute
