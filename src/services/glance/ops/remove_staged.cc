// SPDX-License-Identifier: Apache-2.0
// glance.remove_staged: staged data whose import is over goes away at once.
#include "services/glance/ops/operations.h"
#include "services/glance/ops/uploads.h"

namespace nephele::glance {
namespace {
void remove(ops::Outside& outside, RemoveStaged& s) {
    remove_quietly(*outside.cloud.state<State>().staging, s.location);
}
} // namespace

const Shape<RemoveStaged>& RemoveStaged::shape() {
    static const auto s = Shape<RemoveStaged>().field("location", &RemoveStaged::location);
    return s;
}

ops::Operation remove_staged() {
    return ops::OperationOf<RemoveStaged>().outside("remove", remove);
}

void start_removal(Context& context, const std::string& location) {
    if (!location.empty()) ops::start(context, RemoveStaged{.location = location});
}

} // namespace nephele::glance
