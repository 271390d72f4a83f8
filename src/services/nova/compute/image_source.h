// SPDX-License-Identifier: Apache-2.0
// How an image's bytes get into the host's cache: copied from glance's files where the control
// plane is on this machine, else fetched through the agents' door.
#pragma once
#include "services/nova/model/guest_spec.h"

#include <functional>
#include <memory>

namespace nephele::nova::compute {

class ImageSource {
  public:
    virtual ~ImageSource() = default;
    /// The guest's image under this name; complete when it is there. Throws EngineFailure.
    virtual void bring(const GuestSpec& guest, const std::string& to) = 0;
};

std::unique_ptr<ImageSource> local_images();
/// `fetch`: agent::RemoteFiles. What an earlier try has got is gone on with; the whole is compared
/// with the checksum before it counts.
std::unique_ptr<ImageSource>
remote_images(std::function<void(const std::string& page, const std::string& to)> fetch);

} // namespace nephele::nova::compute
