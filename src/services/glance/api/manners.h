// SPDX-License-Identifier: Apache-2.0
// Glance's manners: error bodies, paging; its policy rules, options and resources.
#pragma once
#include "platform/api/service.h"
#include "services/glance/model/image.h"

namespace nephele::glance {

api::Manners manners();
std::vector<policy::Rule> policies();
std::vector<Option> options();

/// What rules may name of an image: project_id and owner, visibility; `member_id` is the caller's
/// project when the image is shared with it.
policy::Target target_of(api::Call& call, const Image& image);
/// The image of the route's {image_id}, when the caller may see it; else 404.
Image need_image(api::Call& call);
/// ... and may do what the rule says; else 403.
Image need_image(api::Call& call, std::string_view rule);

api::Resource version_resource();
api::Resource image_resource();
api::Resource data_resource();
api::Resource member_resource();
api::Resource tag_resource();
api::Resource schema_resource();
api::Resource usage_resource();
api::Resource store_resource();
api::Resource import_resource();
api::Resource task_resource();
api::Resource location_resource();
api::Resource cache_resource();

} // namespace nephele::glance
