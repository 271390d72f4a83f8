// SPDX-License-Identifier: Apache-2.0
// What may be asked of an image: names, limits, states. Each throws the failure upstream answers.
#pragma once
#include "platform/fault/fault.h"
#include "services/glance/model/image.h"

namespace nephele::glance::logic {

/// Zero or less: no limit.
struct Quotas {
    std::int64_t properties = 128, tags = 128, members = 128, locations = 10;
    std::int64_t image_size = std::int64_t(1) << 40;
    std::int64_t stored_bytes = 0; ///< of all images of a project
    bool stores_nothing = false;   ///< a limit of 0 that means it
};

/// Refuses names no client may set: read-only ones and reserved ones.
void check_settable_name(const std::string& name);
/// Names, kinds and number of custom properties; number of tags, which lose repetitions.
void settle(Image& image, const Quotas& quotas);
/// A new image from a create's body; `owner` when the body names none.
Image new_image(const NewImage& wanted, const std::string& id, const std::string& owner, Time now);

void check_deletable(const Image& image);
/// Formats are set and one upload may start.
void check_can_receive(const Image& image);
void check_fits(std::int64_t bytes, std::int64_t stored, const Quotas& quotas);
/// Bytes an upload may have: the size cap and what is left of the project's quota.
std::int64_t receivable(std::int64_t stored, const Quotas& quotas);
void check_activation(const Image& image, bool activate);
void check_may_have_members(const Image& image);
void check_tag(const std::string& tag);
void check_limit(const char* what, std::int64_t attempted, std::int64_t limit);

} // namespace nephele::glance::logic
