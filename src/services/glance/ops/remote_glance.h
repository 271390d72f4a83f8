// SPDX-License-Identifier: Apache-2.0
// An image of another region's glance, found through the catalog and read with the caller's token.
#pragma once
#include "services/glance/logic/imports.h"
#include "services/glance/model/image.h"

namespace nephele {
class Cloud;
}
namespace nephele::glance {

struct RemoteImage {
    std::string data_url;
    Json facts; ///< the image as the other glance shows it
};
/// Throws Failure when there is no such region, or no such active image for this token.
RemoteImage find_remote_image(Cloud& cloud, const logic::ImportRequest& request,
                              const std::string& token);
/// Those whose names begin with one of `prefixes`.
Json properties_of(const RemoteImage& remote, const std::vector<std::string>& prefixes);
/// Its formats, and these properties.
void take_over(Image& image, const RemoteImage& remote, const Json& properties);

} // namespace nephele::glance
