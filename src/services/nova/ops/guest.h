// SPDX-License-Identifier: Apache-2.0
// What a server's host is asked for: its guest's spec, made from the server and what glance and
// neutron know.
#pragma once
#include "platform/operation/operation.h"
#include "services/nova/model/guest_spec.h"
#include "services/nova/model/server.h"

namespace nephele::nova {

/// Throws Failure(conflict, "ImageNotFound") when the image is gone.
GuestSpec guest_spec_of(Context&, const Server&, GuestPower power);
/// Until-condition: an image of a remote store was copied to this node.
bool image_is_here(ops::Step& step, const std::string& image_id);
/// Desires the guest on its host; returns the generation to wait for.
std::int64_t desire_guest(Context&, const Server&, GuestPower power);

/// The spec desired now, with another power; made anew when there is none.
GuestSpec spec_with_power(Context&, const Server&, GuestPower power);
/// The guest is to have cards for all its ports but this one; 0 when it is on no host.
std::int64_t desire_nics(Context&, const Server&, const std::string& without_port);
std::int64_t desire_spec(Context&, const Server&, const GuestSpec&, bool force = false);

/// Tells the host what the guest's metadata documents say now (name, metadata, groups, floating
/// IPs); nothing happens when that is what it knows, or it has no guest.
void refresh_documents(Context&, const Server&);
/// The spec that refresh_documents would desire; nothing when it is desired already.
std::optional<GuestSpec> renewed_spec(db::Tx&, const Server&);

/// Waits (wait_for) until the host has made this generation so. Throws EngineFailure(permanent)
/// when it cannot.
bool guest_reached(ops::Step&, const std::string& host, const std::string& server_id,
                   std::int64_t generation);
/// Waits until the guest is gone from the host. A host that has been away for a minute is not
/// waited for: it removes the guest when it comes back, before anything else.
bool guest_gone(ops::Step&, const std::string& host, const std::string& server_id);
/// What the host last said of the guest.
std::optional<GuestStatus> guest_status(db::Tx&, const std::string& host,
                                        const std::string& server_id);

} // namespace nephele::nova
