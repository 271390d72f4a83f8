// SPDX-License-Identifier: Apache-2.0
// Tags of an image, one at a time.
#include "base/strings.h"
#include "services/glance/api/manners.h"
#include "services/glance/logic/rules.h"
#include "services/glance/ops/state.h"
#include "services/glance/store/images.h"

namespace nephele::glance {
using namespace api;
namespace {
void put(Call& call) {
    Image image = need_image(call, "modify_image");
    const std::string& tag = call.path("tag");
    if (std::find(image.tags.begin(), image.tags.end(), tag) != image.tags.end()) return;
    image.tags.push_back(tag);
    logic::settle(image, call.cloud.state<State>().quotas);
    store::update(call, image);
}

void remove(Call& call) {
    Image image = need_image(call, "modify_image");
    const std::string& tag = call.path("tag");
    if (std::erase(image.tags, tag) == 0)
        throw not_found("NotFound",
                        format("The image {} has no tag {}.", image.id, tag.substr(0, 255)));
    store::update(call, image);
}
} // namespace

Resource tag_resource() {
    return Resource()
        .on("PUT /v2/images/{image_id}/tags/{tag}", enforced_by_handler, put)
        .on("DELETE /v2/images/{image_id}/tags/{tag}", enforced_by_handler, remove);
}

} // namespace nephele::glance
