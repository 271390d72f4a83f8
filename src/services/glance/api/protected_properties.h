// SPDX-License-Identifier: Apache-2.0
// The operator's rules about custom properties, for one caller.
#pragma once
#include "platform/api/call.h"
#include "services/glance/logic/patch.h"

namespace nephele::glance {

/// Throws 403 for a property the caller may not create; 400 for a value its schema refuses.
void check_new_properties(api::Call& call, const Image& image);
/// The same for what a patch does to the image as it is.
void check_changes(api::Call& call, const Image& image, const std::vector<logic::Change>& changes);
/// Takes out what the caller may not read.
void hide_properties(api::Call& call, Image& image);
void hide_properties(api::Call& call, std::vector<Image>& images);
bool may_read_property(api::Call& call, const std::string& name);

} // namespace nephele::glance
